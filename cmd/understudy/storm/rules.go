package storm

import (
	_ "embed"
	"time"

	"github.com/understudyhq/understudy/flows"
)

//go:embed rules.go
var rulesSource string

// FlowName is the name of the storm's flow.
const FlowName = "storm"

// Rules lead along every kind of route, by what an account's field "way" says.
func Rules() flows.Flow {
	return flows.Flow{
		Name:   FlowName,
		Params: flows.Params{"day": flows.Schedule, "night": flows.Schedule},
		OnRequest: func(r flows.Request) flows.Verdict {
			switch r.Text("customer_plan") {
			case "free":
				return flows.Approve("free tier account")
			case "closed":
				return flows.Deny("the account is closed")
			}
			return flows.Ask()
		},
		Approvers: func(r flows.Request) flows.Route {
			if r.Flag("is_assigned") {
				return flows.Requester("assigned to the account")
			}
			day, night, leads := flows.OnCall(r.Param("day")), flows.OnCall(r.Param("night")), flows.Group("leads")
			switch r.Text("way") {
			case "else":
				return night.OrElse(day).OrElse(leads)
			case "escalate":
				return day.EscalateAfter(4*time.Minute, leads).EscalateAfter(10*time.Minute, flows.Group("directors")).OrElse(leads)
			case "also":
				return leads.MayAlso(flows.Group("directors"))
			case "two":
				return day.And(leads).Need(2).OrElse(flows.Group("directors"))
			case "show":
				return day.OrElse(leads).Show(flows.Channel(channel))
			case "person":
				return flows.Person("gone@example.com").OrElse(flows.Person("dora@example.com"))
			}
			return day
		},
		Source: rulesSource,
	}
}
