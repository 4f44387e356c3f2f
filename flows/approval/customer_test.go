package approval_test

import (
	"slices"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

var customer = submission().Account.Customer()

// withCustomer asks the customer as well: to agree, if the route wants that.
func withCustomer(r approval.Rule) approval.Rule {
	leg := flows.Leg{Kind: flows.CustomerLeg}
	if r.Found.Route.Consent {
		leg.Kind = flows.ConsentLeg
	}
	r.Found.Approvers = append(r.Found.Approvers, approval.Approver{Person: customer, Leg: leg, Asked: true})
	return r
}

func ofAppWithWebhook() approval.Submit {
	submit := ofApp(approval.FromApproval)
	submit.Flow.App.Webhook = "https://portal.example.com/hook"
	return submit
}

// consulting is a case of this route, with its customer asked.
func consulting(t *testing.T, route flows.Route, people ...approval.Person) *story {
	return begin(t).then(ofAppWithWebhook(), withCustomer(ask(route, people...)))
}

func yes(by approval.Person) approval.Command { return approval.Approve{By: by} }

func TestWithConsentTheCustomerMustAgree(t *testing.T) {
	one, two := managers.WithConsent(), managers.Need(2).WithConsent()
	away := approval.Miss{ID: customer.ID, Why: "the app answered 410 Gone"}
	for name, tt := range map[string]struct {
		story *story
		want  approval.Status
	}{
		"a manager alone":         {consulting(t, one, mia, ola).then(yes(mia)), approval.Pending},
		"both managers":           {consulting(t, one, mia, ola).then(yes(mia), yes(ola)), approval.Pending},
		"the customer alone":      {consulting(t, one, mia, ola).then(yes(customer)), approval.Pending},
		"first a manager":         {consulting(t, one, mia, ola).then(yes(mia), yes(customer)), approval.Active},
		"first the customer":      {consulting(t, one, mia, ola).then(yes(customer), yes(mia)), approval.Active},
		"one of two":              {consulting(t, two, mia, ola).then(yes(customer), yes(mia)), approval.Pending},
		"two of two":              {consulting(t, two, mia, ola).then(yes(mia), yes(ola), yes(customer)), approval.Active},
		"refused":                 {consulting(t, one, mia).then(yes(mia), approval.Deny{By: customer}), approval.Denied},
		"regretted":               {consulting(t, one, mia).then(yes(customer), approval.Deny{By: customer}), approval.Denied},
		"can't be asked":          {consulting(t, one, mia).then(away), approval.Refused},
		"can't be asked again":    {consulting(t, one, mia).then(yes(customer), away, yes(mia)), approval.Active},
		"can't be asked, others":  {consulting(t, one, mia, ola).then(away), approval.Refused},
		"nor is later waited for": {consulting(t, one.EscalateAfter(time.Minute, flows.Group("leads")), mia, ola).then(away), approval.Refused},
		"else, with consent too":  {consulting(t, one.OrElse(flows.Group("leads")), mia).then(away), approval.Routing},
		"too few managers":        {consulting(t, two, mia, ola).then(approval.Miss{ID: ola.ID, Why: "gone"}), approval.Refused},
		"nobody but the customer": {consulting(t, flows.Customer()).then(yes(customer)), approval.Active},
		"ended by the customer":   {consulting(t, flows.Customer()).then(yes(customer), approval.Revoke{By: customer}), approval.Ended},
		"never found":             {begin(t).then(submission(), ask(one, mia)), approval.Refused},
	} {
		if tt.story.c.Status != tt.want {
			t.Errorf("%s: %s, want %s (%v)", name, tt.story.c.Status, tt.want, tt.story.c.Closed)
		}
	}
}

func TestOnlyTheCustomersLegLetsThemDecide(t *testing.T) {
	s := begin(t).then(submission(), ask(managers, mia, customer))
	if got := s.rejected(yes(customer)); got != approval.NotAnApprover {
		t.Errorf("who has the customer's id, and is on call: %q", got)
	}
	s = begin(t).then(submission(), ask(flows.Customer(), mia))
	if s.c.Status != approval.Refused {
		t.Errorf("somebody of the workspace, as the customer: %s", s.c.Status)
	}
}

// TestWhyNobodyIsLeftToAsk says of whom it is so.
func TestWhyNobodyIsLeftToAsk(t *testing.T) {
	gone := func(p approval.Person) approval.Command { return approval.Miss{ID: p.ID, Why: "gone"} }
	for want, s := range map[string]*story{
		"nobody who was asked can be reached":               consulting(t, flows.Customer()).then(gone(customer)),
		"the customer must agree, and can't be asked: gone": consulting(t, managers.WithConsent(), mia).then(gone(customer)),
		"too few of those who were asked can be reached":    consulting(t, managers.WithConsent(), mia).then(gone(mia)),
	} {
		if s.c.Closed == nil || s.c.Closed.Why != want {
			t.Errorf("%s: %+v, want %q", s.c.Status, s.c.Closed, want)
		}
	}
}

// TestACustomerOwesNoReason where approvers owe one.
func TestACustomerOwesNoReason(t *testing.T) {
	submit := ofAppWithWebhook()
	submit.Flow.Policy.DenyReason = approval.ReasonRequired
	s := begin(t).then(submit, withCustomer(ask(managers.WithConsent(), mia)))
	if got := s.rejected(approval.Deny{By: mia}); got != approval.ReasonMissing {
		t.Errorf("a manager: %q", got)
	}
	if s.then(approval.Deny{By: customer}); s.c.Status != approval.Denied {
		t.Errorf("the customer: %s", s.c.Status)
	}
}

// TestTheAppRemindsTheCustomer: nobody else does, and nobody else is reminded for them.
func TestTheAppRemindsTheCustomer(t *testing.T) {
	s := consulting(t, flows.Customer())
	if timer, _, _ := s.c.Due(); timer != approval.RemindTimer || len(s.c.Undecided()) > 0 {
		t.Errorf("next is %s, of %v", timer, s.c.Undecided())
	}
	if got := s.rejected(approval.Nudge{By: kim}); got != approval.TooSoon {
		t.Errorf("a nudge as soon as the customer was asked: %q", got)
	}
	for _, e := range []approval.Body{approval.Reminded{}, approval.Nudged{By: kim}} {
		for after, want := range map[time.Duration]approval.Notice{approval.NudgePause - 1: approval.NoNotice, approval.NudgePause: approval.ConsentReminded} {
			if got := s.c.Notice(approval.Event{At: s.now.Add(after), Body: e}); got != want {
				t.Errorf("of %T %s after they were asked the app is told %q", e, after, got)
			}
		}
	}
	for range 5 {
		s = s.after(approval.NudgePause).then(approval.Nudge{By: kim})
	}
	if timer, _, _ := s.c.Due(); s.c.Reminds() || timer != approval.TimeOutTimer {
		t.Errorf("after five reminders there is a sixth: %s", timer)
	}
	s = consulting(t, managers.WithConsent(), mia, ola).then(yes(customer))
	if got := s.c.Notice(approval.Event{At: s.now.Add(time.Hour), Body: approval.Reminded{}}); got != approval.NoNotice {
		t.Errorf("once the customer agreed the app is told %q", got)
	}
	s = consulting(t, managers.WithConsent(), mia, ola).then(yes(customer))
	if left := s.c.Undecided(); len(left) != 2 {
		t.Errorf("once the customer agreed, reminded are %v", left)
	}
	s = consulting(t, managers.WithConsent(), mia, ola).then(yes(mia))
	if left := s.c.Undecided(); len(left) > 0 {
		t.Errorf("while only the customer is waited for, reminded are %v", left)
	}
}

func TestAnAppIsToldToAskTheCustomer(t *testing.T) {
	later := ask(managers.EscalateAfter(time.Minute, flows.Customer()), mia)
	escalated := begin(t).then(ofAppWithWebhook(), later).after(time.Minute).then(approval.Escalate{Found: withCustomer(approval.Rule{}).Found})
	whole := []approval.Notice{approval.ConsentAsked, approval.ConsentOver}
	for name, tt := range map[string]struct {
		story *story
		want  []approval.Notice
	}{
		"refused":        {consulting(t, flows.Customer()).then(approval.Deny{By: customer}), whole},
		"agreed, opened": {consulting(t, flows.Customer()).then(yes(customer), opening("one")), append(whole, approval.GrantOpened)},
		"taken back":     {consulting(t, managers.WithConsent(), mia).then(approval.Cancel{By: kim}), whole},
		"can't be asked": {consulting(t, managers.WithConsent(), mia).then(approval.Miss{ID: customer.ID}), whole[:1]},
		"later":          {escalated, whole[:1]},
	} {
		if got := tt.story.notices(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: told %q, want %q", name, got, tt.want)
		}
	}
}
