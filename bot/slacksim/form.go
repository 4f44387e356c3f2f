package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Modal is a modal on a person's screen, and what was filled in.
type Modal struct {
	p     *Person
	id    string
	state map[string]any
}

// Modal waits for a modal, and is the one on top.
func (p *Person) Modal() *Modal {
	p.test().Helper()
	var m *Modal
	p.until("a modal", func() string { return strings.Join(p.Notices(), "\n") }, func() bool {
		if n := len(p.m.modals); n > 0 {
			v := p.m.modals[n-1]
			m = &Modal{p, v.id, initialState(v.view)}
		}
		return m != nil
	})
	return m
}

func (m *Modal) modal() *modal { return m.p.m.modal(m.id) }

func (m *Modal) blocks() []any {
	v := m.modal()
	if v == nil {
		return nil
	}
	blocks, _ := v.view["blocks"].([]any)
	return blocks
}

// Title is the modal's title.
func (m *Modal) Title() string {
	m.p.ws.mu.Lock()
	defer m.p.ws.mu.Unlock()
	if v := m.modal(); v != nil {
		return textOf(v.view["title"])
	}
	return ""
}

// Text is all that can be read in it.
func (m *Modal) Text() string {
	m.p.ws.mu.Lock()
	defer m.p.ws.mu.Unlock()
	return m.text()
}

func (m *Modal) text() string { return m.p.ws.readable(blocksText(m.blocks())) }

// WaitText waits until it shows the text.
func (m *Modal) WaitText(text string) *Modal {
	m.p.test().Helper()
	m.p.until(fmt.Sprintf("%q in the modal", text), m.Text, func() bool { return strings.Contains(m.text(), text) })
	return m
}

// Buttons are what can be clicked, in order.
func (m *Modal) Buttons() []string {
	m.p.ws.mu.Lock()
	defer m.p.ws.mu.Unlock()
	return buttonTexts(m.blocks())
}

// Click waits for the button of this name, and clicks it.
func (m *Modal) Click(button string) {
	m.p.test().Helper()
	block, action := m.p.button(button, m.Text, m.blocks)
	m.p.press(Press{ViewID: m.id, BlockID: block, ActionID: action, State: m.held()})
}

// Link is where the button of this name leads in a browser.
func (m *Modal) Link(button string) string {
	m.p.test().Helper()
	m.p.ws.mu.Lock()
	link := linkOf(m.blocks(), button)
	m.p.ws.mu.Unlock()
	if link == "" {
		m.p.fail("the modal has no link %q:\n%s", button, m.Text())
	}
	return link
}

// input finds the input of this label.
func (m *Modal) input(label string) (block string, element map[string]any) {
	m.p.test().Helper()
	m.p.ws.mu.Lock()
	for _, v := range m.blocks() {
		b, _ := v.(map[string]any)
		if kindOf(b) == "input" && textOf(b["label"]) == label {
			block, _ = b["block_id"].(string)
			element, _ = b["element"].(map[string]any)
		}
	}
	m.p.ws.mu.Unlock()
	if element == nil {
		m.p.fail("the modal has no input %q:\n%s", label, m.Text())
	}
	return block, element
}

// held is what the inputs hold that are there now. One that an update gave
// another name has lost what was typed, and holds its initial value.
// https://docs.slack.dev/surfaces/modals#updating_views
func (m *Modal) held() map[string]any {
	m.p.ws.mu.Lock()
	defer m.p.ws.mu.Unlock()
	v := m.modal()
	if v == nil {
		return m.state
	}
	held := initialState(v.view)
	for block, inputs := range held {
		kept, _ := m.state[block].(map[string]any)
		for action := range inputs.(map[string]any) {
			if value, ok := kept[action]; ok {
				put(held, block, action, value)
			}
		}
	}
	return held
}

// Selected is the text of the chosen option, empty if there is none.
func (m *Modal) Selected(label string) string {
	m.p.test().Helper()
	block, element := m.input(label)
	inner, _ := m.state[block].(map[string]any)
	value, _ := inner[fmt.Sprint(element["action_id"])].(map[string]any)
	option, _ := value["selected_option"].(map[string]any)
	return textOf(option["text"])
}

// Fill writes into an input.
func (m *Modal) Fill(label, text string) *Modal {
	m.p.test().Helper()
	block, element := m.input(label)
	if element["focus_on_load"] == true {
		m.p.spend(0, text)
	} else {
		m.p.spend(1, text)
	}
	var value any
	if text != "" {
		value = text
	}
	put(m.state, block, element["action_id"], map[string]any{"type": element["type"], "value": value})
	return m
}

// Typed is the text that an input holds.
func (m *Modal) Typed(label string) string {
	m.p.test().Helper()
	block, element := m.input(label)
	inputs, _ := m.held()[block].(map[string]any)
	value, _ := inputs[fmt.Sprint(element["action_id"])].(map[string]any)
	text, _ := value["value"].(string)
	return text
}

// Adds writes on at the end of what an input holds.
func (m *Modal) Adds(label, text string) *Modal {
	m.p.test().Helper()
	return m.Fill(label, m.Typed(label)+text)
}

// Forge puts any value into an input, as no honest client does.
func (m *Modal) Forge(label string, value map[string]any) *Modal {
	m.p.test().Helper()
	block, element := m.input(label)
	put(m.state, block, element["action_id"], value)
	return m
}

// Submit sends the modal and waits for the app's answer.
func (m *Modal) Submit() {
	m.p.test().Helper()
	m.p.spend(1, "")
	_, err := m.p.ws.SubmitView(context.Background(), m.p.m.ID, m.id, m.held())
	if err != nil && !appFailed(err) {
		m.p.fail("submitting: %v", err)
	}
}

// Errors are the complaints at inputs, by their label.
func (m *Modal) Errors() map[string]string {
	m.p.ws.mu.Lock()
	defer m.p.ws.mu.Unlock()
	found := map[string]string{}
	for _, v := range m.blocks() {
		b, _ := v.(map[string]any)
		id, _ := b["block_id"].(string)
		if why := m.modal().errors[id]; why != "" {
			found[textOf(b["label"])] = why
		}
	}
	return found
}

// Open says whether it is still on the screen.
func (m *Modal) Open() bool {
	m.p.ws.mu.Lock()
	defer m.p.ws.mu.Unlock()
	return m.modal() != nil
}

// Close closes it.
func (m *Modal) Close() {
	m.p.test().Helper()
	m.p.spend(1, "")
	if err := m.p.ws.CloseView(context.Background(), m.p.m.ID, m.id); err != nil {
		m.p.fail("closing the modal: %v", err)
	}
}

func unmarshal(data json.RawMessage, v any) error { return json.Unmarshal(data, v) }
