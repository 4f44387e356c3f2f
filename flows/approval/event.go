package approval

import (
	"time"

	"github.com/understudyhq/understudy/flows"
)

// Event is one thing that happened to a case.
type Event struct {
	Case string
	Seq  int // from 1, without gaps
	At   time.Time
	Body Body
}

// Body is what happened: one of the types below.
type Body interface{ eventType() string }

// Submitted begins every case.
type Submitted struct {
	Flow      FlowVersion   `json:"flow"`
	Requester Person        `json:"requester"`
	Account   Account       `json:"account"`
	Reason    string        `json:"reason"`
	Duration  time.Duration `json:"duration"`
	Extends   string        `json:"extends,omitempty"`
	Foreseen  *Foreseen     `json:"foreseen,omitempty"`
	AskedIn   string        `json:"asked_in,omitempty"`
}

// Delayed says that routing couldn't finish yet.
type Delayed struct {
	Why string `json:"why"`
}

// Ruling is what the rules read and said.
type Ruling struct {
	Account Account       `json:"account"` // as the directory had it then
	Facts   flows.Facts   `json:"facts"`
	Outcome flows.Outcome `json:"outcome"`
}

// Allowed says that a rule approved the case.
type Allowed struct {
	Ruling
}

// Rejected says that a rule denied the case.
type Rejected struct {
	Ruling
}

// RefusedCase says that the case couldn't be decided.
type RefusedCase struct {
	Ruling
	Why         string      `json:"why"`
	Unreachable []Unreached `json:"unreachable,omitempty"`
}

// Asked says that people were found to ask.
type Asked struct {
	Ruling
	Route       flows.Route `json:"route"`
	Approvers   []Approver  `json:"approvers"`
	Unreachable []Unreached `json:"unreachable,omitempty"`
	Quorum      int         `json:"quorum"`
	ShiftEnds   time.Time   `json:"shift_ends,omitzero"`
	Background  *Background `json:"background,omitempty"` // what they were shown of it
}

// Rerouted says that nobody of the route could be reached, so its OrElse is used.
type Rerouted struct {
	Route flows.Route `json:"route"`
}

// Escalated adds people after a time of silence.
type Escalated struct {
	Approvers   []Approver  `json:"approvers"`
	Unreachable []Unreached `json:"unreachable,omitempty"`
	ShiftEnds   time.Time   `json:"shift_ends,omitzero"`
}

// ShiftChanged adds the people of the next shift.
type ShiftChanged struct {
	Approvers   []Approver  `json:"approvers"`
	Unreachable []Unreached `json:"unreachable,omitempty"`
	ShiftEnds   time.Time   `json:"shift_ends,omitzero"`
	OnCall      []string    `json:"on_call,omitzero"` // the ids of all who are on call now
}

// Missed says that a person's card can't be delivered.
type Missed struct {
	Person Person `json:"person"`
	Why    string `json:"why"`
}

// Claimed says that somebody is looking at the case.
type Claimed struct {
	By    Person    `json:"by"`
	Until time.Time `json:"until"`
}

// Unclaimed says that nobody is looking at it any more.
type Unclaimed struct{}

// Reminded says that the undecided approvers were reminded.
type Reminded struct{}

// Nudged says that the requester had the undecided approvers reminded.
type Nudged struct {
	By Person `json:"by"`
}

// ApprovedCase is one person's yes.
type ApprovedCase struct {
	By       Person        `json:"by"`
	Duration time.Duration `json:"duration"`
}

// Granted starts the grant.
type Granted struct {
	Until time.Time `json:"until"`
}

// DeniedCase is a person's no.
type DeniedCase struct {
	By  Person `json:"by"`
	Why string `json:"why,omitempty"`
}

// CancelledCase says that the requester took the request back.
type CancelledCase struct {
	By Person `json:"by"`
}

// TimedOutCase says that nobody decided in time.
type TimedOutCase struct{}

// Warned says that the requester was told of the grant's coming end.
type Warned struct{}

// Extended moves the grant's end.
type Extended struct {
	Until time.Time `json:"until"`
	By    string    `json:"by"` // the id of the case that allowed it
	// Approvers are those who approved that case, and weren't asked about this one.
	Approvers []Approver `json:"approvers,omitempty"`
}

// MergedGrant ends the grant, because its time was added to that of another case.
type MergedGrant struct {
	Into  string    `json:"into"`  // the id of the other case
	Until time.Time `json:"until"` // the end of its grant now
}

// GrantEnded ends the grant. A zero By means that its time was over.
type GrantEnded struct {
	End GrantEnd `json:"end"`
	By  Person   `json:"by,omitzero"`
	Why string   `json:"why,omitempty"`
	// Group is that of the flow's revokers which By was found in, where they
	// aren't an approver.
	Group string `json:"group,omitempty"`
}

func (Submitted) eventType() string     { return "submitted" }
func (Delayed) eventType() string       { return "delayed" }
func (Allowed) eventType() string       { return "allowed" }
func (Rejected) eventType() string      { return "rejected" }
func (RefusedCase) eventType() string   { return "refused" }
func (Asked) eventType() string         { return "asked" }
func (Rerouted) eventType() string      { return "rerouted" }
func (Escalated) eventType() string     { return "escalated" }
func (ShiftChanged) eventType() string  { return "shift_changed" }
func (Missed) eventType() string        { return "missed" }
func (Claimed) eventType() string       { return "claimed" }
func (Unclaimed) eventType() string     { return "unclaimed" }
func (Reminded) eventType() string      { return "reminded" }
func (Nudged) eventType() string        { return "nudged" }
func (ApprovedCase) eventType() string  { return "approved" }
func (Granted) eventType() string       { return "granted" }
func (DeniedCase) eventType() string    { return "denied" }
func (CancelledCase) eventType() string { return "cancelled" }
func (TimedOutCase) eventType() string  { return "timed_out" }
func (Warned) eventType() string        { return "warned" }
func (Extended) eventType() string      { return "extended" }
func (MergedGrant) eventType() string   { return "merged" }
func (GrantEnded) eventType() string    { return "grant_ended" }
