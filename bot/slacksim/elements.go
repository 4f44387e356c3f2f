package slacksim

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

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
		link, _ := e["url"].(string)
		c.length(at+"/url", link, 3000)
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
