package slacksim

import (
	"fmt"
	"strings"
)

// Channel is a channel as everybody in it reads it.
type Channel struct {
	p *Person // through whose eyes
	c *conversation
}

// Channel is the channel of this name, as the person reads it.
func (p *Person) Channel(name string) *Channel {
	p.test().Helper()
	p.ws.mu.Lock()
	defer p.ws.mu.Unlock()
	c := p.ws.conversation("#" + name)
	if c == nil {
		p.fail("there is no channel #%s", name)
	}
	return &Channel{p, c}
}

func (ch *Channel) texts() (texts []string) {
	for _, m := range ch.c.messages {
		if !m.deleted && m.only == nil {
			texts = append(texts, ch.p.ws.readable(blocksText(m.blocks)))
		}
	}
	return texts
}

// Texts are the messages of the bot in it, oldest first.
func (ch *Channel) Texts() []string {
	ch.p.ws.mu.Lock()
	defer ch.p.ws.mu.Unlock()
	return ch.texts()
}

// WaitText waits until a message shows the text.
func (ch *Channel) WaitText(text string) *Channel {
	ch.p.test().Helper()
	ch.p.until(fmt.Sprintf("%q in #%s", text, ch.c.name), func() string { return strings.Join(ch.Texts(), "\n---\n") },
		func() bool { return strings.Contains(strings.Join(ch.texts(), "\n"), text) })
	return ch
}

// AddScopes gives the bot's token further scopes.
func (ws *Workspace) AddScopes(scopes ...string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.o.Scopes = append(ws.o.Scopes, scopes...)
}
