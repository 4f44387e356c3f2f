package approval

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows"
)

// ClaimTime is how long "looking at it" holds.
const ClaimTime = 5 * time.Minute

// Decide says which events the command makes of the case at this time. The
// error is a *[Rejection]. Times of a case never run backwards: a now before
// the case's last event counts as that event's time.
func Decide(c Case, cmd Command, now time.Time) ([]Event, error) {
	now = now.UTC().Round(0)
	if now.Before(c.UpdatedAt) {
		now = c.UpdatedAt
	}
	bodies, err := c.decide(cmd, now)
	if err != nil {
		return nil, err
	}
	id := c.ID
	if submit, ok := cmd.(Submit); ok {
		id = submit.ID
	}
	events := make([]Event, len(bodies))
	for i, body := range bodies {
		events[i] = Event{Case: id, Seq: c.Seq + 1 + i, At: now, Body: body}
	}
	return events, nil
}

func (c Case) decide(cmd Command, now time.Time) ([]Body, error) {
	switch cmd := cmd.(type) {
	case Submit:
		return c.submit(cmd)
	case Delay, Rule, Refuse:
		if c.Status != Routing {
			return nil, c.reject(NotRouting)
		}
		return c.route(cmd, now)
	case Escalate, ChangeShift, Miss, LookAt, LookAway, Remind, TimeOut:
		if err := c.mustBePending(); err != nil {
			return nil, err
		}
		return c.wait(cmd, now)
	case Approve:
		return c.approve(cmd, now)
	case Deny:
		if err := c.mayDecide(cmd.By, now); err != nil {
			return nil, err
		}
		return []Body{DeniedCase(cmd)}, nil
	case Cancel:
		return c.cancel(cmd)
	}
	if c.Status != Active {
		return nil, c.reject(NotActive)
	}
	return c.run(cmd, now)
}

func (c Case) reject(kind RejectionKind) error { return &Rejection{Kind: kind, Case: c} }

func (c Case) invalid(format string, args ...any) error {
	return &Rejection{Kind: Invalid, Case: c, Detail: fmt.Sprintf(format, args...)}
}

func (c Case) submit(s Submit) ([]Body, error) {
	switch {
	case c.Status != "":
		return nil, c.reject(Exists)
	case s.ID == "" || s.Requester.ID == "" || s.Account.ID == "":
		return nil, c.invalid("a case needs an id, a requester and an account")
	case s.Duration <= 0:
		return nil, c.invalid("a grant of %s", s.Duration)
	case s.Flow.Policy.Timeout <= 0:
		return nil, c.invalid("a flow that times out after %s", s.Flow.Policy.Timeout)
	}
	return []Body{Submitted{s.Flow, s.Requester, s.Account, s.Reason, s.Duration}}, nil
}

func (c Case) route(cmd Command, now time.Time) ([]Body, error) {
	switch cmd := cmd.(type) {
	case Delay:
		if cmd.Why == c.Delay {
			return nil, nil
		}
		return []Body{Delayed(cmd)}, nil
	case Rule:
		return c.rule(cmd, now)
	case Refuse:
		return c.refuse(cmd.Ruling, cmd.Why, cmd.Unreachable), nil
	}
	return nil, c.invalid("%T while routing", cmd)
}

func (c Case) rule(r Rule, now time.Time) ([]Body, error) {
	r.Ruling = c.known(r.Ruling)
	switch outcome := r.Ruling.Outcome; outcome.Result {
	case flows.Approved:
		return []Body{Allowed{r.Ruling}, Granted{now.Add(c.Duration)}}, nil
	case flows.Denied:
		return []Body{Rejected{r.Ruling}}, nil
	case flows.Refused:
		return c.refuse(r.Ruling, outcome.Why, nil), nil
	case flows.Asked:
		return c.ask(r, now), nil
	case flows.NeedsFact:
	}
	return nil, c.invalid("a ruling that decides nothing")
}

func (c Case) ask(r Rule, now time.Time) []Body {
	approvers := c.newApprovers(r.Found.Approvers, now)
	quorum := max(1, r.Found.Route.Quorum)
	asked := slices.ContainsFunc(approvers, func(a Approver) bool { return a.Asked })
	switch {
	case !asked:
		return c.refuse(r.Ruling, "nobody can be asked: "+r.Found.Route.String(), r.Found.Unreachable)
	case len(approvers) < quorum:
		why := fmt.Sprintf("%d must approve, and %d can be asked", quorum, len(approvers))
		return c.refuse(r.Ruling, why, r.Found.Unreachable)
	}
	return []Body{Asked{r.Ruling, r.Found.Route, approvers, r.Found.Unreachable, quorum, r.Found.ShiftEnds}}
}

// newApprovers are those of found who aren't on the case yet. The requester
// counts only where the rules say that requesters decide themselves.
func (c Case) newApprovers(found []Approver, now time.Time) []Approver {
	var added []Approver
	for _, a := range found {
		_, known := c.Approver(a.ID)
		twice := slices.ContainsFunc(added, func(b Approver) bool { return a.ID == b.ID })
		if known || twice || a.ID == "" || a.ID == c.Requester.ID && a.Leg.Kind != flows.RequesterLeg {
			continue
		}
		a.Since = now
		added = append(added, a)
	}
	return added
}

func (c Case) refuse(r Ruling, why string, unreachable []Unreached) []Body {
	return []Body{RefusedCase{c.known(r), why, unreachable}}
}

// known fills what a ruling that didn't get far lacks.
func (c Case) known(r Ruling) Ruling {
	if r.Account.ID == "" {
		r.Account = c.Account
	}
	if r.Outcome.Result == "" {
		r.Outcome = flows.Outcome{Result: flows.Refused}
	}
	return r
}

func (c Case) mustBePending() error {
	switch {
	case c.Status == Pending:
		return nil
	case c.Status == Routing || c.Status == "":
		return c.reject(NotRouted)
	}
	return c.reject(AlreadyDecided)
}

func (c Case) wait(cmd Command, now time.Time) ([]Body, error) {
	switch cmd := cmd.(type) {
	case Escalate:
		return c.whenDue(EscalateTimer, now, Escalated{c.newApprovers(cmd.Found.Approvers, now), cmd.Found.Unreachable})
	case ChangeShift:
		return c.whenDue(ShiftTimer, now, ShiftChanged{c.newApprovers(cmd.Found.Approvers, now), cmd.Found.Unreachable, cmd.Found.ShiftEnds})
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
	case TimeOut:
		return c.whenDue(TimeOutTimer, now, TimedOutCase{})
	}
	return nil, c.invalid("%T while pending", cmd)
}

func (c Case) whenDue(timer Timer, now time.Time, body Body) ([]Body, error) {
	at, set := c.timers()[timer]
	if !set || now.Before(at) {
		return nil, c.reject(NotDue)
	}
	return []Body{body}, nil
}

func (c Case) miss(m Miss) ([]Body, error) {
	approver, ok := c.Approver(m.ID)
	if !ok {
		return nil, c.reject(NotAnApprover)
	}
	missed := Missed{approver.Person, m.Why}
	after := Apply(c, Event{Body: missed})
	switch {
	case after.reachable():
		return []Body{missed}, nil
	case c.Route != nil && c.Route.Else != nil:
		return []Body{missed, Rerouted{*c.Route.Else}}, nil
	}
	return append([]Body{missed}, c.refuse(c.ruling(), "nobody who was asked can be reached", nil)...), nil
}

func (c Case) ruling() Ruling { return Ruling{c.Account, c.Facts, c.Outcome} }

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
	if duration < 0 || duration > c.Duration {
		return nil, c.invalid("approving %s of %s", duration, c.Duration)
	}
	bodies := []Body{ApprovedCase{a.By, duration}}
	if len(c.Approvals)+1 < c.Quorum {
		return bodies, nil
	}
	for _, earlier := range c.Approvals {
		duration = min(duration, earlier.Duration)
	}
	return append(bodies, Granted{now.Add(duration)}), nil
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

func (c Case) run(cmd Command, now time.Time) ([]Body, error) {
	if _, expire := cmd.(Expire); !expire && !now.Before(c.Grant.Until) {
		return nil, c.reject(TooLate)
	}
	switch cmd := cmd.(type) {
	case Warn:
		return c.whenDue(WarnTimer, now, Warned{})
	case Expire:
		return c.whenDue(ExpireTimer, now, GrantEnded{End: Expired})
	case Extend:
		if !cmd.Until.After(c.Grant.Until) {
			return nil, c.invalid("an extension that ends earlier")
		}
		return []Body{Extended(cmd)}, nil
	case Release:
		if cmd.By.ID != c.Requester.ID {
			return nil, c.reject(NotTheRequester)
		}
		return []Body{GrantEnded{End: Released, By: cmd.By}}, nil
	case Revoke:
		if _, ok := c.Approver(cmd.By.ID); !ok {
			return nil, c.reject(NotAnApprover)
		}
		return []Body{GrantEnded{Revoked, cmd.By, cmd.Why}}, nil
	}
	return nil, c.invalid("%T", cmd)
}
