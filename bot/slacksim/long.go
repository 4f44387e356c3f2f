package slacksim

import (
	"maps"
	"slices"
	"time"
)

// What this file holds is for workspaces that live long, or fast.

// SetClock says by what clock messages are stamped; [time.Now] if it isn't set.
// It is for apps whose own clock jumps, and must never run backwards. Set it
// before the app connects.
func (ws *Workspace) SetClock(now func() time.Time) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.stamped = now
}

// Remove deletes a message of the bot by hand, as its reader can.
func (ws *Workspace) Remove(person, ts string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m := ws.member(person)
	if m == nil {
		return
	}
	if msg := m.im.find(ts); msg != nil {
		msg.deleted = true
		ws.announce()
	}
}

// Posted are the messages of the bot in the channel of this name, oldest first.
func (ws *Workspace) Posted(channel string) (messages []Message) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if c := ws.conversation("#" + channel); c != nil {
		for _, msg := range c.messages {
			if !msg.deleted && msg.only == nil {
				messages = append(messages, msg.shown())
			}
		}
	}
	return messages
}

// Prune forgets the messages for which over says so, all of Slack's own
// sentences, and what has expired: triggers and response URLs. A workspace keeps
// everything otherwise.
func (ws *Workspace) Prune(over func(Message) bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, m := range ws.members {
		m.notices = nil
	}
	for _, c := range ws.conversations {
		c.messages = slices.DeleteFunc(c.messages, func(msg *message) bool { return msg.deleted || over(msg.shown()) })
	}
	now := ws.now()
	maps.DeleteFunc(ws.triggers, func(_ string, t *trigger) bool { return now.After(t.ends) })
	maps.DeleteFunc(ws.responses, func(_ string, r *response) bool { return now.After(r.ends) || r.left == 0 })
	ws.announce()
}

// AppFailed says whether an act failed because the app was silent, so that the
// person reads a sentence of Slack's own.
func AppFailed(err error) bool { return appFailed(err) }

// sees is whose screen a call changes: by a response URL's id, a trigger, or a
// conversation with one person. Locked.
func (ws *Workspace) sees(responseID string, a args) string {
	if r := ws.responses[responseID]; r != nil {
		return r.who.ID
	}
	if t := ws.triggers[a.text("trigger_id")]; t != nil {
		return t.who.ID
	}
	if c := ws.conversation(a.text("channel")); c != nil && c.with != nil {
		return c.with.ID
	}
	return ""
}
