package examples

import (
	_ "embed"
	"time"

	"github.com/understudyhq/understudy/flows"
)

//go:embed two_people.go
var twoPeopleSource string

// TwoPeople asks the managers on call. For regulated customers, and for large
// ones, somebody of security decides as well: two people must approve. If they
// are silent for ten minutes, the directors may decide, too.
var TwoPeople = flows.Flow{
	Name:   "two-people",
	Params: flows.Params{"managers": flows.Schedule, "security": flows.UserGroup, "directors": flows.UserGroup},
	Approvers: func(r flows.Request) flows.Route {
		managers := flows.OnCall(r.Param("managers"))
		if !r.Flag("regulated") && r.Number("seats") < 500 {
			return managers
		}
		return managers.And(flows.Group(r.Param("security"))).Need(2).
			EscalateAfter(10*time.Minute, flows.Group(r.Param("directors")))
	},
	Source: twoPeopleSource,
}
