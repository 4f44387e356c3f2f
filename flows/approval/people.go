package approval

import (
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows"
)

// FoldEmail is the address as it is compared: without the case of the letters a to
// z, and with nothing else changed. Other letters have a case too, and one of them
// is a letter of somebody else's address: ſ is an s, and the sign of Kelvin a k.
func FoldEmail(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, email)
}

// SameEmail says whether two addresses are one person's.
func SameEmail(a, b string) bool { return a != "" && FoldEmail(a) == FoldEmail(b) }

// newApprovers are those of found who aren't on the case yet, and those who
// are, unasked, and now should be asked; or who only had to agree, and now decides.
// Only a route that is the requester's own lets the requester decide, and it lets
// nobody else; and only the customer's legs let the customer.
func (c Case) newApprovers(found []Approver, self bool, via Via, now time.Time) []Approver {
	var added []Approver
	for _, a := range found {
		earlier, known := c.Approver(a.ID)
		twice := slices.ContainsFunc(added, func(b Approver) bool { return a.ID == b.ID })
		requester := a.ID == c.Requester.ID && a.Leg.Kind == flows.RequesterLeg
		other := a.ID != c.Requester.ID && a.Leg.Kind != flows.RequesterLeg
		switch {
		case a.ID == "", a.InSlack() == a.Leg.Kind.OfCustomer(), twice, known && (earlier.Asked || !a.Asked) && !decidesNow(earlier, a):
		case self && requester, !self && other:
			a.Since, a.Via = now, via
			added = append(added, a)
		}
	}
	return added
}

// decidesNow says whether the customer, who had to agree to what others decide, is
// now one of those who do.
func decidesNow(before, now Approver) bool {
	return before.Leg.Kind == flows.ConsentLeg && now.Leg.Kind == flows.CustomerLeg
}

func (c Case) escalated(found Found, now time.Time) Escalated {
	ends := laterShift(found.ShiftEnds, now)
	if ends.IsZero() || !c.ShiftEnds.IsZero() && c.ShiftEnds.Before(ends) {
		ends = c.ShiftEnds
	}
	return Escalated{c.newApprovers(found.Approvers, false, ByEscalation, now), found.Unreachable, ends}
}

func (c Case) shiftChanged(found Found, now time.Time) ShiftChanged {
	onCall := []string{}
	for _, a := range found.Approvers {
		if a.Leg.Kind == flows.OnCallLeg && !slices.Contains(onCall, a.ID) {
			onCall = append(onCall, a.ID)
		}
	}
	ends := laterShift(found.ShiftEnds, now)
	if len(onCall) == 0 && ends.IsZero() {
		ends = now.Add(gapPause)
	}
	return ShiftChanged{c.newApprovers(found.Approvers, false, ByShift, now), found.Unreachable, ends, onCall}
}

// OffShift says whether the approver was on call when asked, and isn't any
// more. They may still decide.
func (c Case) OffShift(a Approver) bool {
	return c.OnCall != nil && a.Leg.Kind == flows.OnCallLeg && !slices.Contains(c.OnCall, a.ID)
}

// Undecided are the approvers who were asked, can be reached, are on shift and
// haven't approved: those to remind in Slack. The requester needs no reminder of their
// own request, and nobody gets one there while only the customer is waited for.
func (c Case) Undecided() (people []Approver) {
	if c.OnlyConsentLeft() {
		return nil
	}
	for _, a := range c.Approvers {
		if a.Asked && a.ID != c.Requester.ID && a.InSlack() && !c.missed(a.ID) && !c.ApprovedBy(a.ID) && !c.OffShift(a) {
			people = append(people, a)
		}
	}
	return people
}

// Reminds says whether there is anybody to remind: in Slack, or the customer, whom
// the app reminds.
func (c Case) Reminds() bool {
	return len(c.Undecided()) > 0 || c.AwaitsCustomer() && c.Pokes < mostReminders
}

// shiftPause is how soon the on-call service is asked again when it says that
// a shift has ended already.
const shiftPause = time.Minute

// gapPause is how soon the on-call service is asked again while nobody is on call.
const gapPause = 10 * time.Minute

func laterShift(ends, now time.Time) time.Time {
	if ends.IsZero() || ends.After(now) {
		return ends
	}
	return now.Add(shiftPause)
}

// decidable says whether somebody was asked who hasn't answered, and whether
// enough people are left to approve. Where they have, the customer's consent is left.
func (c Case) decidable() bool {
	if c.NeedsConsent() && !c.AsksCustomer() && !c.ApprovedBy(CustomerID) {
		return false
	}
	asked, left := 0, c.counted()
	for _, a := range c.Approvers {
		if c.missed(a.ID) || c.ApprovedBy(a.ID) || a.ID == CustomerID && c.OnlyAgrees() {
			continue
		}
		left++
		if a.Asked {
			asked++
		}
	}
	return asked > 0 && left >= c.Quorum || c.OnlyConsentLeft()
}

func (c Case) missed(id string) bool {
	return slices.ContainsFunc(c.Unreachable, func(u Unreached) bool { return u.ID == id })
}

func (c Case) miss(m Miss) ([]Body, error) {
	approver, ok := c.Approver(m.ID)
	if !ok {
		return nil, c.reject(NotAnApprover)
	}
	if c.missed(m.ID) {
		return nil, nil
	}
	missed := Missed{approver.Person, m.Why}
	after := Apply(c, Event{Body: missed})
	needed := m.ID == CustomerID && c.NeedsConsent()
	switch {
	case after.decidable():
		return []Body{missed}, nil
	case c.Route.Else != nil:
		return []Body{missed, Rerouted{*c.Route.Else}}, nil
	case c.Escalations < len(c.Route.Escalations) && !needed:
		return []Body{missed}, nil
	}
	why := "nobody who was asked can be reached"
	switch {
	case needed:
		why = "the customer must agree, and can't be asked: " + m.Why
	case c.Quorum > 1 || c.NeedsConsent():
		why = "too few of those who were asked can be reached"
	}
	return append([]Body{missed}, c.refuse(c.ruling(), why, nil)...), nil
}
