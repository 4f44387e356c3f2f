package flows_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudyhq/understudy/flows"
)

func TestImpersonation(t *testing.T) {
	managers := map[string]string{"manager_schedule": "PMGRS01"}
	for _, tt := range []struct {
		name    string
		params  map[string]string
		fields  map[string]any
		result  flows.Result
		explain string
	}{
		{"free tier", managers, map[string]any{"customer_plan": "free"},
			flows.Approved, "customer_plan = free → approved: free tier account"},
		{"assigned", managers, map[string]any{"customer_plan": "pro", "is_assigned": true},
			flows.Asked, "customer_plan = pro, is_assigned = yes → the requester (assigned to the account)"},
		{"everything else", managers, map[string]any{"customer_plan": "enterprise", "is_assigned": false},
			flows.Asked, "customer_plan = enterprise, is_assigned = no → on-call managers (schedule PMGRS01)"},
		{"not looked up yet", managers, nil, flows.NeedsFact, "needs customer_plan"},
		{"no plan", managers, map[string]any{"is_assigned": true},
			flows.Refused, "refused: the account directory has no customer_plan for this account"},
		{"plan of another kind", managers, map[string]any{"customer_plan": 7.0},
			flows.Refused, "customer_plan = 7 → refused: the account directory's customer_plan is a number, and the rule reads text"},
		{"assignment unknown", managers, map[string]any{"customer_plan": "pro"},
			flows.Refused, "customer_plan = pro → refused: the account directory has no is_assigned for this account"},
		{"no schedule", nil, map[string]any{"customer_plan": "pro", "is_assigned": false},
			flows.Refused, "customer_plan = pro, is_assigned = no → refused: the provisioned flow doesn't set the parameter manager_schedule"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := flows.Evaluate(flows.Impersonation, flows.Facts{Params: tt.params, Fields: tt.fields})
			if got.Result != tt.result {
				t.Errorf("result %s, want %s", got.Result, tt.result)
			}
			if got.Explain() != tt.explain {
				t.Errorf("explained as %q, want %q", got.Explain(), tt.explain)
			}
		})
	}
}

func TestEvaluationRestarts(t *testing.T) {
	flow := flows.Flow{OnRequest: func(r flows.Request) flows.Verdict {
		switch {
		case r.IsOnCall("P1"):
			return flows.Approve("on call")
		case r.InGroup("contractors"):
			return flows.Deny("contractors may not")
		case r.Past().Denied > 2:
			return flows.Deny("denied too often")
		case r.Time().Weekday() == time.Sunday:
			return flows.Deny("not on Sundays")
		case r.Number("seats") > 100:
			return flows.Deny("too large")
		}
		return flows.Approve("all is well")
	}}
	facts := flows.Facts{Time: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	var asked []string
	outcome := flows.Evaluate(flow, facts)
	for ; outcome.Result == flows.NeedsFact; outcome = flows.Evaluate(flow, facts) {
		asked = append(asked, outcome.Needs.String())
		switch outcome.Needs.Kind {
		case flows.OnCallFact:
			facts.OnCall = map[string]bool{outcome.Needs.Name: false}
		case flows.GroupFact:
			facts.Groups = map[string]bool{outcome.Needs.Name: false}
		case flows.PastFact:
			facts.Past = &flows.Past{Requests: 3, Approved: 2, Denied: 1}
		case flows.FieldFact:
			facts.Fields = map[string]any{"seats": 12.0}
		case flows.ParamFact, flows.TimeFact:
			t.Fatalf("%s is always there", outcome.Needs)
		}
	}
	want := []string{"on call in P1", "in group contractors", "past requests", "seats"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("needed facts (-want +got):\n%s", diff)
	}
	explain := "on call in P1 = no, in group contractors = no, past requests = 3 asked, 2 approved, 1 denied, " +
		"time of the request = 2026-11-24T09:00:00Z, seats = 12 → approved: all is well"
	if outcome.Explain() != explain {
		t.Errorf("explained as %q, want %q", outcome.Explain(), explain)
	}
}

// TestARecoveredStopStillStops has rules that go on after a fact was missing.
func TestARecoveredStopStillStops(t *testing.T) {
	swallow := func(read func()) {
		defer func() { _ = recover() }()
		read()
	}
	for name, flow := range map[string]flows.Flow{
		"a verdict": {OnRequest: func(r flows.Request) flows.Verdict {
			swallow(func() { r.Text("customer_plan") })
			return flows.Approve("whatever")
		}},
		"a route": {Approvers: func(r flows.Request) flows.Route {
			swallow(func() { r.Text("customer_plan") })
			return flows.Requester("whatever")
		}},
		"another panic": {OnRequest: func(r flows.Request) flows.Verdict {
			swallow(func() { r.Text("customer_plan") })
			panic("boom")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := flows.Evaluate(flow, flows.Facts{Fields: map[string]any{}})
			if want := "the account directory has no customer_plan for this account"; got.Result != flows.Refused || got.Why != want {
				t.Errorf("got %s: %s", got.Result, got.Why)
			}
		})
	}
}

func TestFieldsThatAreNotWhatTheRuleReads(t *testing.T) {
	number := flows.Flow{OnRequest: func(r flows.Request) flows.Verdict {
		r.Number("seats")
		return flows.Approve("")
	}}
	for _, tt := range []struct {
		value any
		why   string
	}{
		{"many", "the account directory's seats is text, and the rule reads a number"},
		{true, "the account directory's seats is yes or no, and the rule reads a number"},
		{[]any{}, "the account directory's seats is of a kind that rules can't read, and the rule reads a number"},
		{math.NaN(), "the account directory's seats isn't a finite number"},
		{math.Inf(1), "the account directory's seats isn't a finite number"},
		{nil, "the account directory has no seats for this account"},
	} {
		got := flows.Evaluate(number, flows.Facts{Fields: map[string]any{"seats": tt.value}})
		if got.Result != flows.Refused || got.Why != tt.why {
			t.Errorf("%v: got %s: %s", tt.value, got.Result, got.Why)
		}
	}
}

func TestExplanationsOfDamagedOutcomes(t *testing.T) {
	for result, want := range map[flows.Result]string{flows.Asked: "asked", flows.NeedsFact: "needs_fact"} {
		if got := (flows.Outcome{Result: result}).Explain(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func ExampleEvaluate() {
	for _, fields := range []map[string]any{
		{"customer_plan": "free", "is_assigned": false},
		{"customer_plan": "pro", "is_assigned": true},
		{"customer_plan": "enterprise", "is_assigned": false},
		{"is_assigned": false},
	} {
		facts := flows.Facts{Params: map[string]string{"manager_schedule": "PMGRS01"}, Fields: fields}
		fmt.Println(flows.Evaluate(flows.Impersonation, facts).Explain())
	}
	// Output:
	// customer_plan = free → approved: free tier account
	// customer_plan = pro, is_assigned = yes → the requester (assigned to the account)
	// customer_plan = enterprise, is_assigned = no → on-call managers (schedule PMGRS01)
	// refused: the account directory has no customer_plan for this account
}

func TestARuleDenies(t *testing.T) {
	got := flows.Evaluate(flows.Flow{OnRequest: func(flows.Request) flows.Verdict { return flows.Deny("contractors may not") }}, flows.Facts{})
	if got.Explain() != "denied: contractors may not" {
		t.Errorf("got %q", got.Explain())
	}
}

func TestAFingerprintTellsRulesApart(t *testing.T) {
	one, two := flows.Flow{Source: "return Approve()"}, flows.Flow{Source: "return Deny()"}
	if again := (flows.Flow{Source: one.Source}); one.Fingerprint() == two.Fingerprint() || one.Fingerprint() != again.Fingerprint() {
		t.Errorf("fingerprints %q and %q", one.Fingerprint(), two.Fingerprint())
	}
}

func TestAFactOfALaterVersionIsShown(t *testing.T) {
	if got := (flows.Fact{Kind: "weather", Name: "Oslo"}).String(); got != "weather Oslo" {
		t.Errorf("got %q", got)
	}
}
