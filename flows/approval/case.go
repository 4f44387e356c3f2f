// Package approval is the life of a case, as two pure functions.
//
// A case is one request from submission to end. [Decide] takes a case, a
// [Command] and the time, and says which events follow, or why not; it is the
// only place in the product that says yes. [Apply] takes a case and an event
// and gives the case after it; it decides nothing, so that replaying a case's
// events always gives the same case.
//
//	routing → pending → active → ended
//	   │         ├→ denied, cancelled, timed_out, refused
//	   │         └→ routing (nobody who was asked can be reached)
//	   ├→ active (a rule approved)
//	   └→ denied, cancelled, refused
//
// The events are the audit log. Nothing here reads a clock, sends anything or
// knows Slack: people are identifiers with names. One of those who decide may be
// the customer, who isn't of the workspace: see [CustomerID].
package approval

import (
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows"
)

// Status is where a case is in its life.
type Status string

// The statuses of a case. The zero Status is a case that doesn't exist yet.
const (
	Routing   Status = "routing"   // submitted; who decides is being found out
	Pending   Status = "pending"   // people were asked
	Active    Status = "active"    // allowed; the grant runs
	Ended     Status = "ended"     // the grant is over: see Grant.End
	Denied    Status = "denied"    // by a rule or a person
	Cancelled Status = "cancelled" // by the requester, before a decision
	TimedOut  Status = "timed_out" // nobody decided in time
	Refused   Status = "refused"   // it couldn't be decided: nothing unknown allows
)

// Over says whether nothing more can happen to a case of this status.
func (s Status) Over() bool {
	switch s {
	case Ended, Denied, Cancelled, TimedOut, Refused:
		return true
	case Routing, Pending, Active:
	}
	return false
}

// Case is one request, from submission to end: the sum of its events.
type Case struct {
	ID     string `json:"id"`
	Status Status `json:"status"`
	// Seq counts the events, UpdatedAt is the time of the last one.
	Seq       int       `json:"seq"`
	UpdatedAt time.Time `json:"updated_at"`

	Flow      FlowVersion   `json:"flow"`
	Requester Person        `json:"requester"`
	Account   Account       `json:"account"`
	Reason    string        `json:"reason"`
	Duration  time.Duration `json:"duration"` // asked for
	AskedAt   time.Time     `json:"asked_at"`
	// Extends is the id of the case whose grant this one is to prolong, empty if
	// it asks for a grant of its own.
	Extends string `json:"extends,omitempty"`
	// AskedIn is the app that it was asked in; empty for Slack.
	AskedIn string `json:"asked_in,omitempty"`
	// Foreseen is what the form said would come of it, nil if that isn't known.
	Foreseen *Foreseen `json:"foreseen,omitempty"`

	// Delay is why routing takes longer, empty if it doesn't.
	Delay string `json:"delay,omitempty"`
	// DelayedAt is since when it does.
	DelayedAt time.Time `json:"delayed_at,omitzero"`
	// Facts and Outcome are what the rules read and said.
	Facts   flows.Facts   `json:"facts"`
	Outcome flows.Outcome `json:"outcome"`
	// Route is the part of the outcome's route that is in use.
	Route *flows.Route `json:"route,omitempty"`
	// Background is what the cards show beside the request; nil before people
	// were asked, and of cases that are older than it.
	Background *Background `json:"background,omitempty"`

	// Approvers may decide; those with Asked got a card.
	Approvers []Approver `json:"approvers,omitempty"`
	// Unreachable should have been asked and couldn't be.
	Unreachable []Unreached `json:"unreachable,omitempty"`
	Quorum      int         `json:"quorum,omitempty"`
	PendingAt   time.Time   `json:"pending_at,omitzero"`
	ShiftEnds   time.Time   `json:"shift_ends,omitzero"`
	Escalations int         `json:"escalations,omitempty"` // done so far
	Reminders   int         `json:"reminders,omitempty"`   // due ones, done so far
	Claim       *Claim      `json:"claim,omitempty"`
	// OnCall are the ids of those who are on call now. Nil while the shift is
	// the one that the case began in.
	OnCall []string `json:"on_call,omitzero"`
	// Pokes counts how often the undecided were reminded, by time or by the
	// requester's nudge; PokedAt is the last time.
	Pokes    int       `json:"pokes,omitempty"`
	PokedAt  time.Time `json:"poked_at,omitzero"`
	NudgedAt time.Time `json:"nudged_at,omitzero"`

	Approvals []Approval `json:"approvals,omitempty"`
	Grant     *Grant     `json:"grant,omitempty"`
	// Closed says how the case came to its end, once it is over.
	Closed *Closing `json:"closed,omitempty"`
}

// Person is somebody of the workspace, or the customer, as they were known when
// recorded.
type Person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
}

// Account is the customer account, as the directory described it.
type Account struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Plan string `json:"plan,omitempty"`
}

// Approver is somebody who may decide a case.
type Approver struct {
	Person
	Leg   flows.Leg `json:"leg"`   // what made them an approver
	Asked bool      `json:"asked"` // false: may decide, but isn't asked
	Since time.Time `json:"since"`
	Via   Via       `json:"via,omitempty"`
}

// Via is how an approver came to the case.
type Via string

// The ways to a case.
const (
	ByRoute      Via = ""           // asked first
	ByEscalation Via = "escalation" // nobody had decided for a while
	ByShift      Via = "shift"      // came on call while the case waited
	ByExtension  Via = "extension"  // approved that its grant goes on, and may revoke it
)

// Unreached is somebody who should have been asked.
type Unreached struct {
	Person
	Why string `json:"why"`
}

// Claim says that somebody is looking at the case. It blocks nobody.
type Claim struct {
	By    Person    `json:"by"`
	Until time.Time `json:"until"`
}

// Approval is one person's yes.
type Approval struct {
	By       Person        `json:"by"`
	At       time.Time     `json:"at"`
	Duration time.Duration `json:"duration"` // as asked, or less
}

// Grant is the time-limited right that an approved case gives.
type Grant struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Warned bool      `json:"warned,omitempty"`
	End    GrantEnd  `json:"end,omitempty"`
	// Warnings counts how often its coming end was told, and Extended how often
	// another case prolonged it.
	Warnings int `json:"warnings,omitempty"`
	Extended int `json:"extended,omitempty"`
	// OpenedAt is when the requester first came into the app, Sessions are the
	// newest openings, Deeds counts what is known to have been done there.
	OpenedAt time.Time `json:"opened_at,omitzero"`
	Sessions []Session `json:"sessions,omitempty"`
	Deeds    int       `json:"deeds,omitempty"`
	// Misuses counts the links that came from others than the requester.
	Misuses int `json:"misuses,omitempty"`
}

// GrantEnd is how a grant came to its end.
type GrantEnd string

// The ends of a grant.
const (
	Expired  GrantEnd = "expired"
	Released GrantEnd = "released" // the requester was done early
	Revoked  GrantEnd = "revoked"  // somebody called it back
	Merged   GrantEnd = "merged"   // its time was added to the grant that it extends
)

// Closing is how a case came to its end. A zero By means the bot itself.
type Closing struct {
	At  time.Time `json:"at"`
	By  Person    `json:"by,omitzero"`
	Why string    `json:"why,omitempty"`
	// Group is that of the flow's revokers which By was in, empty if they could
	// do it anyway.
	Group string `json:"group,omitempty"`
}

// Open says whether the grant allows anything at this time. One that begins in
// the future was given by a wrong clock.
func (c Case) Open(now time.Time) bool {
	return c.Status == Active && c.Grant != nil && now.Before(c.Grant.Until) && !now.Add(ClockSlack).Before(c.Grant.From)
}

// Approver is the approver with this id.
func (c Case) Approver(id string) (Approver, bool) {
	i := slices.IndexFunc(c.Approvers, func(a Approver) bool { return a.ID == id })
	if i < 0 {
		return Approver{}, false
	}
	return c.Approvers[i], true
}

// ApprovedBy says whether this person approved the case.
func (c Case) ApprovedBy(id string) bool {
	return slices.ContainsFunc(c.Approvals, func(a Approval) bool { return a.By.ID == id })
}

// AllowedFor is for how long the case was approved: the shortest time that an
// approver gave, or as asked where a rule allowed it.
func (c Case) AllowedFor() time.Duration {
	allowed := c.Duration
	for _, a := range c.Approvals {
		allowed = min(allowed, a.Duration)
	}
	return allowed
}

// Extendable says whether the flow allows the case's grant to last as long again.
func (c Case) Extendable() bool {
	return c.Grant != nil && !c.Waits() && c.Flow.Policy.allows(c.Grant.Until.Sub(c.Grant.From)+c.AllowedFor())
}

// ExtendableBy says whether the grant may last so much longer, also by a newer
// version of its flow.
func (c Case) ExtendableBy(d time.Duration, by FlowVersion) bool {
	return c.Extendable() && by.Policy.allows(c.Grant.Until.Sub(c.Grant.From)+d)
}

// Waited says whether other people were asked, or routing was delayed: then the
// requester's first message says less than what came of it.
func (c Case) Waited() bool {
	return !c.DelayedAt.IsZero() || !c.PendingAt.IsZero() && !c.SelfApproved()
}

// SelfApproved says whether the requester alone decides, by the rules.
func (c Case) SelfApproved() bool {
	others := func(a Approver) bool { return a.ID != c.Requester.ID && a.Via != ByExtension }
	_, may := c.Approver(c.Requester.ID)
	return may && !slices.ContainsFunc(c.Approvers, others)
}
