package flows_test

import (
	"fmt"
	"time"

	"github.com/understudyhq/understudy/flows"
)

func ExampleFlow() {
	contractors := flows.Flow{
		Name: "contractors",
		OnRequest: func(r flows.Request) flows.Verdict {
			if r.InGroup("contractors") && r.Text("region") == "eu" {
				return flows.Deny("contractors don't work for customers in the EU")
			}
			return flows.Ask()
		},
		Approvers: func(flows.Request) flows.Route { return flows.Group("support-leads") },
	}
	for _, region := range []string{"eu", "us"} {
		outcome := flows.Evaluate(contractors, flows.Facts{
			Fields: map[string]any{"region": region},
			Groups: map[string]bool{"contractors": true},
		})
		fmt.Println(outcome.Explain())
	}
	// Output:
	// in group contractors = yes, region = eu → denied: contractors don't work for customers in the EU
	// in group contractors = yes, region = us → the group @support-leads
}

// A fact that isn't gathered yet stops the evaluation. The bot gathers it, and
// evaluates again from the start.
func ExampleEvaluate_needs() {
	flow := flows.Flow{OnRequest: func(r flows.Request) flows.Verdict {
		if r.IsOnCall("PINCID1") {
			return flows.Approve("on call for incidents")
		}
		return flows.Deny("only who is on call")
	}}
	facts := flows.Facts{}
	outcome := flows.Evaluate(flow, facts)
	fmt.Println(outcome.Explain())
	facts.OnCall = map[string]bool{outcome.Needs.Name: true}
	fmt.Println(flows.Evaluate(flow, facts).Explain())
	// Output:
	// needs on call in PINCID1
	// on call in PINCID1 = yes → approved: on call for incidents
}

func ExampleRoute() {
	managers, leads := flows.OnCall("PMGRS01"), flows.Group("leads")
	for _, route := range []flows.Route{
		managers.And(flows.Person("cto@example.com")),
		managers.OrElse(leads),
		managers.EscalateAfter(10*time.Minute, leads),
		managers.And(leads).Need(2),
		managers.MayAlso(leads),
		managers.Show(flows.Channel("approvals")),
		flows.Customer().EscalateAfter(30*time.Minute, managers),
		managers.WithConsent(),
		flows.Requester("assigned to the account"),
	} {
		fmt.Println(route)
	}
	// Output:
	// on-call managers (schedule PMGRS01) and cto@example.com
	// on-call managers (schedule PMGRS01), or else the group @leads
	// on-call managers (schedule PMGRS01), after 10m also the group @leads
	// on-call managers (schedule PMGRS01) and the group @leads, 2 must approve
	// on-call managers (schedule PMGRS01), may also decide: the group @leads
	// on-call managers (schedule PMGRS01), shown in #approvals
	// the customer, after 30m also on-call managers (schedule PMGRS01)
	// on-call managers (schedule PMGRS01), and the customer must agree
	// the requester (assigned to the account)
}

func ExampleRequest() {
	flow := flows.Flow{
		Params: flows.Params{"managers": flows.Schedule},
		OnRequest: func(r flows.Request) flows.Verdict {
			switch {
			case r.Flag("legal_hold"):
				return flows.Deny("the account is under a legal hold")
			case r.Number("seats") < 10 && r.Past().Denied == 0:
				return flows.Approve("a small account")
			case r.Time().Weekday() == time.Sunday && !r.InGroup("support"):
				return flows.Deny("on Sundays only support may ask")
			}
			return flows.Ask()
		},
		Approvers: func(r flows.Request) flows.Route { return flows.OnCall(r.Param("managers")) },
	}
	outcome := flows.Evaluate(flow, flows.Facts{
		Time:   time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC),
		Params: map[string]string{"managers": "PMGRS01"},
		Fields: map[string]any{"legal_hold": false, "seats": 8.0},
		Past:   &flows.Past{Requests: 3, Approved: 2, Denied: 1},
	})
	for _, read := range outcome.Reads {
		fmt.Println(read)
	}
	fmt.Println(outcome.Route)
	// Output:
	// legal_hold = no
	// seats = 8
	// past requests = 3 asked, 2 approved, 1 denied
	// time of the request = 2026-11-24T09:00:00Z
	// managers = PMGRS01
	// on-call managers (schedule PMGRS01)
}
