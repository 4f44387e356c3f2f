package storm

import (
	"context"
	"fmt"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// fillIn fills in the form on top of the screen and submits it, or closes it.
func (p *person) fillIn(ctx context.Context, screen slacksim.Screen) {
	modal, view, open := top(screen)
	if !open || view["submit"] == nil || modal.Busy {
		return
	}
	if p.random.IntN(8) == 0 {
		p.close(screen)
		return
	}
	state := p.state(modal, view)
	if p.random.IntN(10) == 0 {
		p.busy.Go(func() { p.submit(modal, view, state) }) // and at once something else
		sleep(ctx, between(p.random, 0, 300*time.Millisecond))
		if p.random.IntN(2) == 0 {
			p.submit(modal, view, state)
		}
		return
	}
	p.submit(modal, view, state)
}

// state is what the person puts into the inputs.
func (p *person) state(modal slacksim.ModalView, view map[string]any) map[string]any {
	state := map[string]any{}
	for _, v := range inView(view) {
		b, _ := v.(map[string]any)
		e, _ := b["element"].(map[string]any)
		if b["type"] != "input" || e == nil {
			continue
		}
		block, action := fmt.Sprint(b["block_id"]), fmt.Sprint(e["action_id"])
		value := map[string]any{"type": e["type"]}
		switch e["type"] {
		case "plain_text_input":
			value["value"] = p.words()
		case "static_select":
			options, _ := e["options"].([]any)
			value["selected_option"] = options[p.random.IntN(len(options))]
		case "external_select":
			value["selected_option"] = p.account(modal.ID, block, action, e["initial_option"])
		}
		state[block] = map[string]any{action: value}
	}
	return state
}

// account is what is there already, or one of what the app suggests.
func (p *person) account(view, block, action string, initial any) any {
	if initial != nil && p.random.IntN(8) > 0 {
		return initial
	}
	a := act{person: p.ID, verb: suggested, began: time.Now()}
	options, err := p.town.ws.Suggest(context.Background(), p.ID, view, block, action, fmt.Sprintf("Customer %d", p.random.IntN(4)))
	p.finish(a, err)
	if len(options) == 0 {
		return initial
	}
	return options[p.random.IntN(len(options))]
}

func (p *person) submit(modal slacksim.ModalView, view, state map[string]any) {
	a := act{person: p.ID, verb: submits, caseID: fmt.Sprint(view["private_metadata"]), began: time.Now(), first: p.firstTry(modal.ID), view: modal.ID}
	switch title := textOf(view["title"]); title {
	case string(denies), string(revokes):
		a.verb, a.inModal = verb(title), true
		a.reason = valueIn(state, "reason", "value")
	default:
		a.account, a.caseID = valueIn(state, "account", "selected_option"), ""
	}
	before := p.opened()
	answer, err := p.town.ws.SubmitView(context.Background(), p.ID, modal.ID, state)
	a.ended = time.Now()
	switch screen := p.town.ws.Glance(p.ID, 0); {
	case err != nil:
	case answer == "errors":
		a.outcome, a.shown = complained, true
	case answer == "update":
		_, there := modalNamed(screen, modal.ID)
		a.shown = there // it says what came of it
		a.covered = !there && screen.Opened > before
	}
	p.finish(a, err)
}

// valueIn is what was put into the input of this block.
func valueIn(state map[string]any, block, key string) string {
	actions, _ := state[block].(map[string]any)
	for _, v := range actions {
		input, _ := v.(map[string]any)
		switch value := input[key].(type) {
		case string:
			return value
		case map[string]any:
			id, _ := value["value"].(string)
			return id
		}
	}
	return ""
}

// firstTry is when the form was first submitted.
func (p *person) firstTry(view string) (first time.Time) {
	p.note(func() {
		if p.tries[view].IsZero() {
			p.tries[view] = time.Now()
		}
		first = p.tries[view]
	})
	return first
}
