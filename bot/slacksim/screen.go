package slacksim

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
)

// Screen is what one person sees of the bot.
type Screen struct {
	Person   PersonInfo  `json:"person"`
	Messages []Message   `json:"messages"` // the conversation with the bot, oldest first
	Modals   []ModalView `json:"modals"`   // the last is on top
	Home     any         `json:"home"`     // the view as published, null before
	Notices  []Notice    `json:"notices"`  // Slack's own sentences
	// Channels are those that the person is in.
	Channels []ChannelView `json:"channels,omitempty"`
	Opened   int           `json:"-"` // how many modals were opened so far
}

// Message is a message on a screen.
type Message struct {
	TS      string          `json:"ts"`
	Text    string          `json:"text"`
	Blocks  json.RawMessage `json:"blocks"`
	Edited  bool            `json:"edited,omitempty"`
	Private bool            `json:"private,omitempty"` // only this person sees it
	From    string          `json:"from,omitempty"`    // the id of the person who wrote it, empty for the app
	// Metadata is what the app attached, which nobody reads on a screen.
	Metadata any `json:"-"`
}

// ChannelView is a channel on a screen.
type ChannelView struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Messages []Message `json:"messages"`
}

// ModalView is an open modal on a screen.
type ModalView struct {
	ID     string            `json:"id"`
	Hash   string            `json:"hash"`
	View   any               `json:"view"`
	Errors map[string]string `json:"errors,omitempty"` // by block
	Busy   bool              `json:"busy,omitempty"`   // submitted, not answered yet
}

// Notice is a sentence of Slack's own, such as that the app didn't answer.
type Notice struct {
	TS   string `json:"ts"`
	Text string `json:"text"`
}

// Screen is what this person sees now; it is empty for nobody.
func (ws *Workspace) Screen(person string) Screen { return ws.Glance(person, math.MaxInt) }

// Glance is a Screen with the latest messages only, so many at most.
func (ws *Workspace) Glance(person string, latest int) Screen {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m := ws.member(person)
	if m == nil {
		return Screen{}
	}
	s := Screen{Person: m.PersonInfo, Messages: m.reads(m.im, latest), Modals: []ModalView{}, Notices: append([]Notice{}, m.notices...), Opened: m.opened}
	for _, c := range ws.conversations {
		if c.with == nil && slices.Contains(c.members, m) {
			s.Channels = append(s.Channels, ChannelView{c.id, c.name, m.reads(c, latest)})
		}
	}
	for _, v := range m.modals {
		s.Modals = append(s.Modals, ModalView{v.id, v.hash, copied(v.view), maps.Clone(v.errors), v.busy})
	}
	if m.home != nil {
		s.Home = m.home
	}
	return s
}

// reads are the latest messages of a conversation that the person sees.
func (m *member) reads(c *conversation, latest int) []Message {
	read := []Message{}
	for _, msg := range slices.Backward(c.messages) {
		if len(read) == latest {
			break
		}
		if !msg.deleted && (msg.only == nil || msg.only == m) {
			read = append(read, msg.shown())
		}
	}
	slices.Reverse(read)
	return read
}

func (m *message) shown() Message {
	shown := Message{TS: m.ts, Text: m.text, Blocks: encoded(m.blocks), Edited: m.edited, Private: m.only != nil, Metadata: m.metadata}
	if m.from != nil {
		shown.From = m.from.ID
	}
	return shown
}

// Watch says that something changed, at once after it did; changes that nobody
// waits for are one. It ends with ctx.
func (ws *Workspace) Watch(ctx context.Context) <-chan struct{} {
	hints := make(chan struct{}, 1)
	go func() {
		defer close(hints)
		for {
			ws.mu.Lock()
			changed := ws.changed
			ws.mu.Unlock()
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			select {
			case hints <- struct{}{}:
			default:
			}
		}
	}()
	return hints
}

// encoded is v as JSON; what isn't there is an empty list.
func encoded(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil || string(data) == "null" {
		return json.RawMessage("[]")
	}
	return data
}

// copied is a copy of JSON-like data that shares nothing with it.
func copied(v map[string]any) (c map[string]any) {
	if err := json.Unmarshal(encoded(v), &c); err != nil {
		return nil
	}
	return c
}
