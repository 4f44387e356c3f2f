package approval

import "time"

// What may happen to a case while people were asked and nobody has decided, but
// for their answers.

const (
	// ClaimTime is how long "looking at it" holds.
	ClaimTime = 5 * time.Minute
	// NudgePause is how long a requester waits between two nudges.
	NudgePause = 5 * time.Minute
)

func (c Case) mustBePending() error {
	switch c.Status {
	case Pending:
		return nil
	case Routing, "":
		return c.reject(NotRouted)
	case Active, Ended, Denied, Cancelled, TimedOut, Refused:
	}
	return c.reject(AlreadyDecided)
}

func (c Case) wait(cmd Command, now time.Time) ([]Body, error) {
	switch cmd := cmd.(type) {
	case Escalate:
		return c.whenDue(EscalateTimer, now, c.escalated(cmd.Found, now))
	case ChangeShift:
		return c.whenDue(ShiftTimer, now, c.shiftChanged(cmd.Found, now))
	case Miss:
		return c.miss(cmd)
	case LookAt:
		if _, ok := c.Approver(cmd.By.ID); !ok {
			return nil, c.reject(NotAnApprover)
		}
		return []Body{Claimed{cmd.By, now.Add(ClaimTime)}}, nil
	case LookAway:
		return c.lookAway(cmd, now)
	case Remind:
		return c.whenDue(RemindTimer, now, Reminded{})
	case Nudge:
		return c.nudge(cmd, now)
	}
	return c.whenDue(TimeOutTimer, now, TimedOutCase{}) // what is left is TimeOut
}

func (c Case) whenDue(timer Timer, now time.Time, body Body) ([]Body, error) {
	at, set := c.timers()[timer]
	if !set || now.Before(at) {
		return nil, c.reject(NotDue)
	}
	return []Body{body}, nil
}

func (c Case) nudge(n Nudge, now time.Time) ([]Body, error) {
	switch {
	case n.By.ID != c.Requester.ID:
		return nil, c.reject(NotTheRequester)
	case !c.Reminds():
		return nil, c.invalid("a nudge of nobody")
	case now.Before(c.NextNudge()):
		return nil, c.reject(TooSoon)
	}
	return []Body{Nudged(n)}, nil
}

// NextNudge is from when on the requester may have the undecided reminded.
func (c Case) NextNudge() (from time.Time) {
	if !c.NudgedAt.IsZero() {
		from = c.NudgedAt.Add(NudgePause)
	}
	if rests := c.customerRests(); len(c.Undecided()) == 0 && rests.After(from) {
		return rests
	}
	return from
}

func (c Case) lookAway(l LookAway, now time.Time) ([]Body, error) {
	switch {
	case c.Claim == nil:
		return nil, nil
	case l.By.ID == "":
		return c.whenDue(ClaimTimer, now, Unclaimed{})
	case l.By.ID != c.Claim.By.ID:
		return nil, c.invalid("somebody else is looking at it")
	}
	return []Body{Unclaimed{}}, nil
}
