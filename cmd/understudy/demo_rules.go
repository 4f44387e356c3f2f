package main

import (
	_ "embed"
	"time"

	"github.com/understudyhq/understudy/flows"
)

//go:embed demo_rules.go
var demoRulesSource string

const (
	// escalateAfter is how long the managers of the demo may be silent.
	escalateAfter = 10 * time.Minute
	// large is from how many seats on a customer must agree.
	large = 2800
)

// demoRules are the rules of the demo: those of the product; silence goes on to
// the directors, which shows in minutes what it looks like; and the largest
// customers must agree themselves.
func demoRules() flows.Flow {
	flow := flows.Impersonation
	flow.Source += demoRulesSource
	flow.Approvers = func(r flows.Request) flows.Route {
		route := flows.Impersonation.Approvers(r)
		if r.Flag("is_assigned") {
			return route
		}
		route = route.EscalateAfter(escalateAfter, flows.Group("directors"))
		if r.Number("seats") >= large {
			return route.WithConsent()
		}
		return route
	}
	return flow
}
