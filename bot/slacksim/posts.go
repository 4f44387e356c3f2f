package slacksim

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// People write in channels, and read there what others wrote. The app is told
// nothing of it: it has no such event.

var errNotThere = errors.New("the message isn't there")

// AddPrivateChannel adds a private channel that the bot isn't in, and so can't
// see.
func (ws *Workspace) AddPrivateChannel(name string, people ...*Person) {
	ws.AddChannel(name, people...)
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.conversation("#" + name).private = true
}

// Post has the person write in a channel, by its name or id.
func (ws *Workspace) Post(person, channel, text string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m := ws.member(person)
	c := ws.conversation(channel)
	switch {
	case m == nil || m.Gone:
		return errNobody
	case c == nil || c.with != nil || !slices.Contains(c.members, m):
		return errors.New("you aren't in this channel")
	case strings.TrimSpace(text) == "":
		return errors.New("there is nothing to send")
	case utf8.RuneCountInString(text) > maxText:
		return errors.New("the message is too long")
	}
	c.messages = append(c.messages, &message{ts: ws.ts(), text: markedUp(strings.TrimSpace(text)), from: m})
	ws.announce()
	return nil
}

var addresses = regexp.MustCompile(`https?://[^\s<>|]+|[\w.+-]+@[\w-]+\.[\w.-]*\w`)

// markedUp is what was typed, as Slack keeps it: escaped, and with links for
// addresses. Nobody can type a link of Slack's.
// https://docs.slack.dev/messaging/formatting-message-text
func markedUp(typed string) string {
	return addresses.ReplaceAllStringFunc(escaped(typed), func(address string) string {
		if strings.Contains(address, "://") {
			return "<" + address + ">"
		}
		return "<mailto:" + address + "|" + address + ">"
	})
}

// postShape is a message that a person wrote, as answers and payloads have it.
func (ws *Workspace) postShape(m *message) map[string]any {
	said := map[string]any{"type": "text", "text": ws.readable(m.text)}
	section := map[string]any{"type": "rich_text_section", "elements": []any{said}}
	return map[string]any{
		"type": "message", "user": m.from.ID, "team": m.from.team, "ts": m.ts, "text": m.text,
		"blocks": []any{map[string]any{"type": "rich_text", "block_id": "text", "elements": []any{section}}},
	}
}

// permalink takes a conversation's id only, of one that the bot sees.
// https://docs.slack.dev/reference/methods/chat.getPermalink
func (ws *Workspace) permalink(a args) (answer, error) {
	c := ws.conversation(a.text("channel"))
	if c == nil || c.id != a.text("channel") || c.private {
		return nil, no("channel_not_found")
	}
	m := c.find(a.text("message_ts"))
	if m == nil || m.only != nil {
		return nil, no("message_not_found")
	}
	return answer{
		"channel":   c.id,
		"permalink": "https://" + ws.domain() + ".slack.com/archives/" + c.id + "/p" + strings.Replace(m.ts, ".", "", 1),
	}, nil
}
