package slacksim

import (
	"context"
	"fmt"
	"strings"
)

// Options are the options of a select, after typing the query in a type-ahead,
// each as its text and, after a tab, its description.
func (m *Modal) Options(label, query string) (texts []string) {
	m.p.test().Helper()
	for _, o := range m.options(label, query) {
		text := textOf(o["text"])
		if description := textOf(o["description"]); description != "" {
			text += "\t" + description
		}
		texts = append(texts, text)
	}
	return texts
}

func (m *Modal) options(label, query string) (found []map[string]any) {
	m.p.test().Helper()
	block, element := m.input(label)
	if kindOf(element) == "external_select" {
		found, err := m.p.ws.Suggest(context.Background(), m.p.m.ID, m.id, block, fmt.Sprint(element["action_id"]), query)
		if err != nil {
			m.p.fail("asking for %s of %q: %v", label, query, err)
		}
		return found
	}
	options, _ := element["options"].([]any)
	for _, v := range options {
		if o, ok := v.(map[string]any); ok && strings.Contains(strings.ToLower(textOf(o["text"])), strings.ToLower(query)) {
			found = append(found, o)
		}
	}
	return found
}

// Pick chooses the option of this text, or else the first that the text finds.
func (m *Modal) Pick(label, text string) *Modal {
	m.p.test().Helper()
	return m.Find(label, text).Pick()
}

// Found is an option that is on the screen, and not picked yet.
type Found struct {
	m       *Modal
	block   string
	element map[string]any
	option  map[string]any
}

// Find looks for the option of this text, or else the first that the text finds.
// A type-ahead is asked for the text.
func (m *Modal) Find(label, text string) Found {
	m.p.test().Helper()
	block, element := m.input(label)
	found := m.options(label, text)
	if len(found) == 0 {
		m.p.fail("%s has no option %q", label, text)
	}
	chosen := found[0]
	for _, o := range found {
		if textOf(o["text"]) == text {
			chosen = o
		}
	}
	if kindOf(element) == "external_select" {
		m.p.spend(0, text)
	}
	return Found{m, block, element, chosen}
}

// Pick chooses it.
func (f Found) Pick() *Modal {
	m := f.m
	m.p.test().Helper()
	put(m.state, f.block, f.element["action_id"], map[string]any{"type": f.element["type"], "selected_option": f.option})
	if !m.dispatches(f.block) {
		m.p.spend(2, "")
		return m
	}
	m.p.press(Press{ViewID: m.id, BlockID: f.block, ActionID: fmt.Sprint(f.element["action_id"]), Option: f.option, State: m.held()})
	return m
}

// dispatches says whether the app is told at once of what is chosen in an input.
func (m *Modal) dispatches(block string) bool {
	m.p.ws.mu.Lock()
	defer m.p.ws.mu.Unlock()
	for _, v := range m.blocks() {
		if b, _ := v.(map[string]any); b["block_id"] == block {
			return b["dispatch_action"] == true
		}
	}
	return false
}
