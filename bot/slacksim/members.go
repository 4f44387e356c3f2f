package slacksim

import (
	"encoding/json"
	"slices"
	"strings"
)

// PersonInfo is who somebody is.
type PersonInfo struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Title    string `json:"title,omitempty"`
	Photo    string `json:"photo,omitempty"` // the address of their picture
	Zone     string `json:"zone"`
	Guest    bool   `json:"guest,omitempty"`
	Stranger bool   `json:"stranger,omitempty"` // of another workspace
	Gone     bool   `json:"gone,omitempty"`     // deactivated
}

// PersonOption says more of a person.
type PersonOption func(*PersonInfo)

// Guest makes somebody a guest of the workspace.
func Guest() PersonOption { return func(p *PersonInfo) { p.Guest = true } }

// Stranger makes somebody a member of another workspace, who shares a channel.
func Stranger() PersonOption { return func(p *PersonInfo) { p.Stranger = true } }

// Title is what a profile says somebody does.
func Title(title string) PersonOption { return func(p *PersonInfo) { p.Title = title } }

// Photo is the address of somebody's picture; without one they have Slack's own.
func Photo(address string) PersonOption { return func(p *PersonInfo) { p.Photo = address } }

// Zone is somebody's time zone, such as Europe/Oslo.
func Zone(zone string) PersonOption { return func(p *PersonInfo) { p.Zone = zone } }

// member is a person with what is on their screen.
type member struct {
	PersonInfo
	handle  string
	team    string
	im      *conversation // with the bot
	modals  []*modal      // the last is on top
	home    json.RawMessage
	homeID  string // of the Home, once it was published
	hash    string // of the Home
	notices []Notice
	opened  int // modals so far
	effort  Effort
}

// modal is a view on a person's screen.
type modal struct {
	id, root, previous string
	hash               string
	view               map[string]any
	errors             map[string]string
	busy               bool
}

type conversation struct {
	id, name string // name is empty for a conversation with one person
	with     *member
	members  []*member
	messages []*message
	private  bool   // the bot isn't in it
	refuses  string // the error that a message gets, if any
}

// message is a message of the bot, or one from a person. One that has only is an
// ephemeral one.
type message struct {
	ts       string
	from     *member // nil for the bot
	text     string
	blocks   []any
	was      []any // the blocks before, which a window that lags still shows
	metadata any
	edited   bool
	only     *member
	deleted  bool
}

type group struct {
	id, handle, name string
	members          []*member
}

// AddPerson adds somebody to the workspace.
func (ws *Workspace) AddPerson(name, email string, options ...PersonOption) *Person {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m := &member{PersonInfo: PersonInfo{Name: name, Email: email, Zone: "Europe/Oslo"}, team: ws.teamID}
	for _, option := range options {
		option(&m.PersonInfo)
	}
	m.ID = ws.id("U")
	m.handle = strings.ToLower(strings.ReplaceAll(name, " ", "."))
	if m.Stranger {
		m.team = ws.id("T")
	}
	m.im = &conversation{id: ws.id("D"), with: m, members: []*member{m}}
	ws.members = append(ws.members, m)
	ws.conversations = append(ws.conversations, m.im)
	ws.announce()
	return &Person{ws: ws, m: m}
}

// AddGroup adds a user group.
func (ws *Workspace) AddGroup(handle string, people ...*Person) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	g := &group{id: ws.id("S"), handle: handle, name: handle}
	for _, p := range people {
		g.members = append(g.members, p.m)
	}
	ws.groups = append(ws.groups, g)
}

// AddChannel adds a public channel that the bot is in.
func (ws *Workspace) AddChannel(name string, people ...*Person) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c := &conversation{id: ws.id("C"), name: name}
	for _, p := range people {
		c.members = append(c.members, p.m)
	}
	ws.conversations = append(ws.conversations, c)
}

// Deactivate makes somebody a person who was here, and tells the app if its
// manifest asks for that.
func (ws *Workspace) Deactivate(p *Person) {
	ws.mu.Lock()
	p.m.Gone = true
	tells, payload := slices.Contains(ws.events, "user_change"), ws.userChangePayload(p.m)
	ws.announce()
	ws.mu.Unlock()
	if tells {
		_ = ws.event(payload) // an app that isn't there hears nothing, as with Slack
	}
}

// Reactivate brings somebody back who was deactivated.
func (ws *Workspace) Reactivate(p *Person) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p.m.Gone = false
	ws.announce()
}

// DeleteMessage removes a message by hand, as its reader can.
func (ws *Workspace) DeleteMessage(c *Card) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if m := c.message(); m != nil {
		m.deleted = true
	}
	ws.announce()
}

// People are all members, in the order in which they were added.
func (ws *Workspace) People() []PersonInfo {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	people := make([]PersonInfo, len(ws.members))
	for i, m := range ws.members {
		people[i] = m.PersonInfo
	}
	return people
}

func (ws *Workspace) member(id string) *member {
	i := slices.IndexFunc(ws.members, func(m *member) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return ws.members[i]
}

// conversation finds one by its id, a person's id, or a channel's name.
func (ws *Workspace) conversation(name string) *conversation {
	if m := ws.member(name); m != nil {
		return m.im
	}
	i := slices.IndexFunc(ws.conversations, func(c *conversation) bool {
		return c.id == name || c.name != "" && c.name == strings.TrimPrefix(name, "#")
	})
	if i < 0 {
		return nil
	}
	return ws.conversations[i]
}

func (c *conversation) find(ts string) *message {
	i := slices.IndexFunc(c.messages, func(m *message) bool { return m.ts == ts && !m.deleted })
	if i < 0 {
		return nil
	}
	return c.messages[i]
}

// modal finds an open modal.
func (m *member) modal(id string) *modal {
	i := slices.IndexFunc(m.modals, func(v *modal) bool { return v.id == id })
	if i < 0 {
		return nil
	}
	return m.modals[i]
}

func (m *member) close(v *modal) {
	m.modals = slices.DeleteFunc(m.modals, func(other *modal) bool { return other == v })
}

func (m *member) notice(text string, now string) {
	m.notices = append(m.notices, Notice{TS: now, Text: text})
}
