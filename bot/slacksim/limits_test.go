package slacksim

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLimits goes just to each of Slack's limits, and one beyond.
func TestLimits(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("é", n) }
	button := func(text, value, id string) any {
		return map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "text": words(text), "value": value, "action_id": id}}}
	}
	chooser := func(options ...any) any {
		return map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "static_select", "options": options}}}
	}
	option := func(text, value string) any { return map[string]any{"text": words(text), "value": value} }
	for _, c := range []struct {
		name  string
		limit int
		make  func(n int) []any
	}{
		{"blocks", 50, func(n int) []any { return slices.Repeat([]any{para("x")}, n) }},
		{"section text", 3000, func(n int) []any { return []any{para(long(n))} }},
		{"fields", 10, func(n int) []any {
			return []any{map[string]any{"type": "section", "fields": slices.Repeat([]any{words("x")}, n)}}
		}},
		{"field text", 2000, func(n int) []any { return []any{map[string]any{"type": "section", "fields": []any{words(long(n))}}} }},
		{"header", 150, func(n int) []any { return []any{map[string]any{"type": "header", "text": words(long(n))}} }},
		{"button text", 75, func(n int) []any { return []any{button(long(n), "v", "a")} }},
		{"button value", 2000, func(n int) []any { return []any{button("x", long(n), "a")} }},
		{"action_id", 255, func(n int) []any { return []any{button("x", "v", long(n))} }},
		{"block_id", 255, func(n int) []any {
			return []any{map[string]any{"type": "header", "text": words("x"), "block_id": long(n)}}
		}},
		{"option text", 75, func(n int) []any { return []any{chooser(option(long(n), "v"))} }},
		{"option value", 150, func(n int) []any { return []any{chooser(option("x", long(n)))} }},
		{"elements of a context", 10, func(n int) []any {
			return []any{map[string]any{"type": "context", "elements": slices.Repeat([]any{words("x")}, n)}}
		}},
		{"buttons", 25, func(n int) []any {
			return []any{map[string]any{"type": "actions", "elements": slices.Repeat([]any{map[string]any{"type": "button", "text": words("x")}}, n)}}
		}},
		{"options", 100, func(n int) []any { return []any{chooser(slices.Repeat([]any{option("x", "v")}, n)...)} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if problems := checkBlocks(c.make(c.limit), maxMessageBlocks, messageSurface); len(problems) > 0 {
				t.Errorf("%d is refused: %v", c.limit, problems)
			}
			if problems := checkBlocks(c.make(c.limit+1), maxMessageBlocks, messageSurface); len(problems) == 0 {
				t.Errorf("%d is taken", c.limit+1)
			}
		})
	}
}

func TestLimitsOfViews(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		limit int
		set   func(view map[string]any, n int)
	}{
		{"title", 24, func(v map[string]any, n int) { v["title"] = words(strings.Repeat("é", n)) }},
		{"submit", 24, func(v map[string]any, n int) { v["submit"] = words(strings.Repeat("é", n)) }},
		{"close", 24, func(v map[string]any, n int) { v["close"] = words(strings.Repeat("é", n)) }},
		{"private_metadata", 3000, func(v map[string]any, n int) { v["private_metadata"] = strings.Repeat("é", n) }},
		{"length of an input", 3000, func(v map[string]any, n int) {
			v["blocks"] = []any{map[string]any{"type": "input", "label": words("x"), "element": map[string]any{"type": "plain_text_input", "max_length": float64(n)}}}
		}},
		{"blocks", 100, func(v map[string]any, n int) { v["blocks"] = slices.Repeat([]any{para("x")}, n) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			view := sampleModal()
			if c.set(view, c.limit); len(checkView(view, "modal")) > 0 {
				t.Errorf("%d is refused: %v", c.limit, checkView(view, "modal"))
			}
			if c.set(view, c.limit+1); len(checkView(view, "modal")) == 0 {
				t.Errorf("%d is taken", c.limit+1)
			}
		})
	}
}

// TestActionIDs may come again in another block, and not in the same one.
func TestActionIDs(t *testing.T) {
	t.Parallel()
	button := func(id string) any { return map[string]any{"type": "button", "text": words("x"), "action_id": id} }
	actions := func(elements ...any) any { return map[string]any{"type": "actions", "elements": elements} }
	blocks := []any{actions(button("a"), button("b"), button(""), button("")), actions(button("a"))}
	if problems := checkBlocks(blocks, maxMessageBlocks, messageSurface); len(problems) > 0 {
		t.Errorf("refused: %v", problems)
	}
	blocks = []any{para("x"), actions(button("a"), button("b"), button("a"))}
	want := []string{"[ERROR] `action_id` \"a\" already exists [json-pointer:/blocks/1/elements/2/action_id]"}
	if diff := cmp.Diff(want, checkBlocks(blocks, maxMessageBlocks, messageSurface)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
