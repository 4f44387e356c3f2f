package approval

import (
	"maps"
	"slices"
	"time"
)

// Timer is something that time itself does to a case.
type Timer string

// The timers of a case.
const (
	RouteTimer    Timer = "route"    // find out who decides
	RemindTimer   Timer = "remind"   // the undecided approvers
	EscalateTimer Timer = "escalate" // add the route's next people
	ShiftTimer    Timer = "shift"    // look again who is on call
	ClaimTimer    Timer = "claim"    // "looking at it" lapses
	TimeOutTimer  Timer = "time_out" // nobody decided
	WarnTimer     Timer = "warn"     // the grant ends soon
	ExpireTimer   Timer = "expire"   // the grant's time is over
)

// Due is the case's next timer and its time. It is false if none is set.
func (c Case) Due() (Timer, time.Time, bool) {
	timers := c.timers()
	if len(timers) == 0 {
		return "", time.Time{}, false
	}
	next := slices.MinFunc(slices.Sorted(maps.Keys(timers)), func(a, b Timer) int {
		return timers[a].Compare(timers[b])
	})
	return next, timers[next], true
}

// Overdue are the timers whose time has come, the first one first. The one that
// ends what the others are for comes alone: nobody is asked in vain.
func (c Case) Overdue(now time.Time) []Timer {
	timers := c.timers()
	for _, last := range []Timer{TimeOutTimer, ExpireTimer} {
		if at, set := timers[last]; set && !at.After(now) {
			return []Timer{last}
		}
	}
	due := slices.DeleteFunc(slices.Sorted(maps.Keys(timers)), func(t Timer) bool { return timers[t].After(now) })
	slices.SortStableFunc(due, func(a, b Timer) int { return timers[a].Compare(timers[b]) })
	return due
}

func (c Case) timers() map[Timer]time.Time {
	switch c.Status {
	case Routing:
		return map[Timer]time.Time{RouteTimer: c.UpdatedAt}
	case Pending:
		return c.waitingTimers()
	case Active:
		return c.grantTimers()
	case Ended, Denied, Cancelled, TimedOut, Refused:
	}
	return nil
}

func (c Case) waitingTimers() map[Timer]time.Time {
	timers := map[Timer]time.Time{TimeOutTimer: c.PendingAt.Add(c.Flow.Policy.Timeout)}
	if remind := c.Flow.Policy.Remind; c.Reminders < len(remind) && c.Reminds() {
		timers[RemindTimer] = c.PendingAt.Add(remind[c.Reminders])
	}
	if c.Route != nil && c.Escalations < len(c.Route.Escalations) {
		timers[EscalateTimer] = c.PendingAt.Add(c.Route.Escalations[c.Escalations].After)
	}
	if !c.ShiftEnds.IsZero() {
		timers[ShiftTimer] = c.ShiftEnds
	}
	if c.Claim != nil {
		timers[ClaimTimer] = c.Claim.Until
	}
	return timers
}

func (c Case) grantTimers() map[Timer]time.Time {
	if c.Grant == nil {
		return nil
	}
	timers := map[Timer]time.Time{ExpireTimer: c.Grant.Until}
	warnAt := c.Grant.Until.Add(-c.Flow.Policy.Warn)
	if c.Flow.Policy.Warn > 0 && !c.Grant.Warned && !c.Waits() && warnAt.After(c.Grant.From) {
		timers[WarnTimer] = warnAt
	}
	return timers
}
