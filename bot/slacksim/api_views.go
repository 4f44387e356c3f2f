package slacksim

import (
	"slices"
	"time"
)

// Limits of views. Source: docs.slack.dev, "Views", and FACTS of triggers.
const (
	triggerLife   = 3 * time.Second
	maxViewBytes  = 250_000
	maxViewBlocks = 100
	maxViewTitle  = 24
	maxMetadata   = 3000
	maxModals     = 3
)

// trigger lets the app open a modal for somebody, once and soon.
type trigger struct {
	who  *member
	ends time.Time
	used bool
}

// newTrigger makes a trigger. Locked.
func (ws *Workspace) newTrigger(m *member) string {
	id := ws.id("") + "." + ws.id("") + "." + ws.id("")
	ws.triggers[id] = &trigger{who: m, ends: ws.now().Add(triggerLife)}
	return id
}

func (ws *Workspace) useTrigger(id string) (*member, error) {
	t := ws.triggers[id]
	switch {
	case t == nil:
		return nil, no("invalid_trigger_id")
	case t.used:
		return nil, no("exchanged_trigger_id")
	case ws.now().After(t.ends):
		return nil, no("expired_trigger_id")
	}
	t.used = true
	return t.who, nil
}

func (ws *Workspace) viewsOpen(a args) (answer, error) {
	view, err := ws.modalArg(a)
	if err != nil {
		return nil, err
	}
	m, err := ws.useTrigger(a.text("trigger_id"))
	if err != nil {
		return nil, err
	}
	v := ws.newModal(view)
	m.modals = []*modal{v}
	m.opened++
	ws.announce()
	return answer{"view": ws.viewShape(v, nil)}, nil
}

func (ws *Workspace) viewsPush(a args) (answer, error) {
	view, err := ws.modalArg(a)
	if err != nil {
		return nil, err
	}
	m, err := ws.useTrigger(a.text("trigger_id"))
	if err != nil {
		return nil, err
	}
	if len(m.modals) == 0 || len(m.modals) >= maxModals {
		return nil, no("push_limit_reached")
	}
	v := ws.newModal(view)
	v.root, v.previous = m.modals[0].id, m.modals[len(m.modals)-1].id
	m.modals = append(m.modals, v)
	m.opened++
	ws.announce()
	return answer{"view": ws.viewShape(v, nil)}, nil
}

func (ws *Workspace) viewsUpdate(a args) (answer, error) {
	view, err := ws.modalArg(a)
	if err != nil {
		return nil, err
	}
	_, v := ws.openModal(a.text("view_id"), a.text("external_id"))
	switch hash := a.text("hash"); {
	case v == nil:
		return nil, no("not_found")
	case hash != "" && hash != v.hash:
		return nil, no("hash_conflict")
	}
	ws.replace(v, view)
	ws.announce()
	return answer{"view": ws.viewShape(v, nil)}, nil
}

func (ws *Workspace) viewsPublish(a args) (answer, error) {
	m := ws.member(a.text("user_id"))
	if m == nil || m.Gone {
		return nil, no("user_not_found")
	}
	given, err := a.object("view")
	if err != nil {
		return nil, err
	}
	view, _ := given.(map[string]any)
	if problems := checkView(view, "home"); len(problems) > 0 {
		return nil, &apiError{code: "invalid_arguments", messages: problems}
	}
	if hash := a.text("hash"); hash != "" && hash != m.hash {
		return nil, no("hash_conflict")
	}
	blocks, _ := view["blocks"].([]any)
	ws.nameBlocks(blocks)
	m.home, m.hash = encoded(view), ws.id("")
	ws.announce()
	return answer{"view": ws.homeShape(m, view, nil)}, nil
}

func (ws *Workspace) modalArg(a args) (map[string]any, error) {
	given, err := a.object("view")
	if err != nil {
		return nil, err
	}
	view, _ := given.(map[string]any)
	if problems := checkView(view, "modal"); len(problems) > 0 {
		return nil, &apiError{code: "invalid_arguments", messages: problems}
	}
	return view, nil
}

func (ws *Workspace) newModal(view map[string]any) *modal {
	v := &modal{id: ws.id("V")}
	v.root = v.id
	ws.replace(v, view)
	return v
}

func (ws *Workspace) replace(v *modal, view map[string]any) {
	blocks, _ := view["blocks"].([]any)
	ws.nameBlocks(blocks)
	v.view, v.hash, v.errors = view, ws.id(""), nil
}

// openModal finds a modal on anybody's screen.
func (ws *Workspace) openModal(id, external string) (*member, *modal) {
	for _, m := range ws.members {
		i := slices.IndexFunc(m.modals, func(v *modal) bool {
			return v.id == id || external != "" && v.view["external_id"] == external
		})
		if i >= 0 {
			return m, m.modals[i]
		}
	}
	return nil, nil
}

// viewShape is a view as answers and payloads have it.
func (ws *Workspace) viewShape(v *modal, state map[string]any) map[string]any {
	shape := map[string]any{
		"private_metadata": "", "callback_id": "", "title": nil, "close": nil, "submit": nil, "clear_on_close": false,
		"notify_on_close": false, "submit_disabled": false, "external_id": "",
	}
	for key, value := range copied(v.view) {
		shape[key] = value
	}
	if state == nil {
		state = map[string]any{}
	}
	var previous any
	if v.previous != "" {
		previous = v.previous
	}
	for key, value := range map[string]any{
		"id": v.id, "team_id": ws.teamID, "type": "modal", "hash": v.hash, "state": map[string]any{"values": state},
		"root_view_id": v.root, "previous_view_id": previous, "app_id": ws.appID, "bot_id": ws.botID, "app_installed_team_id": ws.teamID,
	} {
		shape[key] = value
	}
	return shape
}
