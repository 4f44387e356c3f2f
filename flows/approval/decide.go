package approval

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows"
)

// ClockSlack is how far a clock may be set back while a case lives, so that grants
// can still be given, and hold.
const ClockSlack = time.Minute

// Decide says which events the command makes of the case at this time. The
// error is a *[Rejection]. Times of a case never run backwards: a now before
// the case's last event counts as that event's time. A grant is never counted
// from a time that is still to come.
func Decide(c Case, cmd Command, now time.Time) ([]Event, error) {
	now = now.UTC().Round(0)
	behind := c.UpdatedAt.Sub(now)
	if behind > 0 {
		now = c.UpdatedAt
	}
	bodies, err := c.decide(cmd, now)
	if err == nil && behind > ClockSlack && slices.ContainsFunc(bodies, grants) {
		bodies, err = c.setBack(cmd, behind)
	}
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
		if refuse, ok := cmd.(Refuse); ok && c.Status == Pending && c.Extends != "" {
			return c.refuse(c.ruling(), refuse.Why, nil), nil // what it extends is gone
		}
		if c.Status != Routing {
			return nil, c.reject(NotRouting)
		}
		return c.route(cmd, now)
	case Escalate, ChangeShift, Miss, LookAt, LookAway, Remind, Nudge, TimeOut:
		if err := c.mustBePending(); err != nil {
			return nil, err
		}
		return c.wait(cmd, now)
	case Approve:
		return c.approve(cmd, now)
	case Deny:
		return c.deny(cmd, now)
	case Cancel:
		return c.cancel(cmd)
	case Act:
		return c.act(cmd)
	}
	if c.Status != Active || c.Grant == nil {
		return nil, c.reject(NotActive)
	}
	return c.run(cmd, now)
}

func (c Case) reject(kind RejectionKind) error { return &Rejection{Kind: kind, Case: c} }

func (c Case) invalid(format string, args ...any) error {
	return &Rejection{Kind: Invalid, Case: c, Detail: fmt.Sprintf(format, args...)}
}

func grants(b Body) bool {
	switch b.(type) {
	case Granted, Opened:
		return true
	}
	return false
}

// setBack is instead of a grant whose time nobody knows, because the clock was
// wrong when the case changed last, or is now.
func (c Case) setBack(cmd Command, behind time.Duration) ([]Body, error) {
	if rule, ok := cmd.(Rule); ok {
		return c.refuse(rule.Ruling, "the bot's clock was set back by "+behind.Round(time.Second).String(), nil), nil
	}
	return nil, c.reject(ClockSetBack)
}

func (c Case) submit(s Submit) ([]Body, error) {
	switch {
	case c.Status != "":
		return nil, c.reject(Exists)
	case s.ID == "" || s.Requester.ID == "" || s.Account.ID == "":
		return nil, c.invalid("a case needs an id, a requester and an account")
	case s.Extends == s.ID:
		return nil, c.invalid("a case that extends itself")
	case s.AskedIn != "" && (s.Flow.App == nil || s.Flow.App.Name != s.AskedIn):
		return nil, c.invalid("asking in an app that the flow doesn't open")
	case s.Duration <= 0:
		return nil, c.invalid("a grant of %s", s.Duration)
	case s.Flow.Policy.Timeout <= 0:
		return nil, c.invalid("a flow that times out after %s", s.Flow.Policy.Timeout)
	}
	return []Body{Submitted{s.Flow, s.Requester, s.Account, s.Reason, s.Duration, s.Extends, s.Foreseen, s.AskedIn}}, nil
}

func (c Case) route(cmd Command, now time.Time) ([]Body, error) {
	if rule, ok := cmd.(Rule); ok {
		return c.rule(rule, now)
	}
	if delay, ok := cmd.(Delay); ok {
		if delay.Why == c.Delay {
			return nil, nil
		}
		return []Body{Delayed(delay)}, nil
	}
	refuse, _ := cmd.(Refuse) // what else there could be is refused as well
	return c.refuse(refuse.Ruling, refuse.Why, refuse.Unreachable), nil
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
	route := r.Found.Route
	approvers := c.newApprovers(r.Found.Approvers, route.Self(), ByRoute, now)
	if !slices.ContainsFunc(approvers, func(a Approver) bool { return a.Asked }) && !c.asksAgain(r.Found.Approvers) {
		return c.refuse(r.Ruling, "nobody can be asked: "+route.String(), r.Found.Unreachable)
	}
	// Who was asked along an earlier route may still decide, but not with fewer
	// approvals than that route needed.
	quorum := max(1, route.Quorum, c.Quorum)
	asked := Asked{r.Ruling, route, approvers, r.Found.Unreachable, quorum, laterShift(r.Found.ShiftEnds, now), r.Found.Background}
	if after := Apply(c, Event{Body: asked}); !after.decidable() {
		why := fmt.Sprintf("%d must approve, and %d can be asked", quorum, len(approvers))
		if route.Consent {
			why += ", beside the customer, who must agree"
		}
		return c.refuse(r.Ruling, why, r.Found.Unreachable)
	}
	return []Body{asked}
}

// asksAgain says whether one of those found was asked along an earlier route, and can
// still answer: as where an OrElse leaves out only the customer.
func (c Case) asksAgain(found []Approver) bool {
	return slices.ContainsFunc(found, func(a Approver) bool {
		earlier, known := c.Approver(a.ID)
		return known && a.Asked && earlier.Asked && a.InSlack() && a.ID != c.Requester.ID && !c.missed(a.ID) && !c.ApprovedBy(a.ID)
	})
}

func (c Case) refuse(r Ruling, why string, unreachable []Unreached) []Body {
	return []Body{RefusedCase{c.known(r), why, unreachable}}
}

func (c Case) ruling() Ruling { return Ruling{c.Account, c.Facts, c.Outcome} }

// known fills what a ruling that didn't get far lacks.
func (c Case) known(r Ruling) Ruling {
	switch {
	case r.Outcome.Result == "" && c.Outcome.Result != "":
		return c.ruling()
	case r.Outcome.Result == "":
		r.Outcome = flows.Outcome{Result: flows.Refused}
	}
	if r.Account.ID == "" {
		r.Account = c.Account
	}
	return r
}
