package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What Slack says to people when an app fails them.
const (
	slackCommandFailed = "%s failed because the app did not respond"
	slackClickFailed   = "Something went wrong: the app didn't answer your click. Try again."
	slackSubmitFailed  = "We had some trouble connecting. Try again?"
)

var errNobody = errors.New("no such person")

// Press is a click on something that people can act on.
type Press struct {
	MessageTS string `json:"message_ts"` // one of these three
	ViewID    string `json:"view_id"`
	Home      bool   `json:"home"`
	BlockID   string `json:"block_id"`
	ActionID  string `json:"action_id"`
	// Option is the option that was chosen, of an element that has options.
	Option any `json:"option"`
	// State is what the view's inputs hold, by block and action.
	State map[string]any `json:"state"`

	from *member // whose message it is, if not the person's own
}

// act runs f with the person, under the lock, and delivers the payload it makes.
func (ws *Workspace) act(ctx context.Context, person, kind string, answers bool, f func(*member) (any, error)) (json.RawMessage, error) {
	ws.mu.Lock()
	m := ws.member(person)
	if m == nil || m.Gone {
		ws.mu.Unlock()
		return nil, errNobody
	}
	payload, err := f(m)
	ws.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return ws.deliver(ctx, kind, payload, answers)
}

// tell shows somebody a sentence of Slack's own, if err says that the app failed.
func (ws *Workspace) tell(person, sentence string, err error) error {
	if !appFailed(err) {
		return err
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.member(person).notice(sentence, ws.ts())
	ws.announce()
	return err
}

// Command has the person type a slash command, such as "/impersonate acme".
func (ws *Workspace) Command(ctx context.Context, person, line string) error {
	command, text, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !strings.HasPrefix(command, "/") {
		return fmt.Errorf("%q isn't a slash command", line)
	}
	ack, err := ws.act(ctx, person, "slash_commands", true, func(m *member) (any, error) {
		return ws.commandPayload(m, command, strings.TrimSpace(text)), nil
	})
	if err != nil {
		return ws.tell(person, fmt.Sprintf(slackCommandFailed, command), err)
	}
	return ws.answered(person, ack)
}

// answered shows what an ack of a command says.
func (ws *Workspace) answered(person string, ack json.RawMessage) error {
	var a args
	if len(ack) == 0 || json.Unmarshal(ack, &a) != nil || len(a) == 0 {
		return nil
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m := ws.member(person)
	msg := &message{ts: ws.ts(), only: m}
	if err := ws.fill(msg, a); err != nil {
		return err
	}
	m.im.messages = append(m.im.messages, msg)
	ws.announce()
	return nil
}

// Press has the person click something.
func (ws *Workspace) Press(ctx context.Context, person string, p Press) error {
	_, err := ws.act(ctx, person, "interactive", false, func(m *member) (any, error) { return ws.pressPayload(m, p) })
	return ws.tell(person, slackClickFailed, err)
}

func (ws *Workspace) pressPayload(m *member, p Press) (any, error) {
	switch {
	case p.Home:
		var view map[string]any
		if json.Unmarshal(m.home, &view) != nil {
			return nil, errors.New("there is no Home")
		}
		blocks, _ := view["blocks"].([]any)
		action, err := ws.action(blocks, p)
		view["id"], view["hash"], view["team_id"], view["app_id"], view["bot_id"] = ws.id("V"), m.hash, ws.teamID, ws.appID, ws.botID
		return ws.viewPress(m, view, action), err
	case p.ViewID != "":
		v := m.modal(p.ViewID)
		if v == nil {
			return nil, errors.New("the modal is closed")
		}
		blocks, _ := v.view["blocks"].([]any)
		action, err := ws.action(blocks, p)
		return ws.viewPress(m, ws.viewShape(v, p.State), action), err
	}
	owner := m
	if p.from != nil {
		owner = p.from
	}
	msg := owner.im.find(p.MessageTS)
	if msg == nil {
		return nil, errors.New("the message isn't there")
	}
	action, err := ws.action(slices.Concat(msg.blocks, msg.was), p)
	return ws.messagePress(m, msg, action), err
}

// action is the entry of a payload's actions for what was pressed.
func (ws *Workspace) action(blocks []any, p Press) (map[string]any, error) {
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		if b["block_id"] != p.BlockID {
			continue
		}
		for _, e := range elementsOf(b) {
			if e["action_id"] == p.ActionID {
				return ws.pressed(b, e, p), nil
			}
		}
	}
	return nil, fmt.Errorf("there is no %s in the block %s", p.ActionID, p.BlockID)
}

func (ws *Workspace) pressed(b, e map[string]any, p Press) map[string]any {
	action := map[string]any{"type": e["type"], "action_id": e["action_id"], "block_id": b["block_id"], "action_ts": ws.ts()}
	for _, key := range []string{"text", "value", "style"} {
		if e[key] != nil && kindOf(e) == "button" {
			action[key] = e[key]
		}
	}
	if p.Option != nil {
		action["selected_option"] = p.Option
	}
	return action
}

// Suggest asks the app for options, as a keystroke in a type-ahead does. What
// comes back are the options, or groups of them.
func (ws *Workspace) Suggest(ctx context.Context, person, viewID, blockID, actionID, query string) ([]map[string]any, error) {
	ack, err := ws.act(ctx, person, "interactive", true, func(m *member) (any, error) {
		v := m.modal(viewID)
		if v == nil {
			return nil, errors.New("the modal is closed")
		}
		return ws.suggestionPayload(m, ws.viewShape(v, nil), blockID, actionID, query), nil
	})
	if err != nil {
		return nil, err
	}
	var found struct {
		Options []map[string]any `json:"options"`
	}
	if err := json.Unmarshal(ack, &found); err != nil {
		return nil, fmt.Errorf("reading suggestions: %w", err)
	}
	if len(found.Options) > 100 {
		return nil, errors.New("more than 100 suggestions")
	}
	c := &checker{}
	for i, o := range found.Options {
		c.option(fmt.Sprintf("/options/%d", i), o)
	}
	if len(c.problems) > 0 {
		return nil, errors.New(strings.Join(c.problems, "; "))
	}
	return found.Options, nil
}

// SubmitView has the person submit a modal whose inputs hold this state, by
// block and action.
func (ws *Workspace) SubmitView(ctx context.Context, person, viewID string, state map[string]any) error {
	ack, err := ws.act(ctx, person, "interactive", true, func(m *member) (any, error) {
		v := m.modal(viewID)
		if v == nil {
			return nil, errors.New("the modal is closed")
		}
		if missing := missing(v.view, state); missing != nil {
			v.errors = missing
			ws.announce()
			return nil, errIncomplete
		}
		v.busy = true
		ws.announce()
		return ws.submissionPayload(m, ws.viewShape(v, state)), nil
	})
	if errors.Is(err, errIncomplete) {
		return nil
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	defer ws.announce()
	m := ws.member(person)
	if m == nil {
		return errNobody
	}
	v := m.modal(viewID)
	if v == nil {
		return err // closed meanwhile
	}
	v.busy = false
	if err != nil {
		m.notice(slackSubmitFailed, ws.ts())
		return err
	}
	return ws.respondToSubmission(m, v, ack)
}

var errIncomplete = errors.New("required inputs are empty")

func (ws *Workspace) respondToSubmission(m *member, v *modal, ack json.RawMessage) error {
	var r struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   map[string]any    `json:"view"`
	}
	if len(ack) > 0 {
		if err := json.Unmarshal(ack, &r); err != nil {
			return fmt.Errorf("reading the answer to a submission: %w", err)
		}
	}
	switch r.Action {
	case "":
		m.close(v)
	case "clear":
		m.modals = nil
	case "errors":
		return v.fail(r.Errors)
	case "update", "push":
		if problems := checkView(r.View, "modal"); len(problems) > 0 {
			m.notice(slackSubmitFailed, ws.ts())
			return errors.New(strings.Join(problems, "; "))
		}
		if r.Action == "update" {
			ws.replace(v, r.View)
			return nil
		}
		next := ws.newModal(r.View)
		next.root, next.previous = v.root, v.id
		m.modals = append(m.modals, next)
	default:
		return fmt.Errorf("an unknown response_action %q", r.Action)
	}
	return nil
}

// fail shows errors at inputs; one at a block that isn't there is the app's mistake.
func (v *modal) fail(problems map[string]string) error {
	blocks, _ := v.view["blocks"].([]any)
	for id := range problems {
		found := false
		for _, b := range blocks {
			block, _ := b.(map[string]any)
			found = found || block["block_id"] == id && kindOf(block) == "input"
		}
		if !found {
			return fmt.Errorf("an error at the block %q, which isn't an input", id)
		}
	}
	v.errors = problems
	return nil
}

// CloseView has the person close a modal.
func (ws *Workspace) CloseView(ctx context.Context, person, viewID string) error {
	ws.mu.Lock()
	m := ws.member(person)
	if m == nil {
		ws.mu.Unlock()
		return errNobody
	}
	v := m.modal(viewID)
	if v == nil {
		ws.mu.Unlock()
		return nil
	}
	m.close(v)
	payload := ws.closedPayload(m, ws.viewShape(v, nil))
	notify := v.view["notify_on_close"] == true
	ws.announce()
	ws.mu.Unlock()
	if !notify {
		return nil
	}
	_, err := ws.deliver(ctx, "interactive", payload, false)
	return err
}

// OpenHome has the person open the app's Home tab. Slack delivers events again
// that aren't acked.
func (ws *Workspace) OpenHome(ctx context.Context, person string) error {
	var err error
	for range 3 {
		_, err = ws.act(ctx, person, "events_api", false, func(m *member) (any, error) { return ws.homeOpenedPayload(m), nil })
		if !errors.Is(err, errNoAck) {
			break
		}
	}
	return err
}
