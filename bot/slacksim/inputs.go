package slacksim

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// initialState is what a view's inputs hold before anybody touches them.
func initialState(view map[string]any) map[string]any {
	state := map[string]any{}
	blocks, _ := view["blocks"].([]any)
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		if kindOf(b) != "input" {
			continue
		}
		e, _ := b["element"].(map[string]any)
		put(state, b["block_id"], e["action_id"], initialValue(e))
	}
	return state
}

func initialValue(e map[string]any) map[string]any {
	value := map[string]any{"type": e["type"]}
	if kindOf(e) == "plain_text_input" {
		value["value"] = e["initial_value"]
	} else {
		value["selected_option"] = e["initial_option"]
	}
	return value
}

func put(state map[string]any, block, action any, value any) {
	b, a := fmt.Sprint(block), fmt.Sprint(action)
	inner, _ := state[b].(map[string]any)
	if inner == nil {
		inner = map[string]any{}
		state[b] = inner
	}
	inner[a] = value
}

// missing are Slack's own complaints about a submission, by block; nil if it
// can go to the app.
func missing(view, state map[string]any) map[string]string {
	problems := map[string]string{}
	blocks, _ := view["blocks"].([]any)
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		if kindOf(b) != "input" || b["optional"] == true {
			continue
		}
		e, _ := b["element"].(map[string]any)
		id := fmt.Sprint(b["block_id"])
		inner, _ := state[id].(map[string]any)
		value, _ := inner[fmt.Sprint(e["action_id"])].(map[string]any)
		if why := lacking(e, value); why != "" {
			problems[id] = why
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return problems
}

func lacking(e, value map[string]any) string {
	if kindOf(e) != "plain_text_input" {
		if value["selected_option"] == nil {
			return "Please complete this required field."
		}
		return ""
	}
	text, _ := value["value"].(string)
	least, _ := e["min_length"].(float64)
	most, limited := e["max_length"].(float64)
	switch n := float64(utf8.RuneCountInString(text)); {
	case strings.TrimSpace(text) == "":
		return "Please complete this required field."
	case n < least:
		return fmt.Sprintf("Please enter at least %.0f characters.", least)
	case limited && n > most:
		return fmt.Sprintf("Please enter at most %.0f characters.", most)
	}
	return ""
}
