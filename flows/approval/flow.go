package approval

import (
	"cmp"
	"time"
)

// FlowVersion pins the provisioned flow that a case was asked under.
type FlowVersion struct {
	ID      string `json:"id"` // a UUID
	Name    string `json:"name"`
	Version int    `json:"version"`
	// Implementation is the name of the Go flow, empty if it is the flow's own.
	Implementation string `json:"implementation,omitempty"`
	Fingerprint    string `json:"fingerprint"` // of the rule's source
	Policy         Policy `json:"policy"`
	// Durations are what requesters are offered, and what approvers choose from
	// who approve for less.
	Durations []time.Duration `json:"durations,omitempty"`
	// App is what its grants open; nil if that isn't the bot's matter.
	App *App `json:"app,omitempty"`
	// Sum is the hash of the whole provisioned flow, its parameters included.
	Sum string `json:"sum,omitempty"`
}

// Rules is the name of the Go flow that decides.
func (v FlowVersion) Rules() string { return cmp.Or(v.Implementation, v.Name) }

// Policy is how long a case may wait, and what happens meanwhile.
type Policy struct {
	Timeout time.Duration   `json:"timeout"`          // from pending to timed_out
	Remind  []time.Duration `json:"remind,omitempty"` // since pending, ascending
	Warn    time.Duration   `json:"warn,omitempty"`   // before a grant's end
	// Longest is how long a grant may last with all its extensions; zero is without
	// a bound.
	Longest time.Duration `json:"longest,omitempty"`
	// DenyReason says whether approvers say why they deny.
	DenyReason Reasoning `json:"deny_reason,omitempty"`
	// Viewers are the handles of the user groups whose members may see the case,
	// besides those who take part in it; members of Revokers may see it too, and
	// revoke its grant.
	Viewers  []string `json:"viewers,omitempty"`
	Revokers []string `json:"revokers,omitempty"`
}

// Reasoning says whether people are asked for a reason.
type Reasoning string

// The kinds of reasoning.
const (
	ReasonOptional Reasoning = ""         // asked for, and may be left empty
	ReasonRequired Reasoning = "required" // nothing is done without one
	ReasonUnasked  Reasoning = "none"     // not asked for
)

func (p Policy) allows(grant time.Duration) bool { return p.Longest == 0 || grant <= p.Longest }
