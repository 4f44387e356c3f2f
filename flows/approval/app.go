package approval

import (
	"cmp"
	"slices"
	"time"
)

// App is the customer's app that a grant opens, as the case's flow pins it.
type App struct {
	Name  string `json:"name"` // the audience of its tokens
	URL   string `json:"url"`  // where a link leads
	Scope Scope  `json:"scope,omitempty"`
	Clock Clock  `json:"clock,omitempty"`
	// Title is what people call it; empty if that is its name.
	Title string `json:"title,omitempty"`
	// Confirm has the requester type the customer's name before a link is made.
	Confirm bool `json:"confirm,omitempty"`
	// FreshSignIn is how long ago the requester may have proved to the app who they
	// are when a grant is opened; zero if that doesn't matter.
	FreshSignIn time.Duration `json:"fresh_sign_in,omitempty"`
	// HideReason keeps the reason from the app.
	HideReason bool `json:"hide_reason,omitempty"`
	// Webhook is where the app is told of its grants; empty if it isn't.
	Webhook string `json:"webhook,omitempty"`
}

// Called is what people call it.
func (a App) Called() string { return cmp.Or(a.Title, a.Name) }

// Scope is what an agent may do in the app.
type Scope string

// The scopes. The zero Scope is the narrow one.
const (
	ReadOnly   Scope = ""     // look at everything, change nothing
	FullAccess Scope = "full" // do what the customer could
)

// Clock says from when a grant's time counts.
type Clock string

// The clocks.
const (
	FromOpening  Clock = ""         // when the requester first opens the app
	FromApproval Clock = "approval" // when it was allowed
)

// Open lets the requester into the app: a link was redeemed.
type Open struct {
	By       Person
	Session  string // an id that no other opening has
	SignedIn SignedIn
}

// Misuse notes that a link came from whom it wasn't made for. It opens nothing.
type Misuse struct {
	App   string // that it came by
	Email string // of whom the app had signed in
}

// Act notes what was done in the app. It is taken after the grant's end as well,
// because an app sends it in batches.
type Act struct {
	Session string
	Deeds   []Deed
}

// Bar ends a grant whose requester may not act any more.
type Bar struct{ Why string }

func (Open) isCommand()   {}
func (Misuse) isCommand() {}
func (Act) isCommand()    {}
func (Bar) isCommand()    {}

// Opened says that the requester came into the app.
type Opened struct {
	By      Person    `json:"by"`
	Session string    `json:"session"`
	Until   time.Time `json:"until"` // the grant's end now
	// SignedIn is what the app told of it, if anything.
	SignedIn SignedIn `json:"signed_in,omitzero"`
}

// Misused says that a link came from whom it wasn't made for.
type Misused struct {
	App   string `json:"app"`
	Email string `json:"email"`
}

// Acted says what was done in the app.
type Acted struct {
	Session string `json:"session"`
	Deeds   []Deed `json:"deeds"`
	// Full says that no more is kept of this case.
	Full bool `json:"full,omitempty"`
}

// Deed is one thing that an agent did in the app.
type Deed struct {
	At     time.Time `json:"at"`     // by the app's clock
	Method string    `json:"method"` // of HTTP
	Path   string    `json:"path"`
	Status int       `json:"status"` // of HTTP, that answered it
}

func (Opened) eventType() string  { return "opened" }
func (Misused) eventType() string { return "misused" }
func (Acted) eventType() string   { return "acted" }

// MostDeeds is how many deeds are kept of one case.
const MostDeeds = 1000

// Session is one opening of the app.
type Session struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// mostSessions is how many openings of one grant can be in use at a time.
const mostSessions = 20

// Waits says whether the grant's time hasn't begun: its requester hasn't opened
// the app yet. Until is by when they must.
func (c Case) Waits() bool {
	return c.Status == Active && c.Grant != nil && c.Flow.App != nil && c.Flow.App.Clock == FromOpening && c.Grant.OpenedAt.IsZero()
}

// Unopened says whether the grant's time was over before it began.
func (c Case) Unopened() bool {
	return c.Grant != nil && c.Grant.End == Expired && c.Flow.App != nil && c.Flow.App.Clock == FromOpening && c.Grant.OpenedAt.IsZero()
}

// HasSession says whether the app was opened with this session, and it wasn't
// pushed out by many later ones.
func (c Case) HasSession(id string) bool {
	return c.Grant != nil && id != "" && slices.ContainsFunc(c.Grant.Sessions, func(s Session) bool { return s.ID == id })
}

func (c Case) open(o Open, now time.Time) ([]Body, error) {
	switch {
	case c.Flow.App == nil:
		return nil, c.invalid("opening the app of a flow that has none")
	case o.By.ID != c.Requester.ID:
		return nil, c.reject(NotTheRequester)
	case o.Session == "" || c.HasSession(o.Session):
		return nil, c.invalid("an opening that isn't a new one")
	}
	if stale := o.SignedIn.stale(c.Flow.App.FreshSignIn, now); stale != "" {
		return nil, &Rejection{Kind: StaleSignIn, Case: c, Detail: stale}
	}
	until := c.Grant.Until
	if c.Waits() {
		until = now.Add(c.Grant.Until.Sub(c.Grant.From))
	}
	return []Body{Opened{o.By, o.Session, until, o.SignedIn}}, nil
}

func (c Case) act(a Act) ([]Body, error) {
	if !c.HasSession(a.Session) {
		return nil, c.invalid("deeds of a session that it doesn't have")
	}
	left := MostDeeds - c.Grant.Deeds
	if len(a.Deeds) == 0 || left <= 0 {
		return nil, nil
	}
	kept := a.Deeds[:min(left, len(a.Deeds))]
	return []Body{Acted{a.Session, kept, len(kept) == left}}, nil
}

// opened is the grant after an opening. With the first one its time begins, if
// it hadn't.
func (g *Grant) opened(o Opened, at time.Time) {
	if g.Until != o.Until {
		g.From, g.Until = at, o.Until
	}
	if g.OpenedAt.IsZero() {
		g.OpenedAt = at
	}
	g.Sessions = append(slices.Clone(g.Sessions), Session{o.Session, at})
	g.Sessions = g.Sessions[max(0, len(g.Sessions)-mostSessions):]
}
