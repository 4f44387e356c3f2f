package flows

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Request is what a rule sees. Every fact that it reads is recorded. It is to
// be read in the rule's own goroutine, before the rule returns.
type Request struct{ reading *reading }

// Text is an account field that holds text.
func (r Request) Text(field string) string { return readField[string](r, field, "text") }

// Flag is an account field that holds yes or no.
func (r Request) Flag(field string) bool { return readField[bool](r, field, "yes or no") }

// Number is an account field that holds a number.
func (r Request) Number(field string) float64 {
	n := readField[float64](r, field, "a number")
	if math.IsNaN(n) || math.IsInf(n, 0) {
		r.reading.refuse("the account directory's %s isn't a finite number", field)
	}
	return n
}

// Param is the provisioned flow's parameter of this name.
func (r Request) Param(name string) string {
	if _, declared := r.reading.params[name]; !declared {
		r.reading.refuse("the flow doesn't declare the parameter %s", name)
	}
	value := r.reading.facts.Params[name]
	if value == "" {
		r.reading.refuse("the provisioned flow doesn't set the parameter %s", name)
	}
	r.reading.record(Fact{ParamFact, name}, value)
	return value
}

// IsOnCall says whether the requester is on call in the schedule of this id.
func (r Request) IsOnCall(schedule string) bool {
	return r.readMembership(Fact{OnCallFact, schedule}, r.reading.facts.OnCall)
}

// InGroup says whether the requester is in the Slack user group of this handle.
func (r Request) InGroup(handle string) bool {
	return r.readMembership(Fact{GroupFact, handle}, r.reading.facts.Groups)
}

// Past counts what the requester asked before.
func (r Request) Past() Past {
	fact := Fact{Kind: PastFact}
	if r.reading.facts.Past == nil {
		r.reading.need(fact)
	}
	past := *r.reading.facts.Past
	r.reading.record(fact, past)
	return past
}

// Time is when the request was made, in UTC: a rule says the same on every
// machine.
func (r Request) Time() time.Time {
	at := r.reading.facts.Time.UTC()
	r.reading.record(Fact{Kind: TimeFact}, at)
	return at
}

func (r Request) readMembership(fact Fact, known map[string]bool) bool {
	is, gathered := known[fact.Name]
	if !gathered {
		r.reading.need(fact)
	}
	r.reading.record(fact, is)
	return is
}

func readField[T any](r Request, field, kind string) T {
	fact := Fact{FieldFact, field}
	if r.reading.facts.Fields == nil {
		r.reading.need(fact)
	}
	value, has := r.reading.facts.Fields[field]
	if !has || value == nil {
		r.reading.refuse("the account directory has no %s for this account", field)
	}
	r.reading.record(fact, value)
	typed, ok := value.(T)
	if !ok {
		r.reading.refuse("the account directory's %s is %s, and the rule reads %s", field, kindOf(value), kind)
	}
	return typed
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case bool:
		return "yes or no"
	case float64:
		return "a number"
	}
	return "of a kind that rules can't read"
}

// reading is one run of a flow's functions over its facts.
type reading struct {
	facts  Facts
	params Params
	reads  []Read
	first  *stop // the first stop; a rule that recovers from it changes nothing
}

// stop leaves a rule in the middle: with the fact that it needs, or with why
// the request is refused. It never leaves this package.
type stop struct {
	needs   *Fact
	refusal string
}

func (r *reading) need(f Fact) { r.leave(stop{needs: &f}) }

func (r *reading) refuse(format string, args ...any) {
	r.leave(stop{refusal: fmt.Sprintf(format, args...)})
}

func (r *reading) leave(s stop) {
	if r.first == nil {
		r.first = &s
	}
	panic(s)
}

func (r *reading) record(f Fact, value any) {
	read := Read{f, valueText(value)}
	if !slices.Contains(r.reads, read) {
		r.reads = append(r.reads, read)
	}
}
