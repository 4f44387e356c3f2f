package slacksim

import (
	"context"
	"fmt"
	"slices"
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
			texts = append(texts, ch.p.ws.readable(m.body()))
		}
	}
	return texts
}

// body is what the message says: its blocks, or its text where it has none.
func (m *message) body() string {
	if len(m.blocks) == 0 {
		return m.text
	}
	return blocksText(m.blocks)
}

// Texts are the messages in it, oldest first.
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

// Says has the person write in the channel.
func (ch *Channel) Says(text string) *Post {
	ch.p.test().Helper()
	if err := ch.p.ws.Post(ch.p.m.ID, ch.c.id, text); err != nil {
		ch.p.fail("writing in #%s: %v", ch.c.name, err)
	}
	return ch.Last()
}

// Last is the newest message that everybody in it sees.
func (ch *Channel) Last() *Post {
	ch.p.test().Helper()
	ch.p.ws.mu.Lock()
	defer ch.p.ws.mu.Unlock()
	for _, m := range slices.Backward(ch.c.messages) {
		if !m.deleted && m.only == nil {
			return &Post{ch, m.ts}
		}
	}
	ch.p.fail("there is no message in #%s", ch.c.name)
	return nil
}

// Post is a message of a channel, as the person reads it.
type Post struct {
	ch *Channel
	ts string
}

// Shortcut uses the app's shortcut of this name on the message, which an open
// modal covers. What Slack says when an app doesn't answer is a notice.
func (p *Post) Shortcut(name string) {
	who := p.ch.p
	who.test().Helper()
	if title, open := who.covered(); open {
		who.fail("using %q: the modal %q is open: close it first", name, title)
	}
	shortcuts := who.ws.Shortcuts()
	i := slices.IndexFunc(shortcuts, func(s Shortcut) bool { return s.Name == name })
	if i < 0 {
		who.fail("messages have no shortcut %q: %v", name, shortcuts)
	}
	err := who.ws.UseShortcut(context.Background(), who.m.ID, p.ch.c.id, p.ts, shortcuts[i].CallbackID)
	if err != nil && !appFailed(err) {
		who.fail("using %q: %v", name, err)
	}
}

// Delete removes the message, as who wrote it can.
func (p *Post) Delete() {
	p.ch.p.ws.mu.Lock()
	defer p.ch.p.ws.mu.Unlock()
	if m := p.ch.c.find(p.ts); m != nil {
		m.deleted = true
	}
	p.ch.p.ws.announce()
}

// AddScopes gives the bot's token further scopes.
func (ws *Workspace) AddScopes(scopes ...string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.o.Scopes = append(ws.o.Scopes, scopes...)
}
