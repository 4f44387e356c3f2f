package approval

import (
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows"
)

// newApprovers are those of found who aren't on the case yet, and those who
// are, unasked, and now should be asked. Only a route that is the requester's
// own lets the requester decide, and it lets nobody else.
func (c Case) newApprovers(found []Approver, self bool, now time.Time) []Approver {
	var added []Approver
	for _, a := range found {
		earlier, known := c.Approver(a.ID)
		twice := slices.ContainsFunc(added, func(b Approver) bool { return a.ID == b.ID })
		requester := a.ID == c.Requester.ID && a.Leg.Kind == flows.RequesterLeg
		other := a.ID != c.Requester.ID && a.Leg.Kind != flows.RequesterLeg
		switch {
		case a.ID == "", twice, known && (earlier.Asked || !a.Asked):
		case self && requester, !self && other:
			a.Since = now
			added = append(added, a)
		}
	}
	return added
}

// shiftPause is how soon the on-call service is asked again when it says that
// a shift has ended already.
const shiftPause = time.Minute

func laterShift(ends, now time.Time) time.Time {
	if ends.IsZero() || ends.After(now) {
		return ends
	}
	return now.Add(shiftPause)
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
	switch {
	case after.decidable():
		return []Body{missed}, nil
	case c.Route.Else != nil:
		return []Body{missed, Rerouted{*c.Route.Else}}, nil
	case c.Escalations < len(c.Route.Escalations):
		return []Body{missed}, nil
	}
	why := "nobody who was asked can be reached"
	if c.Quorum > 1 {
		why = "too few of those who were asked can be reached"
	}
	return append([]Body{missed}, c.refuse(c.ruling(), why, nil)...), nil
}
