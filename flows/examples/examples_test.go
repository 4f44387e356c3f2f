package examples_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/examples"
	"github.com/understudyhq/understudy/flows/flowtest"
)

func TestFlows(t *testing.T) {
	for file, flow := range map[string]flows.Flow{
		"two_people": examples.TwoPeople, "office_hours": examples.OfficeHours, "break_glass": examples.BreakGlass, "consent": examples.Consent,
	} {
		t.Run(flow.Name, func(t *testing.T) {
			table, err := os.ReadFile(file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			flowtest.Check(t, flow)
			flowtest.Examples(t, flow, table)
			if lines := strings.Count(flow.Source, "\n"); lines >= 40 {
				t.Errorf("it has %d lines; an example has less than 40", lines)
			}
		})
	}
}

func ExampleTwoPeople() {
	outcome := flows.Evaluate(examples.TwoPeople, flows.Facts{
		Params: map[string]string{"managers": "PMGRS01", "security": "security", "directors": "directors"},
		Fields: map[string]any{"regulated": true},
	})
	fmt.Println(outcome.Explain())
	// Output:
	// regulated = yes → on-call managers (schedule PMGRS01) and the group @security, 2 must approve, after 10m also the group @directors
}

func ExampleOfficeHours() {
	facts := flows.Facts{Fields: map[string]any{"region": "eu"}, Groups: map[string]bool{"support-eu": true}}
	for _, hour := range []int{9, 23} {
		facts.Time = time.Date(2026, 11, 24, hour, 0, 0, 0, time.UTC)
		facts.OnCall, facts.Params = map[string]bool{"PNIGHT1": false}, map[string]string{"on_call": "PNIGHT1"}
		fmt.Println(flows.Evaluate(examples.OfficeHours, facts).Why)
	}
	// Output:
	// office hours of the region eu
	// outside of the region's office hours only who is on call may ask
}

func ExampleBreakGlass() {
	facts := flows.Facts{
		Params: map[string]string{"incidents": "PINCID1", "managers": "PMGRS01", "review": "break-glass-review"},
		Fields: map[string]any{"legal_hold": false},
	}
	for _, onCall := range []bool{true, false} {
		facts.OnCall = map[string]bool{"PINCID1": onCall}
		fmt.Println(flows.Evaluate(examples.BreakGlass, facts).Route)
	}
	// Output:
	// the requester (on call for incidents; it is reviewed afterwards), shown in #break-glass-review
	// on-call managers (schedule PMGRS01), shown in #break-glass-review
}
