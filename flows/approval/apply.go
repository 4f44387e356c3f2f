package approval

import (
	"slices"
	"time"
)

// Apply is the case after the event. It decides nothing, and shares no memory
// with the case before.
func Apply(c Case, e Event) Case {
	c.Seq, c.UpdatedAt = e.Seq, e.At
	switch b := e.Body.(type) {
	case Submitted:
		c = Case{ID: e.Case, Seq: e.Seq, UpdatedAt: e.At, Status: Routing, AskedAt: e.At, Flow: b.Flow,
			Requester: b.Requester, Account: b.Account, Reason: b.Reason, Duration: b.Duration, Extends: b.Extends, Foreseen: b.Foreseen, AskedIn: b.AskedIn}
	case Delayed:
		if c.Delay == "" {
			c.DelayedAt = e.At
		}
		c.Delay = b.Why
	case Allowed:
		c = c.ruled(b.Ruling)
	case Rejected:
		c = c.ruled(b.Ruling).closed(Denied, Closing{At: e.At, Why: b.Outcome.Why})
	case RefusedCase:
		c = c.ruled(b.Ruling).closed(Refused, Closing{At: e.At, Why: b.Why})
		c.Unreachable = append(slices.Clone(c.Unreachable), b.Unreachable...)
	case Asked:
		c = c.ruled(b.Ruling)
		c.Status, c.Delay, c.PendingAt, c.ShiftEnds = Pending, "", e.At, b.ShiftEnds
		c.Route, c.Quorum, c.Background = &b.Route, b.Quorum, b.Background
		c.Escalations, c.Reminders, c.OnCall = 0, 0, nil
		c = c.joined(b.Approvers, b.Unreachable)
	case Rerouted:
		c.Status, c.Route = Routing, &b.Route
	case Escalated:
		c.Escalations++
		c.ShiftEnds = b.ShiftEnds
		c = c.joined(b.Approvers, b.Unreachable)
	case ShiftChanged:
		c.ShiftEnds, c.OnCall = b.ShiftEnds, b.OnCall
		c = c.joined(b.Approvers, b.Unreachable)
	case Missed:
		c.Unreachable = append(slices.Clone(c.Unreachable), Unreached{b.Person, b.Why})
	case Claimed:
		c.Claim = &Claim{b.By, b.Until}
	case Unclaimed:
		c.Claim = nil
	case Reminded:
		c.Reminders = c.remindersBy(e.At)
		c.Pokes, c.PokedAt = c.Pokes+1, e.At
	case Nudged:
		c.Pokes, c.PokedAt, c.NudgedAt = c.Pokes+1, e.At, e.At
	case ApprovedCase:
		c.Approvals = append(slices.Clone(c.Approvals), Approval{b.By, e.At, b.Duration})
	case Granted:
		c.Status, c.Delay, c.Claim = Active, "", nil
		c.Grant = &Grant{From: e.At, Until: b.Until}
	case DeniedCase:
		c = c.closed(Denied, Closing{At: e.At, By: b.By, Why: b.Why})
	case CancelledCase:
		c = c.closed(Cancelled, Closing{At: e.At, By: b.By})
	case TimedOutCase:
		c = c.closed(TimedOut, Closing{At: e.At})
	case Warned:
		c = c.regrant(func(g *Grant) { g.Warned = true; g.Warnings++ })
	case Extended:
		c = c.regrant(func(g *Grant) { g.Until, g.Warned = b.Until, false; g.Extended++ })
		c = c.joined(b.Approvers, nil)
	case Opened:
		c = c.regrant(func(g *Grant) { g.opened(b, e.At) })
	case Misused:
		c = c.regrant(func(g *Grant) { g.Misuses++ })
	case Acted:
		c = c.regrant(func(g *Grant) { g.Deeds += len(b.Deeds) })
	case MergedGrant:
		c = c.regrant(func(g *Grant) { g.End, g.Until = Merged, b.Until })
		c = c.closed(Ended, Closing{At: e.At})
	case GrantEnded:
		c = c.regrant(func(g *Grant) { g.End = b.End; g.Until = earlier(g.Until, e.At) })
		c = c.closed(Ended, Closing{e.At, b.By, b.Why, b.Group})
	}
	return c
}

// Replay is the case that these events make.
func Replay(events []Event) Case {
	var c Case
	for _, e := range events {
		c = Apply(c, e)
	}
	return c
}

// remindersBy is how many reminders are behind the case then. Those that came
// due together, while nobody could look, are one.
func (c Case) remindersBy(at time.Time) int {
	done := c.Reminders + 1
	for _, after := range c.Flow.Policy.Remind[min(done, len(c.Flow.Policy.Remind)):] {
		if c.PendingAt.Add(after).After(at) {
			break
		}
		done++
	}
	return done
}

func (c Case) ruled(r Ruling) Case {
	c.Account, c.Facts, c.Outcome = r.Account, r.Facts, r.Outcome
	return c
}

func (c Case) closed(s Status, how Closing) Case {
	c.Status, c.Delay, c.Claim, c.Closed = s, "", nil, &how
	return c
}

func (c Case) joined(approvers []Approver, unreachable []Unreached) Case {
	c.Approvers = slices.Clone(c.Approvers)
	for _, a := range approvers {
		if i := slices.IndexFunc(c.Approvers, func(b Approver) bool { return a.ID == b.ID }); i >= 0 {
			c.Approvers[i] = a
			continue
		}
		c.Approvers = append(c.Approvers, a)
	}
	c.Unreachable = slices.Clone(c.Unreachable)
	for _, u := range unreachable {
		if !slices.Contains(c.Unreachable, u) { // they are found again at each change of shift
			c.Unreachable = append(c.Unreachable, u)
		}
	}
	return c
}

func (c Case) regrant(change func(*Grant)) Case {
	if c.Grant == nil {
		return c // events that don't belong together change no grant
	}
	grant := *c.Grant
	change(&grant)
	c.Grant = &grant
	return c
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
