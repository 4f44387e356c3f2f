package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Press is a click on something that people can act on.
type Press struct {
	MessageTS string `json:"message_ts"` // one of these three
	ViewID    string `json:"view_id"`
	Home      bool   `json:"home"`
	BlockID   string `json:"block_id"`
	ActionID  string `json:"action_id"`
	// Option is the option that was chosen, of an element that has options, the id
	// of who was chosen among the people, or what was typed.
	Option any `json:"option"`
	// State is what the view's inputs hold, by block and action.
	State map[string]any `json:"state"`

	// Of is the id of the person whose message it is, empty for one's own. Only a
	// forged client presses what is on another's screen.
	Of string `json:"-"`
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
			return nil, errNoHome
		}
		blocks, _ := view["blocks"].([]any)
		action, err := ws.action(blocks, p)
		return ws.viewPress(m, ws.homeShape(m, view, homeState(view, p, action)), action), err
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
	if p.Of != "" {
		owner = ws.member(p.Of)
	}
	if owner == nil {
		return nil, errNobody
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
		if kindOf(b) == "input" && b["dispatch_action"] != true {
			// https://docs.slack.dev/reference/block-kit/blocks/input-block
			return nil, fmt.Errorf("the input %s tells nobody before it is submitted: it has no dispatch_action", p.BlockID)
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
	if user := e["initial_user"]; user != nil {
		action["initial_user"] = user
	}
	for _, key := range []string{"text", "value", "style"} {
		if e[key] != nil && kindOf(e) == "button" {
			action[key] = e[key]
		}
	}
	switch {
	case p.Option == nil:
	case kindOf(e) == "users_select":
		action["selected_user"] = p.Option
	case kindOf(e) == "plain_text_input":
		action["value"] = p.Option
	default:
		action["selected_option"] = p.Option
	}
	return action
}
