package storm

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// thing is something on a screen that can be pressed.
type thing struct {
	press    slacksim.Press
	label    string // what is written on it
	caseID   string
	duration time.Duration // of an option of a menu
}

// things are all that can be pressed in blocks; in says where these are.
func things(blocks []any, in slacksim.Press) (found []thing) {
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		if b["type"] != "actions" {
			continue
		}
		elements, _ := b["elements"].([]any)
		for _, v := range elements {
			e, _ := v.(map[string]any)
			press := in
			press.BlockID, press.ActionID = fmt.Sprint(b["block_id"]), fmt.Sprint(e["action_id"])
			t := thing{press: press, label: textOf(e["text"]), caseID: caseOf(press.BlockID)}
			if e["type"] == "button" {
				found = append(found, t)
				continue
			}
			t.label = textOf(e["placeholder"])
			options, _ := e["options"].([]any)
			for _, o := range options {
				option := t
				option.press.Option = o
				value, _ := o.(map[string]any)["value"].(string)
				option.duration, _ = time.ParseDuration(value) // it stays 0 for another menu
				found = append(found, option)
			}
		}
	}
	return found
}

// caseOf is the case whose buttons a block holds.
func caseOf(block string) string {
	id, ok := strings.CutPrefix(block, "decide:")
	if !ok {
		return ""
	}
	return id
}

func textOf(v any) string {
	m, _ := v.(map[string]any)
	text, _ := m["text"].(string)
	return text
}

func blocksOf(raw json.RawMessage) (blocks []any) {
	if json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	return blocks
}

// inView are the blocks of a modal or a Home.
func inView(v any) []any {
	switch v := v.(type) {
	case map[string]any:
		blocks, _ := v["blocks"].([]any)
		return blocks
	case json.RawMessage:
		var view map[string]any
		if json.Unmarshal(v, &view) == nil {
			return inView(view)
		}
	}
	return nil
}

// pressable is everything on a screen that can be pressed.
func pressable(s slacksim.Screen) (found []thing) {
	for _, m := range s.Messages {
		found = append(found, things(blocksOf(m.Blocks), slacksim.Press{MessageTS: m.TS})...)
	}
	found = append(found, things(inView(s.Home), slacksim.Press{Home: true})...)
	for _, m := range s.Modals {
		found = append(found, things(inView(m.View), slacksim.Press{ViewID: m.ID})...)
	}
	return found
}

// labels are what is written on what can be pressed, each once.
func labels(found []thing) (texts []string) {
	for _, t := range found {
		if !slices.Contains(texts, t.label) {
			texts = append(texts, t.label)
		}
	}
	return texts
}

// top is the modal that a person sees.
func top(s slacksim.Screen) (modal slacksim.ModalView, view map[string]any, open bool) {
	if len(s.Modals) == 0 {
		return modal, nil, false
	}
	modal = s.Modals[len(s.Modals)-1]
	view, _ = modal.View.(map[string]any)
	return modal, view, true
}

func modalNamed(s slacksim.Screen, id string) (slacksim.ModalView, bool) {
	i := slices.IndexFunc(s.Modals, func(m slacksim.ModalView) bool { return m.ID == id })
	if i < 0 {
		return slacksim.ModalView{}, false
	}
	return s.Modals[i], true
}

// cardOf is the id of the card that a message is, empty for a sentence.
func cardOf(m slacksim.Message) string {
	metadata, _ := m.Metadata.(map[string]any)
	payload, _ := metadata["event_payload"].(map[string]any)
	id, _ := payload["card"].(string)
	return id
}

// headline is what a card's first line says.
func headline(blocks []any) string {
	if len(blocks) == 0 {
		return ""
	}
	b, _ := blocks[0].(map[string]any)
	return textOf(b["text"])
}
