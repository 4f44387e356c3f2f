package flows

import (
	"cmp"
	"slices"
	"time"
)

// Route says who is asked. It is data: the bot turns it into people.
// The methods return changed copies.
type Route struct {
	// Legs are who is asked; several legs are asked together.
	Legs []Leg `json:"legs"`
	// Else is used when nobody of Legs can be asked.
	Else *Route `json:"else,omitempty"`
	// Escalations add people when nobody decides.
	Escalations []Escalation `json:"escalations,omitempty"`
	// Also may decide, but aren't asked.
	Also []Leg `json:"also,omitempty"`
	// Quorum is how many must approve; 0 means 1.
	Quorum int `json:"quorum,omitempty"`
	// Consent says that nothing is granted unless the customer agrees as well.
	Consent bool `json:"consent,omitempty"`
	// Channels show a copy of the card without buttons.
	Channels []string `json:"channels,omitempty"`
}

// Leg is one way to find people.
type Leg struct {
	Kind LegKind `json:"kind"`
	// Name is an e-mail, a schedule's id or a user group's handle.
	Name string `json:"name,omitempty"`
	// Title is what the schedule or the group is called, once it was looked up.
	Title string `json:"title,omitempty"`
	// Why is the rule's own reason, or how old the answer is that the people
	// were found in.
	Why string `json:"why,omitempty"`
}

// LegKind is how a leg finds people.
type LegKind string

// The ways to find people.
const (
	RequesterLeg LegKind = "requester"
	PersonLeg    LegKind = "person"
	OnCallLeg    LegKind = "on_call"
	GroupLeg     LegKind = "group"
	CustomerLeg  LegKind = "customer"
	// ConsentLeg is how a route with Consent finds the customer, who only agrees. No
	// rule names it.
	ConsentLeg LegKind = "consent"
)

// OfCustomer says whether it leads to the customer, and not to the workspace.
func (k LegKind) OfCustomer() bool { return k == CustomerLeg || k == ConsentLeg }

// Escalation adds a route's people After a time of silence.
type Escalation struct {
	After time.Duration `json:"after"` // since the case went out, in nanoseconds
	Route Route         `json:"route"`
}

// Requester lets the requester approve the case. Why says what entitles them.
func Requester(why string) Route {
	return Route{Legs: []Leg{{Kind: RequesterLeg, Why: why}}}
}

// Person asks the person with this e-mail.
func Person(email string) Route { return Route{Legs: []Leg{{Kind: PersonLeg, Name: email}}} }

// OnCall asks everybody who is on call in the schedule of this id.
func OnCall(schedule string) Route { return Route{Legs: []Leg{{Kind: OnCallLeg, Name: schedule}}} }

// Group asks everybody in the Slack user group of this handle.
func Group(handle string) Route { return Route{Legs: []Leg{{Kind: GroupLeg, Name: handle}}} }

// Customer asks the customer whom the request is about, by a link that the flow's
// app hands to them: it has a webhook for that.
func Customer() Route { return Route{Legs: []Leg{{Kind: CustomerLeg}}} }

// SlackChannel is a channel's name, for [Route.Show].
type SlackChannel string

// Channel is the Slack channel of this name.
func Channel(name string) SlackChannel { return SlackChannel(name) }

// And asks the people of both routes, with all that belongs to either: the
// larger number of approvals counts.
func (r Route) And(other Route) Route {
	first := r
	r.Legs = append(slices.Clone(r.Legs), other.Legs...)
	r.Also = append(slices.Clone(r.Also), other.Also...)
	r.Channels = append(slices.Clone(r.Channels), other.Channels...)
	r.Quorum = max(r.Quorum, other.Quorum)
	r.Consent = r.Consent || other.Consent
	for _, e := range other.Escalations {
		r = r.EscalateAfter(e.After, e.Route)
	}
	switch {
	case first.Else == nil:
		r.Else = other.insteadOf(first)
	case other.Else == nil:
		r.Else = first.insteadOf(other)
	default:
		both := first.Else.And(*other.Else)
		r.Else = &both
	}
	return r
}

// insteadOf is who is asked where neither r nor the other, which has no OrElse, can
// be: if the other wants the customer's consent, nothing is granted without it there.
func (r Route) insteadOf(other Route) *Route {
	if r.Else == nil || !other.Consent {
		return r.Else
	}
	otherwise := r.Else.WithConsent()
	return &otherwise
}

// OrElse is asked when nobody of r can be: nobody is there, nobody can be
// reached, or the service that knows has been silent too long.
func (r Route) OrElse(other Route) Route {
	if r.Else != nil {
		other = r.Else.OrElse(other)
	}
	r.Else = &other
	return r
}

// EscalateAfter adds the people of other when the case has waited for d.
// Those asked before may still decide.
func (r Route) EscalateAfter(d time.Duration, other Route) Route {
	r.Escalations = append(slices.Clone(r.Escalations), Escalation{d, other})
	slices.SortStableFunc(r.Escalations, func(a, b Escalation) int { return cmp.Compare(a.After, b.After) })
	return r
}

// Need asks for the approval of n different people, also of those whom an
// OrElse before it asks.
func (r Route) Need(n int) Route {
	r.Quorum = n
	if r.Else != nil {
		other := r.Else.Need(n)
		r.Else = &other
	}
	return r
}

// WithConsent asks the customer as well, and nothing is granted without their yes,
// which isn't one of those that Need counts; also of an OrElse before it.
func (r Route) WithConsent() Route {
	r.Consent = true
	if r.Else != nil {
		other := r.Else.WithConsent()
		r.Else = &other
	}
	return r
}

// MayAlso lets everybody who could decide along other decide without being
// asked. The larger number of approvals counts.
func (r Route) MayAlso(other Route) Route {
	r.Quorum = max(r.Quorum, other.Quorum)
	r.Consent = r.Consent || other.Consent
	r.Also = append(append(slices.Clone(r.Also), other.Legs...), other.Also...)
	return r
}

// Show keeps a copy of the card, without buttons, in a channel.
func (r Route) Show(c SlackChannel) Route {
	r.Channels = append(slices.Clone(r.Channels), string(c))
	return r
}
