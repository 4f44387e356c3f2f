package view_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// object is Block Kit as Slack gets it.
type object = map[string]any

func decoded(t testing.TB, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// screen draws blocks as lines that a person can review.
func screen(t testing.TB, blocks any) string {
	t.Helper()
	var b strings.Builder
	list, _ := decoded(t, blocks).([]any)
	for _, block := range list {
		b.WriteString(drawBlock(block.(object)) + "\n")
	}
	return b.String()
}

func drawBlock(block object) string {
	switch block["type"] {
	case "header":
		return "# " + textOf(block["text"])
	case "rich_text":
		var parts []string
		for _, part := range block["elements"].([]any) {
			parts = append(parts, drawPart(part.(object)))
		}
		return strings.Join(parts, "\n")
	case "actions":
		return drawButtons(block)
	case "section":
		return drawSection(block)
	case "input":
		element := block["element"].(object)
		return fmt.Sprintf("%s: <%s %s> %s", textOf(block["label"]), element["type"], textOf(element["placeholder"]), textOf(block["hint"])) +
			drawChoices(element)
	}
	return fmt.Sprintf("?? %v", block)
}

func drawSection(block object) string {
	switch accessory, _ := block["accessory"].(object); accessory["type"] {
	case "image":
		return fmt.Sprintf("%s  ((%s))", textOf(block["text"]), accessory["alt_text"])
	case "button":
		return fmt.Sprintf("%s  [ %s ]", textOf(block["text"]), textOf(accessory["text"]))
	}
	return textOf(block["text"])
}

func drawPart(part object) string {
	var b strings.Builder
	for _, run := range part["elements"].([]any) {
		b.WriteString(drawRun(run.(object)))
	}
	if part["type"] == "rich_text_quote" {
		return "> " + strings.ReplaceAll(b.String(), "\n", "\n> ")
	}
	return b.String()
}

func drawRun(run object) string {
	style, _ := run["style"].(object)
	switch run["type"] {
	case "user":
		return fmt.Sprintf("@%s", run["user_id"])
	case "date":
		return fmt.Sprintf("{%s}", run["fallback"])
	case "link":
		return fmt.Sprintf("<%s>(%s)", run["text"], run["url"])
	}
	text := fmt.Sprint(run["text"])
	switch {
	case style["bold"] == true:
		return "*" + text + "*"
	case style["code"] == true:
		return "`" + text + "`"
	}
	return text
}

func drawButtons(block object) string {
	var texts []string
	for _, e := range block["elements"].([]any) {
		button := e.(object)
		switch chosen, _ := button["initial_option"].(object); {
		case button["type"] == "users_select" && button["initial_user"] != nil:
			texts = append(texts, fmt.Sprintf("[ %s: @%s ]", textOf(button["placeholder"]), button["initial_user"]))
			continue
		case button["type"] == "external_select" && chosen != nil:
			texts = append(texts, fmt.Sprintf("[ %s: %s ]", textOf(button["placeholder"]), textOf(chosen["text"])))
			continue
		case isMenu(button):
			texts = append(texts, "[ "+textOf(button["placeholder"])+" ]"+drawChoices(button))
			continue
		}
		texts = append(texts, fmt.Sprintf("[ %s ](%v)", textOf(button["text"]), button["style"]))
	}
	return strings.Join(texts, " ")
}

func drawChoices(element object) string {
	var b strings.Builder
	options, _ := element["options"].([]any)
	initial, _ := element["initial_option"].(object)
	if len(options) == 0 && initial != nil {
		options = []any{initial}
	}
	for _, o := range options {
		option := o.(object)
		mark := "( )"
		if initial != nil && option["value"] == initial["value"] {
			mark = "(x)"
		}
		fmt.Fprintf(&b, "\n  %s %s  %s", mark, textOf(option["text"]), textOf(option["description"]))
	}
	return b.String()
}

func textOf(v any) string {
	t, _ := v.(object)
	if t == nil {
		return ""
	}
	return fmt.Sprint(t["text"])
}
