package approval_test

import (
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

func asked(t *testing.T, rule approval.Rule) *story { return begin(t).then(submission(), rule) }

func names(c approval.Case) (ids []string) {
	for _, a := range c.Approvers {
		ids = append(ids, a.ID)
	}
	return ids
}

func TestOnlyTheRequestersOwnRouteLetsThemDecide(t *testing.T) {
	requester := approval.Approver{Person: kim, Leg: flows.Leg{Kind: flows.RequesterLeg}, Asked: true}
	other := approval.Approver{Person: mia, Leg: flows.Leg{Kind: flows.RequesterLeg}, Asked: true}

	mixed := ask(managers, mia)
	mixed.Found.Approvers = append(mixed.Found.Approvers, requester)
	same(t, "on a managers' case", []string{mia.ID}, names(asked(t, mixed).c))

	own := ask(flows.Requester("assigned"))
	own.Found.Approvers = []approval.Approver{other, requester, {Person: ola, Leg: managers.Legs[0], Asked: true}}
	s := asked(t, own)
	same(t, "on their own", []string{kim.ID}, names(s.c))
	same(t, "self-approved", true, s.c.SelfApproved())
	same(t, "status", approval.Active, s.then(approval.Approve{By: kim}).c.Status)
}

func TestTwoMustApprove(t *testing.T) {
	s := asked(t, ask(managers.Need(2), mia, ola, ida)).then(approval.Approve{By: mia, Duration: time.Minute})
	same(t, "after one", approval.Pending, s.c.Status)
	same(t, "the same one again", approval.AlreadyApproved, s.rejected(approval.Approve{By: mia}))
	s.then(approval.Approve{By: ola})
	same(t, "after two", approval.Active, s.c.Status)
	same(t, "the shorter time counts", noon.Add(time.Minute), s.c.Grant.Until)

	few := asked(t, ask(managers.Need(2), mia))
	same(t, "too few", "2 must approve, and 1 can be asked", few.c.Closed.Why)
}

func TestThoseWhoCannotBeReached(t *testing.T) {
	miss := func(p approval.Person) approval.Miss { return approval.Miss{ID: p.ID, Why: "deactivated"} }

	s := asked(t, ask(managers, mia, ola)).then(miss(mia), miss(mia))
	same(t, "told twice", 1, len(s.c.Unreachable))
	same(t, "with one left", approval.Pending, s.c.Status)
	s.then(miss(ola))
	same(t, "with nobody left", approval.Refused, s.c.Status)
	same(t, "what the rules read is kept", "enterprise", s.c.Facts.Fields["customer_plan"])

	s = asked(t, ask(managers.Need(2), mia, ola)).then(approval.Approve{By: mia}, miss(ola))
	same(t, "with one approval of two, and nobody left", approval.Refused, s.c.Status)

	s = asked(t, ask(managers.EscalateAfter(10*time.Minute, flows.Group("directors")), mia)).then(miss(mia))
	same(t, "with an escalation to come", approval.Pending, s.c.Status)
}

func TestTheOtherRouteNeedsNoFewerApprovals(t *testing.T) {
	leads := flows.Group("leads")
	s := asked(t, ask(managers.Need(2).OrElse(leads), mia, ola)).then(approval.Approve{By: mia}, approval.Miss{ID: ola.ID, Why: "gone"})
	same(t, "status", approval.Routing, s.c.Status)
	same(t, "refused without a ruling", "enterprise", asRefused(s).Facts.Fields["customer_plan"])
	s.then(ask(leads, ida))
	same(t, "quorum", 2, s.c.Quorum)
	same(t, "earlier approvals count", approval.Active, s.then(approval.Approve{By: ida}).c.Status)
}

func asRefused(s *story) approval.Case {
	c := s.c
	events, _ := approval.Decide(c, approval.Refuse{Why: "PagerDuty is silent"}, s.now)
	for _, e := range events {
		c = approval.Apply(c, e)
	}
	return c
}

func TestSomebodyWhoMayDecideIsAskedLater(t *testing.T) {
	route := managers.MayAlso(flows.Group("leads")).EscalateAfter(10*time.Minute, flows.Group("leads"))
	rule := ask(route, mia)
	rule.Found = may(rule.Found, ida, approval.Person{})
	s := asked(t, rule)
	ida1, _ := s.c.Approver(ida.ID)
	same(t, "at first", false, ida1.Asked)
	s.after(10 * time.Minute).then(approval.Escalate{Found: found(flows.Group("leads"), ida, mia)})
	ida2, _ := s.c.Approver(ida.ID)
	same(t, "later", true, ida2.Asked)
	same(t, "each once", []string{mia.ID, ida.ID}, names(s.c))
}

func TestAShiftThatEndedAlreadyIsLookedAtLater(t *testing.T) {
	s := pending(t).after(15 * time.Minute)
	next := found(managers, ida)
	next.ShiftEnds = s.now
	s.then(approval.ChangeShift{Found: next})
	same(t, "next look", s.now.Add(time.Minute), s.c.ShiftEnds)
	same(t, "again at once", approval.NotDue, s.rejected(approval.ChangeShift{Found: next}))
}

func TestDelaysAreSaidOnce(t *testing.T) {
	s := begin(t).then(submission(), approval.Delay{Why: "slow"}, approval.Delay{Why: "slow"})
	same(t, "events", []string{"submitted", "delayed"}, s.types(0))
}

func TestAnExtensionNamesAnotherCase(t *testing.T) {
	until := noon.Add(90 * time.Minute)
	for _, by := range []string{"", "case-7f3a"} {
		same(t, "by "+by, approval.Invalid, active(t).rejected(approval.Extend{Until: until, By: by}))
	}
	s := active(t).then(approval.Extend{Until: until, By: "case-2"})
	same(t, "open", true, s.c.Open(until.Add(-1)))
	same(t, "over", false, s.c.Open(until))
}

func TestADamagedCaseAllowsNothing(t *testing.T) {
	damaged := approval.Case{ID: "c", Status: approval.Active}
	same(t, "open", false, damaged.Open(noon))
	_, _, due := damaged.Due()
	same(t, "due", false, due)
	if events, err := approval.Decide(damaged, approval.Expire{}, noon); err == nil {
		t.Errorf("got %v", events)
	}
}

func TestWhatIsOver(t *testing.T) {
	for name, s := range situations(t) {
		same(t, name, name[0] == '9', s.c.Status.Over())
	}
}
