package api_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// TestWhomARequestWaitsFor names the customer beside others, and alone once those
// approved.
func TestWhomARequestWaitsFor(t *testing.T) {
	p := newPortal(t)
	kim, mia := approval.Person{ID: "UKIM", Name: "Kim Berg", Email: "kim@example.com"}, approval.Person{ID: "UMIA", Name: "Mia Falk"}
	account := approval.Account{ID: "acct_42", Name: "Acme"}
	route := flows.OnCall("PMGRS01").WithConsent()
	p.do(approval.Submit{
		ID: "c9", Flow: flowOf(approval.App{Name: "portal", Webhook: "https://portal.example.com/hook"}), AskedIn: "portal", Requester: kim, Account: account, Reason: "invoice", Duration: time.Hour,
	}, "c9")
	waitsFor := func(status approval.Status, names ...string) {
		t.Helper()
		now := get[api.Standing](p, "GET", "/v1/cases/c9/standing", nil)
		if diff := cmp.Diff(append([]string{}, names...), now.Asked); now.Status != status || diff != "" {
			t.Errorf("%s, it waits for (-want +got):\n%s", now.Status, diff)
		}
	}
	waitsFor(approval.Routing)
	p.do(approval.Rule{
		Ruling: approval.Ruling{Account: account, Outcome: flows.Outcome{Result: flows.Asked, Route: &route}},
		Found: approval.Found{Route: route, Approvers: []approval.Approver{
			{Person: mia, Leg: route.Legs[0], Asked: true}, {Person: account.Customer(), Leg: flows.Leg{Kind: flows.ConsentLeg}, Asked: true},
		}},
	}, "c9")
	waitsFor(approval.Pending, "Mia Falk", "Acme (the customer)")
	p.do(approval.Approve{By: mia}, "c9")
	waitsFor(approval.Pending, "Acme (the customer)")
	p.do(approval.Approve{By: account.Customer()}, "c9")
	waitsFor(approval.Active)
}
