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

func (c *checker) element(at string, v any) {
	e, ok := v.(map[string]any)
	if !ok {
		c.problem(at, "must be an object")
		return
	}
	c.actionID(at+"/action_id", e)
	switch kindOf(e) {
	case "button":
		c.text(at+"/text", e["text"], 75, true, true)
		value, _ := e["value"].(string)
		c.length(at+"/value", value, 2000)
	case "static_select", "radio_buttons", "checkboxes", "overflow", "multi_static_select":
		c.many(at+"/options", e["options"], 1, 100, c.option)
		c.initial(at, e)
	case "external_select", "multi_external_select":
		if e["initial_option"] != nil {
			c.option(at+"/initial_option", e["initial_option"])
		}
	case "plain_text_input":
		if most, ok := e["max_length"].(float64); ok && (most < 1 || most > 3000) {
			c.problem(at+"/max_length", "must be between 1 and 3000")
		}
	case "users_select", "conversations_select", "channels_select", "datepicker", "timepicker", "datetimepicker", "number_input", "email_text_input", "url_text_input", "rich_text_input":
	case "image":
		c.image(at, e)
	default:
		c.problem(at+"/type", "unsupported type: %v", e["type"])
	}
	c.text(at+"/placeholder", e["placeholder"], 150, true, false)
}

// actionID checks an id that must be the only such one in its block.
// Source: docs.slack.dev, "Block elements"; the sentence is the one Slack answers with.
func (c *checker) actionID(at string, e map[string]any) {
	id, _ := e["action_id"].(string)
	if id != "" && c.actionIDs[id] {
		c.problem(at, "`action_id` %q already exists", id)
	}
	c.actionIDs[id] = true
	c.length(at, id, 255)
}

func (c *checker) initial(at string, e map[string]any) {
	options, _ := e["options"].([]any)
	initial := e["initial_option"]
	if initial == nil {
		return
	}
	if !slices.ContainsFunc(options, func(o any) bool { return string(encoded(o)) == string(encoded(initial)) }) {
		c.problem(at+"/initial_option", "must be one of the options")
	}
}

func (c *checker) option(at string, v any) {
	o, _ := v.(map[string]any)
	c.text(at+"/text", o["text"], 75, false, true)
	c.text(at+"/description", o["description"], 75, false, false)
	value, _ := o["value"].(string)
	if value == "" {
		c.problem(at+"/value", "must be more than 0 characters")
	}
	c.length(at+"/value", value, 150)
}

func (c *checker) many(at string, v any, least, most int, each func(string, any)) {
	items, ok := v.([]any)
	if !ok || len(items) < least || len(items) > most {
		c.problem(at, "must have %d to %d items", least, most)
		return
	}
	for i, item := range items {
		each(fmt.Sprintf("%s/%d", at, i), item)
	}
}

// text checks a text object.
func (c *checker) text(at string, v any, most int, plain, required bool) {
	if v == nil {
		if required {
			c.problem(at, "missing required field")
		}
		return
	}
	t, _ := v.(map[string]any)
	text, ok := t["text"].(string)
	switch kind := kindOf(v); {
	case kind != "plain_text" && (plain || kind != "mrkdwn"):
		c.problem(at+"/type", "unsupported type: %v", kind)
	case !ok || text == "":
		c.problem(at+"/text", "must be more than 0 characters")
	}
	c.length(at+"/text", text, most)
}

func (c *checker) length(at, text string, most int) {
	if utf8.RuneCountInString(text) > most {
		c.problem(at, "must be less than %d characters", most+1)
	}
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

// elementsOf are the elements of a block that people can act on.
func elementsOf(b map[string]any) (found []map[string]any) {
	add := func(v any) {
		if e, ok := v.(map[string]any); ok {
			found = append(found, e)
		}
	}
	switch kindOf(b) {
	case "actions":
		elements, _ := b["elements"].([]any)
		for _, e := range elements {
			add(e)
		}
	case "section":
		if kindOf(b["accessory"]) != "image" {
			add(b["accessory"])
		}
	case "input":
		add(b["element"])
	}
	return found
}
