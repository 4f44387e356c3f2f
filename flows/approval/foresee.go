package approval

import (
	"time"

	"github.com/understudyhq/understudy/flows"
)

// Prospect is what becomes of a request when it's routed, in one word.
type Prospect string

// The prospects of a request. An empty one isn't known.
const (
	AtOnce   Prospect = "at_once"  // a rule allows it
	Yourself Prospect = "yourself" // the requester decides
	Others   Prospect = "others"   // other people are asked
	RuledOut Prospect = "ruled_out"
	Hopeless Prospect = "hopeless" // it can't be decided, and is refused
)

// Foreseen is what the form said would become of a request, before it was sent.
// It is there to be compared; nothing is decided by it.
type Foreseen struct {
	Prospect Prospect `json:"prospect"`
	Why      string   `json:"why,omitempty"` // as Outcome.Explain says it, or why it's hopeless
}

// Prospect is what routing made of the case.
func (c Case) Prospect() Prospect {
	switch {
	case !c.PendingAt.IsZero() && c.SelfApproved():
		return Yourself
	case !c.PendingAt.IsZero():
		return Others
	case c.Status == Refused:
		return Hopeless
	case c.Outcome.Result == flows.Approved:
		return AtOnce
	case c.Outcome.Result == flows.Denied:
		return RuledOut
	}
	return ""
}

// Surprising says whether routing made something else of the case than the form
// had said.
func (c Case) Surprising() bool {
	now := c.Prospect()
	return c.Foreseen != nil && now != "" && c.Foreseen.Prospect != now
}

// Foresee is the case as the command would leave it now, for nobody to store.
// The error is a *[Rejection].
func Foresee(c Case, cmd Command, now time.Time) (Case, error) {
	events, err := Decide(c, cmd, now)
	for _, e := range events {
		c = Apply(c, e)
	}
	return c, err
}
