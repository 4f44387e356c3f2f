package slacksim

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// surface is where blocks are shown.
type surface string

const (
	messageSurface surface = "message"
	modalSurface   surface = "modal"
	homeSurface    surface = "home"
)

// checker collects what Slack would complain about.
type checker struct {
	problems  []string
	blockIDs  map[string]bool
	actionIDs map[string]bool // of the block that is being checked
	surface   surface
}

// checkBlocks says what is wrong with blocks, as Slack's response_metadata does.
// Source of the limits: docs.slack.dev, "Blocks" and "Block elements".
func checkBlocks(blocks []any, most int, where surface) []string {
	c := &checker{blockIDs: map[string]bool{}, surface: where}
	if len(blocks) > most {
		c.problem("/blocks", "no more than %d items allowed", most)
	}
	for i, b := range blocks {
		c.block(fmt.Sprintf("/blocks/%d", i), b)
	}
	return c.problems
}

func checkView(view map[string]any, kind string) []string {
	if view == nil || view["type"] != kind {
		return []string{"[ERROR] view must be of type " + kind}
	}
	blocks, _ := view["blocks"].([]any)
	where := modalSurface
	if kind == "home" {
		where = homeSurface
	}
	problems := checkBlocks(blocks, maxViewBlocks, where)
	c := &checker{problems: problems}
	if len(encoded(view)) > maxViewBytes {
		c.problem("/view", "view is too large")
	}
	if text, _ := view["private_metadata"].(string); utf8.RuneCountInString(text) > maxMetadata {
		c.problem("/private_metadata", "must be less than %d characters", maxMetadata+1)
	}
	if kind == "modal" {
		c.text("/title", view["title"], maxViewTitle, true, true)
		c.text("/submit", view["submit"], maxViewTitle, true, false)
		c.text("/close", view["close"], maxViewTitle, true, false)
		if hasInput(blocks) && view["submit"] == nil {
			c.problem("/submit", "required when an input block is present")
		}
	}
	return c.problems
}

func hasInput(blocks []any) bool {
	return slices.ContainsFunc(blocks, func(b any) bool { return kindOf(b) == "input" })
}

func kindOf(v any) string {
	m, _ := v.(map[string]any)
	kind, _ := m["type"].(string)
	return kind
}

func (c *checker) problem(at, format string, values ...any) {
	c.problems = append(c.problems, "[ERROR] "+fmt.Sprintf(format, values...)+" [json-pointer:"+at+"]")
}

func (c *checker) block(at string, v any) {
	b, ok := v.(map[string]any)
	if !ok {
		c.problem(at, "must be an object")
		return
	}
	if id, _ := b["block_id"].(string); id != "" {
		if c.blockIDs[id] {
			c.problem(at+"/block_id", "block_id %q already exists", id)
		}
		c.blockIDs[id] = true
		c.length(at+"/block_id", id, 255)
	}
	c.actionIDs = map[string]bool{}
	switch kindOf(b) {
	case "section":
		c.section(at, b)
	case "header":
		c.text(at+"/text", b["text"], 150, true, true)
	case "divider":
	case "context":
		c.many(at+"/elements", b["elements"], 1, 10, c.contextElement)
	case "actions":
		c.many(at+"/elements", b["elements"], 1, 25, c.element)
	case "input":
		c.input(at, b)
	case "image":
		c.image(at, b)
	case "rich_text":
		c.many(at+"/elements", b["elements"], 0, 1000, c.richText)
	default:
		c.problem(at+"/type", "unsupported type: %v", b["type"])
	}
}

func (c *checker) section(at string, b map[string]any) {
	if b["text"] == nil && b["fields"] == nil {
		c.problem(at, "missing required field: text or fields")
	}
	c.text(at+"/text", b["text"], 3000, false, false)
	if b["fields"] != nil {
		c.many(at+"/fields", b["fields"], 1, 10, func(at string, v any) { c.text(at, v, 2000, false, true) })
	}
	if b["accessory"] != nil {
		c.element(at+"/accessory", b["accessory"])
	}
}

func (c *checker) input(at string, b map[string]any) {
	if c.surface == messageSurface {
		c.problem(at+"/type", "unsupported type: input")
	}
	c.text(at+"/label", b["label"], 2000, true, true)
	c.text(at+"/hint", b["hint"], 2000, true, false)
	c.element(at+"/element", b["element"])
}

func (c *checker) image(at string, b map[string]any) {
	if url, _ := b["image_url"].(string); url == "" && b["slack_file"] == nil {
		c.problem(at, "missing required field: image_url")
	}
	if alt, _ := b["alt_text"].(string); alt == "" {
		c.problem(at, "missing required field: alt_text")
	}
}

// pictureIn is where the first picture beside a section is; empty without one.
func pictureIn(blocks []any) string {
	for i, v := range blocks {
		if b, _ := v.(map[string]any); kindOf(b["accessory"]) == "image" {
			return fmt.Sprintf("/blocks/%d/accessory/image_url", i)
		}
	}
	return ""
}

func (c *checker) contextElement(at string, v any) {
	if kindOf(v) == "image" {
		c.image(at, v.(map[string]any))
		return
	}
	c.text(at, v, 2000, false, true)
}

func (c *checker) richText(at string, v any) {
	kinds := []string{"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}
	e, _ := v.(map[string]any)
	if !slices.Contains(kinds, kindOf(v)) {
		c.problem(at+"/type", "unsupported type: %v", e["type"])
		return
	}
	c.many(at+"/elements", e["elements"], 0, 1000, func(at string, v any) {
		switch kindOf(v) {
		case "text", "link", "user", "emoji", "date", "channel", "usergroup", "broadcast", "color":
			if text, ok := v.(map[string]any)["text"].(string); kindOf(v) == "text" && (!ok || text == "") {
				c.problem(at+"/text", "must be more than 0 characters")
			}
		case "rich_text_section":
			c.richText(at, v)
		default:
			c.problem(at+"/type", "unsupported type")
		}
	})
}

// nameBlocks gives blocks and their elements the ids that the app left out.
func (ws *Workspace) nameBlocks(blocks []any) {
	for _, v := range blocks {
		b, ok := v.(map[string]any)
		if !ok {
			continue
		}
		if id, _ := b["block_id"].(string); id == "" {
			b["block_id"] = ws.id("")[:5]
		}
		for _, e := range elementsOf(b) {
			if id, _ := e["action_id"].(string); id == "" {
				e["action_id"] = ws.id("")[:5]
			}
		}
	}
}
