package flows_test

import (
	"encoding/json"
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
			flows.Refused, "customer_plan = 7 → refused: the account directory's customer_plan is not text"},
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

func TestNothingUnknownAllows(t *testing.T) {
	ask := func(route flows.Route) flows.Flow {
		return flows.Flow{Approvers: func(flows.Request) flows.Route { return route }}
	}
	for name, tt := range map[string]struct {
		flow flows.Flow
		why  string
	}{
		"no rules":             {flows.Flow{}, "the flow names no approvers"},
		"no verdict":           {flows.Flow{OnRequest: func(flows.Request) flows.Verdict { return flows.Verdict{} }}, "the rule gave no verdict"},
		"undeclared parameter": {flows.Flow{OnRequest: func(r flows.Request) flows.Verdict { return flows.Approve(r.Param("x")) }}, "the flow doesn't declare the parameter x"},
		"panic":                {flows.Flow{OnRequest: func(flows.Request) flows.Verdict { panic("boom") }}, "the rule failed: boom"},
		"nobody":               {ask(flows.Route{}), "the rule names nobody to ask"},
		"nameless":             {ask(flows.OnCall("")), "the rule asks a on_call without a name"},
		"nameless also":        {ask(flows.OnCall("P1").MayAlso(flows.Group(""))), "the rule asks a group without a name"},
		"nameless else":        {ask(flows.OnCall("P1").OrElse(flows.Person(""))), "the rule asks a person without a name"},
		"nameless escalation":  {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Person(""))), "the rule asks a person without a name"},
		"instant escalation":   {ask(flows.OnCall("P1").EscalateAfter(0, flows.Person("a@b.c"))), "the rule escalates after no time"},
		"negative quorum":      {ask(flows.OnCall("P1").Need(-1)), "the rule needs fewer than no approvals"},
	} {
		t.Run(name, func(t *testing.T) {
			got := flows.Evaluate(tt.flow, flows.Facts{})
			if got.Result != flows.Refused || got.Why != tt.why {
				t.Errorf("got %s: %s, want refused: %s", got.Result, got.Why, tt.why)
			}
		})
	}
}

func TestRouteIsData(t *testing.T) {
	base := flows.OnCall("P1")
	route := base.And(flows.Person("cto@example.com")).
		OrElse(flows.Group("support-leads")).OrElse(flows.Requester("")).
		EscalateAfter(10*time.Minute, flows.Group("directors")).
		Need(2).MayAlso(flows.Group("leads")).Show(flows.Channel("support-approvals"))
	text := "on-call managers (schedule P1) and cto@example.com, 2 must approve, may also decide: the group @leads, " +
		"after 10m0s also the group @directors, or else the group @support-leads, or else the requester"
	if route.String() != text {
		t.Errorf("route reads %q, want %q", route, text)
	}
	if diff := cmp.Diff(flows.OnCall("P1"), base); diff != "" {
		t.Errorf("combining changed the first route:\n%s", diff)
	}
	stored, err := json.Marshal(route)
	if err != nil {
		t.Fatal(err)
	}
	var loaded flows.Route
	if err := json.Unmarshal(stored, &loaded); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(route, loaded); diff != "" {
		t.Errorf("stored and loaded (-want +got):\n%s", diff)
	}
}
