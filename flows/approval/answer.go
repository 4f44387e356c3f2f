package approval

import (
	"slices"
	"strings"
	"time"
)

// What people answer: those who were asked, and the requester who takes it back.

// mayDecide is the one gate that a person's decision passes.
func (c Case) mayDecide(by Person, now time.Time) error {
	if err := c.mustBePending(); err != nil {
		return err
	}
	if _, ok := c.Approver(by.ID); !ok {
		return c.reject(NotAnApprover)
	}
	if at, set := c.timers()[TimeOutTimer]; set && !now.Before(at) {
		return c.reject(TooLate)
	}
	return nil
}

func (c Case) deny(d Deny, now time.Time) ([]Body, error) {
	if err := c.mayDecide(d.By, now); err != nil {
		return nil, err
	}
	if d.By.ID != c.Requester.ID && d.By.InSlack() && c.Flow.Policy.DenyReason == ReasonRequired && strings.TrimSpace(d.Why) == "" {
		return nil, c.reject(ReasonMissing)
	}
	return []Body{DeniedCase(d)}, nil
}

func (c Case) approve(a Approve, now time.Time) ([]Body, error) {
	if err := c.mayDecide(a.By, now); err != nil {
		return nil, err
	}
	if c.ApprovedBy(a.By.ID) {
		return nil, c.reject(AlreadyApproved)
	}
	duration := a.Duration
	if duration == 0 {
		duration = c.Duration
	}
	if duration != c.Duration && (duration > c.Duration || !slices.Contains(c.Flow.Durations, duration)) {
		return nil, c.invalid("approving %s of %s", duration, c.Duration)
	}
	approved := ApprovedCase{a.By, duration}
	bodies := []Body{approved}
	if !Apply(c, Event{Body: approved}).enough() {
		return bodies, nil
	}
	return append(bodies, Granted{now.Add(min(duration, c.AllowedFor()))}), nil
}

func (c Case) cancel(cmd Cancel) ([]Body, error) {
	switch {
	case cmd.By.ID != c.Requester.ID || c.Status == "":
		return nil, c.reject(NotTheRequester)
	case c.Status != Routing && c.Status != Pending:
		return nil, c.reject(AlreadyDecided)
	}
	return []Body{CancelledCase(cmd)}, nil
}
