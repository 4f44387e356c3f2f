package flows

import (
	"fmt"
	"slices"
)

// maxDepth is how many routes may be nested in each other.
const maxDepth = 8

// invalid says why nobody can be asked along the route, empty if it is fine.
func (r Route) invalid(depth int) string {
	switch {
	case depth > maxDepth:
		return fmt.Sprintf("the rule nests more than %d routes", maxDepth)
	case len(r.Legs) == 0:
		return "the rule names nobody to ask"
	case r.Quorum < 0:
		return "the rule needs fewer than no approvals"
	case r.names(RequesterLeg) && !r.Self():
		return "the rule lets the requester decide together with others, or be asked later: Requester stands alone"
	case slices.ContainsFunc(r.Also, func(l Leg) bool { return l.Kind == CustomerLeg }):
		return "the rule lets the customer decide without being asked: they have no other way to"
	case r.Consent && r.names(CustomerLeg):
		return "the rule asks the customer twice: Customer alone decides, WithConsent is for what others decide"
	}
	for _, leg := range r.all() {
		if why := leg.invalid(); why != "" {
			return why
		}
	}
	if r.Else != nil {
		if why := r.Else.invalid(depth + 1); why != "" {
			return why
		}
	}
	return r.escalatesWrongly(depth)
}

func (r Route) escalatesWrongly(depth int) string {
	for _, e := range r.Escalations {
		if e.After <= 0 {
			return "the rule escalates after no time"
		}
		if why := e.Route.invalid(depth + 1); why != "" {
			return why
		}
		if why := e.Route.addsMore(); why != "" {
			return why
		}
	}
	return ""
}

// addsMore says what else than people an escalation or its OrElse would add, which
// nobody would heed: only its people come to the case. Empty if there is nothing.
func (r Route) addsMore() string {
	switch {
	case r.names(RequesterLeg):
		return "the rule escalates to the requester"
	case r.Quorum > 1 || r.Consent || len(r.Channels) > 0 || len(r.Escalations) > 0:
		return "the rule escalates to a route that needs, shows or escalates by itself: say it of the whole route"
	case r.Else != nil:
		return r.Else.addsMore()
	}
	return ""
}

// Self says whether the route is the requester's own: nobody else is asked or
// may decide, now or later.
func (r Route) Self() bool {
	return len(r.Legs) == 1 && r.Legs[0].Kind == RequesterLeg && len(r.Also) == 0 && len(r.Escalations) == 0 && r.Quorum <= 1 && !r.Consent
}

func (r Route) all() []Leg { return append(r.Legs[:len(r.Legs):len(r.Legs)], r.Also...) }

func (r Route) names(kind LegKind) bool {
	for _, leg := range r.all() {
		if leg.Kind == kind {
			return true
		}
	}
	return false
}

func (l Leg) invalid() string {
	kind := ""
	switch l.Kind {
	case RequesterLeg, CustomerLeg:
		return ""
	case PersonLeg:
		kind = "a person without an e-mail"
	case OnCallLeg:
		kind = "a schedule without an id"
	case GroupLeg:
		kind = "a group without a handle"
	default:
		return fmt.Sprintf("the rule asks in a way that nobody knows: %q", l.Kind)
	}
	if l.Name == "" {
		return "the rule asks " + kind
	}
	return ""
}
