package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Shortcut is what the app offers in the menu "More actions" of a message.
type Shortcut struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	CallbackID  string `json:"callback_id"`
	Description string `json:"description"`
}

// Limits of shortcuts. Source: docs.slack.dev, "App manifest reference"; the
// name's is that of the app's settings, which the reference doesn't tell.
const (
	maxShortcuts           = 10
	maxShortcutName        = 24
	maxShortcutCallback    = 255
	maxShortcutDescription = 150
)

// Configure gives the app the shortcuts of its manifest.
func (ws *Workspace) Configure(manifest []byte) error {
	var m struct {
		Features struct {
			Shortcuts []Shortcut `json:"shortcuts"`
		} `json:"features"`
		Settings struct {
			Subscriptions struct {
				Events []string `json:"bot_events"`
			} `json:"event_subscriptions"`
		} `json:"settings"`
	}
	if err := json.Unmarshal(manifest, &m); err != nil {
		return fmt.Errorf("reading the manifest: %w", err)
	}
	if n := len(m.Features.Shortcuts); n > maxShortcuts {
		return fmt.Errorf("reading the manifest: %d shortcuts, and %d are allowed", n, maxShortcuts)
	}
	for i, s := range m.Features.Shortcuts {
		if err := s.check(); err != nil {
			return fmt.Errorf("reading the manifest: /features/shortcuts/%d: %w", i, err)
		}
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.events = m.Settings.Subscriptions.Events
	ws.shortcuts = slices.DeleteFunc(m.Features.Shortcuts, func(s Shortcut) bool { return s.Type != "message" })
	return nil
}

func (s Shortcut) check() error {
	for _, field := range []struct {
		name, text string
		most       int
	}{{"name", s.Name, maxShortcutName}, {"callback_id", s.CallbackID, maxShortcutCallback}, {"description", s.Description, maxShortcutDescription}} {
		if n := utf8.RuneCountInString(field.text); n == 0 || n > field.most {
			return fmt.Errorf("the %s has %d characters, and 1 to %d are allowed", field.name, n, field.most)
		}
	}
	if s.Type != "message" && s.Type != "global" {
		return fmt.Errorf("the type is %q, and message or global are allowed", s.Type)
	}
	return nil
}

// Shortcuts are the message shortcuts of the app.
func (ws *Workspace) Shortcuts() []Shortcut {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return slices.Clone(ws.shortcuts)
}

// UseShortcut has the person use a shortcut on a message: of a channel that they
// are in, or of their conversation with the bot if the channel is empty.
func (ws *Workspace) UseShortcut(ctx context.Context, person, channel, ts, callback string) error {
	var used Shortcut
	_, err := ws.act(ctx, person, "interactive", false, func(m *member) (any, error) {
		i := slices.IndexFunc(ws.shortcuts, func(s Shortcut) bool { return s.CallbackID == callback })
		if i < 0 {
			return nil, fmt.Errorf("the app has no shortcut %q", callback)
		}
		used = ws.shortcuts[i]
		c := m.im
		if channel != "" {
			c = ws.conversation(channel)
		}
		if c == nil || !slices.Contains(c.members, m) {
			return nil, errors.New("you aren't in this channel")
		}
		msg := c.find(ts)
		if msg == nil || msg.only != nil { // Slack offers none on what one person sees
			return nil, errNotThere
		}
		return ws.shortcutPayload(m, c, msg, callback), nil
	})
	return ws.tell(person, fmt.Sprintf(slackCommandFailed, used.Name), err)
}

// https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
func (ws *Workspace) shortcutPayload(m *member, c *conversation, msg *message, callback string) map[string]any {
	return map[string]any{
		"type": "message_action", "callback_id": callback, "trigger_id": ws.newTrigger(m), "response_url": ws.newResponse(m, c),
		"message_ts": msg.ts, "message": ws.messageShape(msg), "channel": map[string]any{"id": c.id, "name": c.shownName()},
		"user": map[string]any{"id": m.ID, "name": m.handle, "team_id": m.team}, "team": ws.teamShape(),
		"token": verification, "action_ts": ws.ts(), "enterprise": nil, "is_enterprise_install": false,
	}
}

// shownName is the conversation's name in payloads.
func (c *conversation) shownName() string {
	switch {
	case c.with != nil:
		return "directmessage"
	case c.private:
		return "privategroup"
	}
	return c.name
}
