package slacksim

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Inbox is a person's conversation with the bot.
type Inbox struct{ p *Person }

// Card is a message of the bot in it.
type Card struct {
	p      *Person
	ts     string
	frozen []any // what an old window still shows
}

func (in *Inbox) messages() (shown []*message) {
	for _, m := range in.p.m.im.messages {
		if m.only == nil && !m.deleted {
			shown = append(shown, m)
		}
	}
	return shown
}

// Len is how many messages of the bot there are.
func (in *Inbox) Len() int {
	in.p.ws.mu.Lock()
	defer in.p.ws.mu.Unlock()
	return len(in.messages())
}

// All are the bot's messages, oldest first.
func (in *Inbox) All() (cards []*Card) {
	in.p.ws.mu.Lock()
	defer in.p.ws.mu.Unlock()
	for _, m := range in.messages() {
		cards = append(cards, &Card{p: in.p, ts: m.ts})
	}
	return cards
}

// Last waits for a message, and is the newest.
func (in *Inbox) Last() *Card {
	in.p.test().Helper()
	var found *Card
	in.p.until("a message", in.text, func() bool {
		shown := in.messages()
		if len(shown) > 0 {
			found = &Card{p: in.p, ts: shown[len(shown)-1].ts}
		}
		return found != nil
	})
	return found
}

// After waits for a message behind the first n, and is the newest.
func (in *Inbox) After(n int) *Card {
	in.p.test().Helper()
	in.p.until(fmt.Sprintf("more than %d messages", n), in.text, func() bool { return len(in.messages()) > n })
	return in.Last()
}

// Wait waits for a message that shows the text, and is the newest such one.
func (in *Inbox) Wait(text string) *Card {
	in.p.test().Helper()
	var found *Card
	in.p.until(fmt.Sprintf("a message with %q", text), in.text, func() bool {
		for _, m := range slices.Backward(in.messages()) {
			if c := (&Card{p: in.p, ts: m.ts}); strings.Contains(c.text(), text) {
				found = c
				return true
			}
		}
		return false
	})
	return found
}

func (in *Inbox) text() string {
	var texts []string
	for _, c := range in.All() {
		texts = append(texts, c.Text())
	}
	return strings.Join(texts, "\n---\n")
}

func (c *Card) message() *message { return c.p.m.im.find(c.ts) }

func (c *Card) blocks() []any {
	if c.frozen != nil {
		return c.frozen
	}
	if m := c.message(); m != nil {
		return m.blocks
	}
	return nil
}

// text is what the blocks say, or the message's text where it has none.
func (c *Card) text() string {
	blocks := c.blocks()
	if m := c.message(); len(blocks) == 0 && m != nil {
		return c.p.ws.readable(m.text)
	}
	return c.p.ws.readable(blocksText(blocks))
}

// Text is all that can be read on the card.
func (c *Card) Text() string {
	c.p.ws.mu.Lock()
	defer c.p.ws.mu.Unlock()
	return c.text()
}

// Notification is what the person's phone showed of it.
func (c *Card) Notification() string {
	c.p.ws.mu.Lock()
	defer c.p.ws.mu.Unlock()
	if m := c.message(); m != nil {
		return c.p.ws.readable(m.text)
	}
	return ""
}

// Buttons are what can be clicked, in order.
func (c *Card) Buttons() []string {
	c.p.ws.mu.Lock()
	defer c.p.ws.mu.Unlock()
	return buttonTexts(c.blocks())
}

// Freeze is the card as a window shows it that gets no updates any more.
func (c *Card) Freeze() *Card {
	c.p.ws.mu.Lock()
	defer c.p.ws.mu.Unlock()
	return &Card{p: c.p, ts: c.ts, frozen: c.blocks()}
}

// Click waits for the button of this name, and clicks it. A button that was
// updated away between a look and a click is still clicked, as in a window that lags.
func (c *Card) Click(button string) {
	c.p.test().Helper()
	block, action := c.p.button(button, c.Text, c.blocks)
	c.p.press(Press{MessageTS: c.ts, BlockID: block, ActionID: action})
}

// Answered clicks the button of this name, and says whether the app answered.
// It is false too where there is no such button.
func (c *Card) Answered(button string) bool {
	c.p.ws.mu.Lock()
	block, action, ok := findButton(c.blocks(), button)
	c.p.ws.mu.Unlock()
	if !ok {
		return false
	}
	c.p.spend(1, "")
	return c.p.ws.Press(context.Background(), c.p.m.ID, Press{MessageTS: c.ts, BlockID: block, ActionID: action}) == nil
}

// ClickAs has somebody else click the button, as only a forged client could:
// they don't have the message.
func (c *Card) ClickAs(p *Person, button string) {
	c.p.test().Helper()
	block, action := c.p.button(button, c.Text, c.blocks)
	p.press(Press{MessageTS: c.ts, BlockID: block, ActionID: action, Of: c.p.m.ID})
}

// WaitText waits until the card shows the text.
func (c *Card) WaitText(text string) *Card {
	c.p.test().Helper()
	c.p.until(fmt.Sprintf("%q on the card", text), c.Text, func() bool { return strings.Contains(c.text(), text) })
	return c
}

// WaitGone waits until the card has no such button.
func (c *Card) WaitGone(button string) *Card {
	c.p.test().Helper()
	c.p.until(fmt.Sprintf("the button %q to go", button), c.Text, func() bool { return !slices.Contains(buttonTexts(c.blocks()), button) })
	return c
}
