// Package flows is what the author of a rule reads and writes.
//
// A [Flow] is two pure functions. OnRequest says what happens to a request:
// [Approve], [Deny] or [Ask]. Where it asks, Approvers says whom, as a [Route]:
// data that can be stored, shown before it is used, and replayed.
//
// Two ideas make rules read like plain code. First, a rule reads facts only
// through [Request], and every read is recorded, so that each outcome explains
// itself and can be computed again from its record. Second, evaluation is
// restartable: a rule that reads a fact nobody has gathered yet stops there,
// and [Evaluate] says what it needs; the bot gathers it, and evaluates again
// from the start. So this package does no I/O, reads no clock, starts no
// goroutine, and imports the standard library only.
//
// Nothing unknown allows. A field that the account directory doesn't have, a
// value of another kind than the rule expects, a parameter that isn't declared
// and a panic all end in a refusal that names what was missing.
package flows

import (
	"crypto/sha256"
	"fmt"
)

// Flow is a named set of rules behind one slash command.
type Flow struct {
	// Name is the flow's name for people and in a provisioned flow's record.
	Name string
	// Params declares what a provisioned flow must set, and of what kind.
	Params Params
	// OnRequest decides at once, or asks. Nil asks.
	OnRequest func(Request) Verdict
	// Approvers says who is asked. It runs only if OnRequest asks.
	Approvers func(Request) Route
	// Source is the text of the rule's file, from go:embed. A case pins its
	// fingerprint, so that a rule never changes under an open case.
	Source string
}

// Fingerprint identifies the rule's source.
func (f Flow) Fingerprint() string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(f.Name+"\x00"+f.Source)))
}

// Params maps a parameter's name to its kind.
type Params map[string]ParamKind

// ParamKind is the kind of a flow's parameter; it decides how plan checks it.
type ParamKind string

// The kinds of parameters.
const (
	Text      ParamKind = "text"
	Number    ParamKind = "number"
	Duration  ParamKind = "duration"
	Schedule  ParamKind = "schedule"   // the id of an on-call schedule
	UserGroup ParamKind = "user_group" // the handle of a Slack user group
	Email     ParamKind = "email"
)
