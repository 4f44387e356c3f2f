package slacksim

import "slices"

// Pick chooses an option of a menu on the card, each by what is written there.
func (c *Card) Pick(menu, option string) {
	c.p.test().Helper()
	c.p.ws.mu.Lock()
	press, ok := findOption(c.blocks(), menu, option)
	c.p.ws.mu.Unlock()
	if !ok {
		c.p.fail("the card has no menu %q with %q:\n%s", menu, option, c.Text())
	}
	press.MessageTS = c.ts
	c.p.press(press)
}

// Options are what can be chosen of a menu on the card; none if it isn't there.
func (c *Card) Options(menu string) (texts []string) {
	c.p.ws.mu.Lock()
	defer c.p.ws.mu.Unlock()
	for _, m := range menus(c.blocks()) {
		if textOf(m.element["placeholder"]) == menu {
			for _, o := range optionsOf(m.element) {
				texts = append(texts, textOf(o["text"]))
			}
		}
	}
	return texts
}

// menu is a select among the buttons of a message or the Home.
type menu struct {
	block   string
	element map[string]any
}

func menus(blocks []any) (found []menu) {
	for _, v := range blocks {
		b, _ := v.(map[string]any)
		for _, e := range elementsOf(b) {
			if slices.Contains([]string{"static_select", "external_select", "users_select"}, kindOf(e)) {
				block, _ := b["block_id"].(string)
				found = append(found, menu{block, e})
			}
		}
	}
	return found
}

func optionsOf(element map[string]any) (options []map[string]any) {
	list, _ := element["options"].([]any)
	for _, v := range list {
		if o, ok := v.(map[string]any); ok {
			options = append(options, o)
		}
	}
	return options
}

func findOption(blocks []any, name, option string) (Press, bool) {
	for _, m := range menus(blocks) {
		if textOf(m.element["placeholder"]) != name {
			continue
		}
		for _, o := range optionsOf(m.element) {
			if textOf(o["text"]) == option {
				action, _ := m.element["action_id"].(string)
				return Press{BlockID: m.block, ActionID: action, Option: o}, true
			}
		}
	}
	return Press{}, false
}
