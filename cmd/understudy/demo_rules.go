package main

import (
	_ "embed"
	"time"

	"github.com/understudyhq/understudy/flows"
)

//go:embed demo_rules.go
var demoRulesSource string

// escalateAfter is how long the managers of the demo may be silent.
const escalateAfter = 10 * time.Minute

// demoRules are the rules of the demo: those of the product, and silence goes
// on to the directors, which shows in minutes what it looks like.
func demoRules() flows.Flow {
	flow := flows.Impersonation
	flow.Source += demoRulesSource
	flow.Approvers = func(r flows.Request) flows.Route {
		route := flows.Impersonation.Approvers(r)
		if r.Flag("is_assigned") {
			return route
		}
		return route.EscalateAfter(escalateAfter, flows.Group("directors"))
	}
	return flow
}
