package flows

import _ "embed"

//go:embed impersonation.go
var impersonationSource string

// Impersonation decides who may sign in as a customer:
// free tier accounts are open to every support agent, people assigned to an
// account approve themselves, and all else goes to the on-call managers.
var Impersonation = Flow{
	Name:   "impersonation",
	Params: Params{"manager_schedule": Schedule},
	OnRequest: func(r Request) Verdict {
		if r.Text("customer_plan") == "free" {
			return Approve("free tier account")
		}
		return Ask()
	},
	Approvers: func(r Request) Route {
		if r.Flag("is_assigned") {
			return Requester("assigned to the account")
		}
		return OnCall(r.Param("manager_schedule"))
	},
	Source: impersonationSource,
}
