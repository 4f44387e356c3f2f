package examples

import (
	_ "embed"
	"time"

	"github.com/understudyhq/understudy/flows"
)

//go:embed consent.go
var consentSource string

// Consent asks the customer themselves, by a link that their app hands to them.
// Where health data is held they must agree, and a manager on call as well. Others
// have half an hour before the managers may decide in their place, who do so at
// once where the customer can't be asked.
var Consent = flows.Flow{
	Name:   "consent",
	Params: flows.Params{"managers": flows.Schedule},
	Approvers: func(r flows.Request) flows.Route {
		managers := flows.OnCall(r.Param("managers"))
		if r.Flag("holds_health_data") {
			return managers.WithConsent()
		}
		return flows.Customer().OrElse(managers).EscalateAfter(30*time.Minute, managers)
	},
	Source: consentSource,
}
