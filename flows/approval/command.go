package approval

import (
	"fmt"
	"time"

	"github.com/understudyhq/understudy/flows"
)

// Command is something that a person or the bot wants of a case: one of the
// types below. A command by a person names them as By.
type Command interface{ isCommand() }

// Submit begins a case.
type Submit struct {
	ID        string
	Flow      FlowVersion
	Requester Person
	Account   Account
	Reason    string
	Duration  time.Duration
	Extends   string // the id of the case whose grant it is to prolong, if any
	AskedIn   string // the app that it was asked in; empty for Slack
	// Foreseen is what the form said before, nil if it said nothing.
	Foreseen *Foreseen
}

// Delay notes why routing can't finish yet.
type Delay struct{ Why string }

// Rule brings what the rules said and, if they ask, who was found to ask.
type Rule struct {
	Ruling Ruling
	Found  Found
}

// Found is whom a route led to.
type Found struct {
	// Route is the part of the route that was used: an OrElse of it remains.
	Route       flows.Route
	Approvers   []Approver
	Unreachable []Unreached
	// ShiftEnds is when the first on-call shift of the answer ends, if any does.
	ShiftEnds time.Time
	// Background is what those who are asked are shown.
	Background *Background
}

// Refuse ends a case that can't be decided.
type Refuse struct {
	Ruling      Ruling // as far as it got
	Why         string
	Unreachable []Unreached
}

// Escalate adds the people of the route's next escalation.
type Escalate struct{ Found Found }

// ChangeShift adds the people who are on call now.
type ChangeShift struct{ Found Found }

// Miss notes that a person's card can't be delivered.
type Miss struct{ ID, Why string }

// LookAt tells the others that an approver is looking at the case.
type LookAt struct{ By Person }

// LookAway takes that back; the bot sends it without By when a claim lapses.
type LookAway struct{ By Person }

// Remind notes that the undecided approvers are reminded.
type Remind struct{}

// Nudge has the undecided approvers reminded at the requester's wish.
type Nudge struct{ By Person }

// Approve is an approver's yes, for Duration or, if it is 0, as asked.
type Approve struct {
	By       Person
	Duration time.Duration
}

// Deny is an approver's no.
type Deny struct {
	By  Person
	Why string
}

// Cancel takes a request back.
type Cancel struct{ By Person }

// TimeOut ends a case that nobody decided in time.
type TimeOut struct{}

// Warn notes that the requester is told of the grant's coming end.
type Warn struct{}

// Extend moves a grant's end, as another case allowed.
type Extend struct {
	Until time.Time
	By    string // the id of the other case
	// Approvers are those who approved the other case.
	Approvers []Approver
}

// Merge ends a grant whose time was added to that of another case.
type Merge struct {
	Into  string    // the id of the other case
	Until time.Time // the end of its grant now
}

// Expire ends a grant whose time is over.
type Expire struct{}

// Release ends a grant early: the requester is done.
type Release struct{ By Person }

// Revoke calls a grant back.
type Revoke struct {
	By  Person
	Why string
	// Group is one of the case's revokers that By was found in a moment ago; empty
	// if they are in none, or nobody asked.
	Group string
}

func (Submit) isCommand()      {}
func (Delay) isCommand()       {}
func (Rule) isCommand()        {}
func (Refuse) isCommand()      {}
func (Escalate) isCommand()    {}
func (ChangeShift) isCommand() {}
func (Miss) isCommand()        {}
func (LookAt) isCommand()      {}
func (LookAway) isCommand()    {}
func (Remind) isCommand()      {}
func (Nudge) isCommand()       {}
func (Approve) isCommand()     {}
func (Deny) isCommand()        {}
func (Cancel) isCommand()      {}
func (TimeOut) isCommand()     {}
func (Warn) isCommand()        {}
func (Extend) isCommand()      {}
func (Merge) isCommand()       {}
func (Expire) isCommand()      {}
func (Release) isCommand()     {}
func (Revoke) isCommand()      {}

// Rejection is why a command had no effect. Callers find it with errors.As and
// say it to people in their own words.
type Rejection struct {
	Kind RejectionKind
	// Case is the case as it was, and is.
	Case   Case
	Detail string
}

// RejectionKind is a reason for a rejection.
type RejectionKind string

// The reasons for rejections.
const (
	Exists          RejectionKind = "the case exists already"
	NotRouted       RejectionKind = "the case isn't routed yet"
	NotRouting      RejectionKind = "the case isn't being routed any more"
	NotActive       RejectionKind = "the case holds no running grant"
	AlreadyDecided  RejectionKind = "the case is decided"
	NotAnApprover   RejectionKind = "this person isn't an approver of the case"
	NotTheRequester RejectionKind = "this person isn't the requester of the case"
	AlreadyApproved RejectionKind = "this person approved the case already"
	NotDue          RejectionKind = "it isn't time for that"
	TooLate         RejectionKind = "the time for that is over"
	TooSoon         RejectionKind = "that was done a short while ago"
	TooLong         RejectionKind = "the flow doesn't allow a grant of that length"
	ReasonMissing   RejectionKind = "that needs a reason"
	StaleSignIn     RejectionKind = "the sign-in to the app isn't fresh"
	ClockSetBack    RejectionKind = "the clock was set back since the case changed"
	Invalid         RejectionKind = "that can't be asked"
)

func (r *Rejection) Error() string {
	if r.Detail == "" {
		return fmt.Sprintf("case %s (%s): %s", r.Case.ID, r.Case.Status, r.Kind)
	}
	return fmt.Sprintf("case %s (%s): %s: %s", r.Case.ID, r.Case.Status, r.Kind, r.Detail)
}
