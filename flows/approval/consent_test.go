package approval_test

import (
	"testing"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// TestConsentAloneApprovesNothing, also where the case has gone on to a route that
// doesn't ask for it: the customer still has the link, and was never one of those
// who decide.
func TestConsentAloneApprovesNothing(t *testing.T) {
	gone := func(who approval.Person) approval.Command { return approval.Miss{ID: who.ID, Why: "gone"} }
	one := managers.WithConsent().OrElse(flows.Group("leads"))
	two := managers.Need(2).WithConsent().OrElse(flows.Group("leads").Need(2))
	leads, leadsTwo := ask(flows.Group("leads"), ida), ask(flows.Group("leads").Need(2), ida, ola)
	for name, tt := range map[string]struct {
		story *story
		want  approval.Status
	}{
		"the app didn't take it":      {consulting(t, one, mia).then(gone(customer), leads, yes(customer)), approval.Pending},
		"… and a lead":                {consulting(t, one, mia).then(gone(customer), leads, yes(customer), yes(ida)), approval.Active},
		"… refused":                   {consulting(t, one, mia).then(gone(customer), leads, approval.Deny{By: customer}), approval.Denied},
		"no manager has an account":   {consulting(t, one, mia).then(gone(mia), leads, yes(customer)), approval.Pending},
		"no lead either":              {consulting(t, one, mia).then(gone(mia), leads, gone(ida)), approval.Refused},
		"it agreed before":            {consulting(t, two, mia, ola).then(yes(customer), gone(mia), leadsTwo, yes(ida)), approval.Pending},
		"… and both leads":            {consulting(t, two, mia, ola).then(yes(customer), gone(mia), leadsTwo, yes(ida), yes(ola)), approval.Active},
		"then it is who decides":      {consulting(t, managers.WithConsent().OrElse(flows.Customer()), mia).then(gone(mia), withCustomer(ask(flows.Customer())), yes(customer)), approval.Active},
		"it decided, along the first": {consulting(t, flows.Customer().OrElse(flows.Group("leads"))).then(gone(customer), leads, yes(customer)), approval.Active},
	} {
		if tt.story.c.Status != tt.want {
			t.Errorf("%s: %s, want %s (%v)", name, tt.story.c.Status, tt.want, tt.story.c.Closed)
		}
	}
}

// TestTheSamePeopleWithoutTheCustomer are asked by an OrElse that says so: that they
// were asked before is no reason to refuse.
func TestTheSamePeopleWithoutTheCustomer(t *testing.T) {
	route := managers.WithConsent().OrElse(managers)
	away := approval.Miss{ID: customer.ID, Why: "the app answered 410 Gone"}
	gone := approval.Miss{ID: ola.ID, Why: "their Slack account is deactivated"}
	for name, tt := range map[string]struct {
		story *story
		want  approval.Status
	}{
		"they wait":              {consulting(t, route, mia, ola).then(away, ask(managers, mia, ola)), approval.Pending},
		"one approves":           {consulting(t, route, mia, ola).then(away, ask(managers, mia, ola), yes(mia)), approval.Active},
		"who can't be reached":   {consulting(t, route, mia, ola).then(gone, away, ask(managers, ola)), approval.Refused},
		"only who asks":          {consulting(t, route, mia).then(away, ask(managers, kim)), approval.Refused},
		"who approved it before": {consulting(t, route, mia, ola).then(yes(mia), away, ask(managers, mia, ola), yes(ola)), approval.Active},
	} {
		if tt.story.c.Status != tt.want {
			t.Errorf("%s: %s, want %s (%v)", name, tt.story.c.Status, tt.want, tt.story.c.Closed)
		}
	}
}
