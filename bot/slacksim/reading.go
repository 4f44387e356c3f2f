package slacksim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// textOf is the text of a text object.
func textOf(v any) string {
	m, _ := v.(map[string]any)
	text, _ := m["text"].(string)
	return text
}

// blocksText is all that can be read in blocks, a line for each thing.
func blocksText(blocks []any) string {
	var lines []string
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		switch kindOf(b) {
		case "rich_text":
			lines = append(lines, richLines(b)...)
		case "context":
			elements, _ := b["elements"].([]any)
			for _, e := range elements {
				lines = append(lines, textOf(e))
			}
		case "actions":
			texts := buttonTexts([]any{b})
			for _, m := range menus([]any{b}) {
				texts = append(texts, textOf(m.element["placeholder"]))
			}
			lines = append(lines, "["+strings.Join(texts, "] [")+"]")
		case "input":
			lines = append(lines, textOf(b["label"]), textOf(b["hint"]))
		default:
			lines = append(lines, textOf(b["text"]))
			fields, _ := b["fields"].([]any)
			for _, f := range fields {
				lines = append(lines, textOf(f))
			}
		}
	}
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

func richLines(v map[string]any) (lines []string) {
	elements, _ := v["elements"].([]any)
	var line strings.Builder
	for _, raw := range elements {
		e, _ := raw.(map[string]any)
		switch kindOf(e) {
		case "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted":
			lines = append(lines, richLines(e)...)
		case "user":
			fmt.Fprintf(&line, "<@%v>", e["user_id"])
		case "date":
			fmt.Fprint(&line, e["fallback"])
		case "emoji":
			fmt.Fprintf(&line, ":%v:", e["name"])
		case "link":
			fmt.Fprint(&line, e["url"])
		default:
			fmt.Fprint(&line, escaped(fmt.Sprint(e["text"])))
		}
	}
	if line.Len() > 0 {
		lines = append(lines, line.String())
	}
	return lines
}

func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// readable shows mrkdwn as people read it: names for mentions, dates as they
// are written out, and no escapes. Locked.
func (ws *Workspace) readable(text string) string {
	marks := regexp.MustCompile(`<([@!#])?([^<>|]*)(?:\|([^<>]*))?>`)
	text = marks.ReplaceAllStringFunc(text, func(found string) string {
		parts := marks.FindStringSubmatch(found)
		switch {
		case parts[1] == "@":
			if m := ws.member(parts[2]); m != nil {
				return "@" + m.Name
			}
		case parts[3] != "":
			return parts[3]
		}
		return parts[1] + parts[2]
	})
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

func buttonTexts(blocks []any) (texts []string) {
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		for _, e := range elementsOf(b) {
			if kindOf(e) == "button" {
				texts = append(texts, textOf(e["text"]))
			}
		}
	}
	return texts
}

// linkOf is where the button of this text leads; empty if it leads nowhere.
func linkOf(blocks []any, text string) string {
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		for _, e := range elementsOf(b) {
			if link, _ := e["url"].(string); kindOf(e) == "button" && textOf(e["text"]) == text {
				return link
			}
		}
	}
	return ""
}

func findButton(blocks []any, text string) (block, action string, found bool) {
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		for _, e := range elementsOf(b) {
			if kindOf(e) == "button" && textOf(e["text"]) == text {
				block, _ = b["block_id"].(string)
				action, _ = e["action_id"].(string)
				return block, action, true
			}
		}
	}
	return "", "", false
}
