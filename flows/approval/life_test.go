package approval_test

import (
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

func ids(approvers []approval.Approver) (list []string) {
	for _, a := range approvers {
		list = append(list, a.ID)
	}
	return list
}

func TestANudgeIsAllowedEveryFiveMinutes(t *testing.T) {
	s := pending(t).then(approval.Nudge{By: kim}).after(approval.NudgePause - time.Second)
	same(t, "too soon", approval.TooSoon, s.rejected(approval.Nudge{By: kim}))
	s.after(time.Second).then(approval.Nudge{By: kim})
	same(t, "pokes", 2, s.c.Pokes)
	same(t, "poked at", s.now, s.c.PokedAt)
}

func TestWhoIsReminded(t *testing.T) {
	s := begin(t).then(submission(), ask(managers.Need(2), mia, ola, ida))
	same(t, "all", []string{mia.ID, ola.ID, ida.ID}, ids(s.c.Undecided()))
	s.then(approval.Approve{By: mia})
	same(t, "who hasn't approved", []string{ola.ID, ida.ID}, ids(s.c.Undecided()))
	s.then(approval.Miss{ID: ida.ID, Why: "user_disabled"})
	same(t, "who can be reached", []string{ola.ID}, ids(s.c.Undecided()))
	self := begin(t).then(submission(), ask(flows.Requester("assigned"), kim))
	same(t, "not oneself", approval.Invalid, self.rejected(approval.Nudge{By: kim}))
}

func TestAShiftChangeKeepsThoseWhoWentOff(t *testing.T) {
	s := pending(t).after(15 * time.Minute)
	s.then(approval.ChangeShift{Found: found(managers, ida, ola)})
	same(t, "on call", []string{ida.ID, ola.ID}, s.c.OnCall)
	came, _ := s.c.Approver(ida.ID)
	same(t, "how Ida came", approval.ByShift, came.Via)
	same(t, "who is reminded", []string{ola.ID, ida.ID}, ids(s.c.Undecided()))
	s.then(approval.Approve{By: mia})
	same(t, "status", approval.Active, s.c.Status)
}

func TestAnEscalationLooksAtTheEarlierShift(t *testing.T) {
	for name, test := range map[string]struct{ ends, want time.Time }{
		"none":    {time.Time{}, noon.Add(15 * time.Minute)},
		"later":   {noon.Add(time.Hour), noon.Add(15 * time.Minute)},
		"earlier": {noon.Add(12 * time.Minute), noon.Add(12 * time.Minute)},
	} {
		s := pending(t).after(10 * time.Minute)
		more := found(flows.OnCall("PDIRS01"), ida)
		more.ShiftEnds = test.ends
		s.then(approval.Escalate{Found: more})
		same(t, name, test.want, s.c.ShiftEnds)
		came, _ := s.c.Approver(ida.ID)
		same(t, "how Ida came", approval.ByEscalation, came.Via)
	}
}

func TestADenialMayNeedAReason(t *testing.T) {
	strict := submission()
	strict.Flow.Policy.DenyReason = approval.ReasonRequired
	s := begin(t).then(strict, ask(managers, mia))
	same(t, "blank", approval.ReasonMissing, s.rejected(approval.Deny{By: mia, Why: " \n"}))
	s.then(approval.Deny{By: mia, Why: "call them first"})
	own := begin(t).then(strict, ask(flows.Requester("assigned"), kim)).then(approval.Deny{By: kim})
	same(t, "dropping one's own", approval.Denied, own.c.Status)
}

func TestForHowLongACaseIsAllowed(t *testing.T) {
	s := begin(t).then(submission(), ask(managers.Need(2), mia, ola))
	same(t, "as asked", time.Hour, s.c.AllowedFor())
	s.then(approval.Approve{By: mia}, approval.Approve{By: ola, Duration: time.Minute})
	same(t, "the shortest", time.Minute, s.c.AllowedFor())
}

func TestAGrantThatExtendsAnother(t *testing.T) {
	more := submission()
	more.ID, more.Extends = "case-2", "case-7f3a"
	s := begin(t).then(more, ask(managers, mia), approval.Approve{By: mia})
	same(t, "into another", approval.Invalid, s.rejected(approval.Merge{Into: "case-9", Until: noon}))
	until := noon.Add(2 * time.Hour)
	s.then(approval.Merge{Into: "case-7f3a", Until: until})
	same(t, "status", approval.Ended, s.c.Status)
	same(t, "end", approval.Merged, s.c.Grant.End)
	same(t, "until", until, s.c.Grant.Until)
	same(t, "open", false, s.c.Open(noon))
}

func TestWhatIsOverdueComesInItsOrder(t *testing.T) {
	s := pending(t)
	same(t, "nothing yet", 0, len(s.c.Overdue(noon)))
	want := []approval.Timer{approval.RemindTimer, approval.EscalateTimer, approval.ShiftTimer}
	same(t, "20 minutes later", want, s.c.Overdue(noon.Add(20*time.Minute)))
	same(t, "an hour later", []approval.Timer{approval.TimeOutTimer}, s.c.Overdue(noon.Add(time.Hour)))
	same(t, "after its time", []approval.Timer{approval.ExpireTimer}, active(t).c.Overdue(noon.Add(time.Hour)))
}

func TestNoGrantIsCountedFromTheFuture(t *testing.T) {
	year := 365 * 24 * time.Hour
	s := pending(t).after(20 * time.Minute).then(approval.LookAt{By: mia}).after(-20 * time.Minute) // by a clock that was wrong
	same(t, "an approval", approval.ClockSetBack, s.rejected(approval.Approve{By: mia}))
	s.then(approval.Deny{By: mia})
	ruling := approval.Rule{Ruling: ruled(flows.Approved, nil)}
	r := begin(t).then(submission()).after(year).then(approval.Delay{Why: "slow"}).after(-year).then(ruling)
	same(t, "a rule's approval", approval.Refused, r.c.Status)
	r = begin(t).then(submission()).after(year).then(ruling)
	same(t, "open by a wrong clock", true, r.c.Open(r.now))
	same(t, "open since it is right", false, r.c.Open(noon))
	near := pending(t).after(30 * time.Second).then(approval.LookAt{By: mia}).after(-30 * time.Second).then(approval.Approve{By: mia})
	same(t, "by a clock that is a little behind", true, near.c.Open(near.now))
}

func TestWhoApprovedAnExtensionJoinsTheGrant(t *testing.T) {
	own := begin(t).then(submission(), ask(flows.Requester("assigned"), kim), approval.Approve{By: kim})
	own.then(approval.Extend{Until: noon.Add(2 * time.Hour), By: "case-2", Approvers: found(managers, mia, kim).Approvers})
	same(t, "approvers", []string{kim.ID, mia.ID}, ids(own.c.Approvers))
	same(t, "still the requester's own", true, own.c.SelfApproved())
	same(t, "not by others", approval.NotAnApprover, own.rejected(approval.Revoke{By: ola}))
	own.then(approval.Revoke{By: mia})
	same(t, "end", approval.Revoked, own.c.Grant.End)
}

func TestAGapBetweenShiftsIsLookedAtAgain(t *testing.T) {
	s := pending(t).after(15 * time.Minute)
	gap := approval.Found{Route: managers, Unreachable: []approval.Unreached{{Person: approval.Person{Name: "Per"}, Why: "no account"}}}
	s.then(approval.ChangeShift{Found: gap})
	same(t, "on call", []string{}, s.c.OnCall)
	same(t, "looked at again", s.now.Add(10*time.Minute), s.c.ShiftEnds)
	s.after(10 * time.Minute).then(approval.ChangeShift{Found: gap})
	same(t, "who can't be asked", 1, len(s.c.Unreachable))
	more := found(managers, ida)
	more.ShiftEnds = noon.Add(time.Hour)
	s.after(4 * time.Minute)
	same(t, "not yet", approval.NotDue, s.rejected(approval.ChangeShift{Found: more}))
}
