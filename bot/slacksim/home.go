package slacksim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// homeShape is a person's Home as answers and payloads have it. Its id stays the
// same however often it is published.
// https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
func (ws *Workspace) homeShape(m *member, view, state map[string]any) map[string]any {
	if m.homeID == "" {
		m.homeID = ws.id("V")
	}
	shape := ws.viewShape(&modal{id: m.homeID, root: m.homeID, hash: m.hash, view: view}, state)
	shape["type"] = "home"
	for _, key := range []string{"title", "submit", "close", "submit_disabled"} {
		delete(shape, key) // only modals have them
	}
	return shape
}

// homeState is what the elements of a Home hold that hold anything: what the
// app set at first, what the person has changed since, and what they chose just now.
func homeState(view map[string]any, p Press, action map[string]any) map[string]any {
	state := map[string]any{}
	blocks, _ := view["blocks"].([]any)
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		for _, e := range elementsOf(b) {
			if value := heldValue(e); value != nil {
				put(state, b["block_id"], e["action_id"], value)
			}
		}
	}
	for block, values := range p.State {
		inner, _ := values.(map[string]any)
		for id, value := range inner {
			if known, _ := state[block].(map[string]any); known[id] != nil {
				put(state, block, id, value)
			}
		}
	}
	if held, _ := state[p.BlockID].(map[string]any); held[p.ActionID] != nil {
		value := maps.Clone(held[p.ActionID].(map[string]any))
		for _, key := range []string{"selected_option", "selected_user"} {
			if action[key] != nil {
				value[key] = action[key]
			}
		}
		put(state, p.BlockID, p.ActionID, value)
	}
	return state
}

// homeSuggestion is a keystroke in a type-ahead of the Home.
func (ws *Workspace) homeSuggestion(m *member, block, action, query string) (map[string]any, error) {
	var view map[string]any
	if unmarshal(m.home, &view) != nil {
		return nil, errNoHome
	}
	shape := ws.homeShape(m, view, homeState(view, Press{}, nil))
	return ws.suggestionPayload(m, shape, block, action, query), nil
}

var errNoHome = errors.New("there is no Home")

// heldValue is what an element holds before anybody touches it; nil if it is
// one that holds nothing, as buttons do.
func heldValue(e map[string]any) map[string]any {
	switch kindOf(e) {
	case "plain_text_input", "static_select", "external_select", "radio_buttons":
		return initialValue(e)
	case "users_select":
		return map[string]any{"type": e["type"], "selected_user": e["initial_user"]}
	}
	return nil
}

// Picks chooses the option of this text of a menu on the Home, by what is written
// in the empty menu. A type-ahead is asked for the text first.
func (h *Home) Picks(menu, option string) {
	h.p.test().Helper()
	block, element := h.menu(menu)
	action, _ := element["action_id"].(string)
	press := Press{Home: true, BlockID: block, ActionID: action}
	switch kindOf(element) {
	case "users_select":
		h.p.ws.mu.Lock()
		for _, m := range h.p.ws.members {
			if m.Name == option {
				press.Option = m.ID
			}
		}
		h.p.ws.mu.Unlock()
	case "external_select":
		h.p.spend(0, option)
		found, err := h.p.ws.Suggest(context.Background(), h.p.m.ID, "", block, action, option)
		if err != nil {
			h.p.fail("asking for %s of %q: %v", menu, option, err)
		}
		for _, o := range found {
			if textOf(o["text"]) == option {
				press.Option = o
			}
		}
	}
	if press.Option == nil {
		h.p.fail("%s has no %q", menu, option)
	}
	h.p.press(press)
}

func (h *Home) menu(name string) (block string, element map[string]any) {
	h.p.test().Helper()
	h.p.ws.mu.Lock()
	for _, m := range menus(h.blocks()) {
		if textOf(m.element["placeholder"]) == name {
			block, element = m.block, m.element
		}
	}
	h.p.ws.mu.Unlock()
	if element == nil {
		h.p.fail("the Home has no menu %q:\n%s", name, h.Text())
	}
	return block, element
}

// Chosen is what the menu of this name holds on the Home as it was published:
// the text of an option, the name of a person, or nothing.
func (h *Home) Chosen(menu string) string {
	h.p.test().Helper()
	_, element := h.menu(menu)
	if user, _ := element["initial_user"].(string); user != "" {
		h.p.ws.mu.Lock()
		defer h.p.ws.mu.Unlock()
		return h.p.ws.readable("<@" + user + ">")
	}
	option, _ := element["initial_option"].(map[string]any)
	return textOf(option["text"])
}

// WaitTextGone waits until the Home doesn't show the text any more.
func (h *Home) WaitTextGone(text string) *Home {
	h.p.test().Helper()
	h.p.until(fmt.Sprintf("%q to go from the Home", text), h.Text, func() bool { return !strings.Contains(h.text(), text) })
	return h
}
