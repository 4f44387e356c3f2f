package storm

import (
	"sync"
	"time"
)

// verb is what somebody did, as the button says it.
type verb string

const (
	types        verb = "/impersonate"
	submits      verb = "Request"
	asks         verb = "Impersonate a customer"
	approves     verb = "Approve"
	approvesLess verb = "Approve for less…"
	denies       verb = "Deny"
	looks        verb = "I'm looking at it"
	looksAway    verb = "Stop looking"
	revokes      verb = "Revoke"
	cancels      verb = "Cancel"
	nudges       verb = "Nudge"
	releases     verb = "End now"
	extends      verb = "Extend"
	recalls      verb = "History"
	opensHome    verb = "(opens Home)"
	turns        verb = "(turns a page)"
	suggested    verb = "(types a name)"
	anotherVerb  verb = "(another button)"
)

// act is what one person did once, and how it was taken.
type act struct {
	person   string // an id
	verb     verb
	caseID   string
	account  string        // of a submitted form
	duration time.Duration // picked from a menu
	reason   string
	view     string // of what was submitted
	inModal  bool   // submitted in a modal that asks for a reason
	wrong    bool   // on somebody else's card
	// first is when the person first tried to submit this form.
	first, began, ended time.Time // real times
	outcome             outcome
	shown               bool // a window opened in time, or the one that was there says what came of it
	covered             bool // a second window, of another click, took the place of the one that would have said it
}

// outcome is how Slack took an act.
type outcome string

const (
	acked      outcome = "acked"
	complained outcome = "answered with an error at a field"
	unacked    outcome = "not acked, and Slack said so"
	impossible outcome = "not there any more" // never sent
)

// diary is what everybody did since the last reckoning.
type diary struct {
	mu   sync.Mutex
	acts []act
}

func (d *diary) note(a act) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acts = append(d.acts, a)
}

// tear takes the pages out.
func (d *diary) tear() []act {
	d.mu.Lock()
	defer d.mu.Unlock()
	acts := d.acts
	d.acts = nil
	return acts
}
