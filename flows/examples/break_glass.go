package examples

import (
	_ "embed"

	"github.com/understudyhq/understudy/flows"
)

//go:embed break_glass.go
var breakGlassSource string

// BreakGlass is for emergencies. Who is on call for incidents lets themselves
// in, and a copy of the card stays in the channel where such accesses are
// reviewed. Everybody else waits for a manager; a legal hold stops everybody.
var BreakGlass = flows.Flow{
	Name:   "break-glass",
	Params: flows.Params{"incidents": flows.Schedule, "managers": flows.Schedule, "review": flows.Text},
	OnRequest: func(r flows.Request) flows.Verdict {
		if r.Flag("legal_hold") {
			return flows.Deny("the account is under a legal hold: ask the legal department")
		}
		return flows.Ask()
	},
	Approvers: func(r flows.Request) flows.Route {
		review := flows.Channel(r.Param("review"))
		if r.IsOnCall(r.Param("incidents")) {
			return flows.Requester("on call for incidents; it is reviewed afterwards").Show(review)
		}
		return flows.OnCall(r.Param("managers")).Show(review)
	},
	Source: breakGlassSource,
}
