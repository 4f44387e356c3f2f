package examples

import (
	_ "embed"
	"time"

	"github.com/understudyhq/understudy/flows"
)

//go:embed office_hours.go
var officeHoursSource string

// OfficeHours serves a region's customers from that region. From Monday to
// Friday in its hours, in UTC, the region's support agents are in at once; at
// other times only who is on call may ask, and a director decides.
var OfficeHours = flows.Flow{
	Name:   "office-hours",
	Params: flows.Params{"on_call": flows.Schedule, "directors": flows.UserGroup},
	OnRequest: func(r flows.Request) flows.Verdict {
		hours := map[string][2]int{"eu": {7, 16}, "us": {13, 22}, "apac": {0, 9}}
		region, at := r.Text("region"), r.Time()
		if !r.InGroup("support-" + region) {
			return flows.Deny("customers of this region are for the group @support-" + region)
		}
		weekday := at.Weekday() != time.Saturday && at.Weekday() != time.Sunday
		if weekday && at.Hour() >= hours[region][0] && at.Hour() < hours[region][1] {
			return flows.Approve("office hours of the region " + region)
		}
		if !r.IsOnCall(r.Param("on_call")) {
			return flows.Deny("outside of the region's office hours only who is on call may ask")
		}
		return flows.Ask()
	},
	Approvers: func(r flows.Request) flows.Route { return flows.Group(r.Param("directors")) },
	Source:    officeHoursSource,
}
