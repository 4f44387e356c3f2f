package flows

import (
	"fmt"
	"strconv"
	"time"
)

// Facts is everything one evaluation may read. It is stored with the case, so
// that the outcome can be computed again, and other rules tried on it.
//
// A nil map, and a missing key of OnCall and Groups, mean "not gathered yet".
// A missing key of a gathered Fields means that the directory doesn't have it.
type Facts struct {
	// Time is when the request was made.
	Time time.Time `json:"time"`
	// Params are the provisioned flow's parameters.
	Params map[string]string `json:"params,omitempty"`
	// Fields are the account directory's: string, bool or float64.
	Fields map[string]any `json:"fields,omitempty"`
	// OnCall says of each schedule whether the requester is on call there.
	OnCall map[string]bool `json:"on_call,omitempty"`
	// Groups says of each user group whether the requester is a member.
	Groups map[string]bool `json:"groups,omitempty"`
	// Past counts what this requester asked before.
	Past *Past `json:"past,omitempty"`
}

// Past counts a requester's earlier cases, all accounts together.
type Past struct {
	Requests int `json:"requests"`
	Approved int `json:"approved"`
	Denied   int `json:"denied"`
}

// Fact names one thing that a rule reads.
type Fact struct {
	Kind FactKind `json:"kind"`
	Name string   `json:"name,omitempty"`
}

// FactKind says where a fact comes from.
type FactKind string

// The sources of facts.
const (
	FieldFact  FactKind = "field"   // the account directory
	ParamFact  FactKind = "param"   // the provisioned flow
	OnCallFact FactKind = "on_call" // the on-call service, about the requester
	GroupFact  FactKind = "group"   // Slack's user groups, about the requester
	PastFact   FactKind = "past"    // the store
	TimeFact   FactKind = "time"    // the request itself
)

// String is the fact as an explanation shows it.
func (f Fact) String() string {
	switch f.Kind {
	case FieldFact, ParamFact:
		return f.Name
	case OnCallFact:
		return "on call in " + f.Name
	case GroupFact:
		return "in group " + f.Name
	case PastFact:
		return "past requests"
	case TimeFact:
		return "time of the request"
	}
	return string(f.Kind) + " " + f.Name
}

// Read is a fact that a rule read, and what it was, as an explanation shows it.
type Read struct {
	Fact  Fact   `json:"fact"`
	Value string `json:"value"`
}

// String is the read as an explanation shows it: "customer_plan = enterprise".
func (r Read) String() string { return r.Fact.String() + " = " + r.Value }

func valueText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case Past:
		return fmt.Sprintf("%d asked, %d approved, %d denied", v.Requests, v.Approved, v.Denied)
	}
	return fmt.Sprint(v)
}
