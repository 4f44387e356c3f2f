// Package table is a flow author's table of examples: what is known of a
// request, and what the flow is to say to it.
//
// A table is a JSON file, so that go test, the command line and people who
// write no Go read the same one:
//
//	{
//	  "flow": "impersonation",
//	  "params": {"manager_schedule": "PMGRS01"},
//	  "examples": [
//	    {"name": "free tier",
//	     "given": {"fields": {"customer_plan": "free"}},
//	     "want": {"result": "approved", "why": "free tier account"}},
//	    {"name": "everything else",
//	     "given": {"fields": {"customer_plan": "pro", "is_assigned": false}},
//	     "want": {"result": "asked", "route": "on-call managers (schedule PMGRS01)"}}
//	  ]
//	}
//
// What is given are [flows.Facts], as a case's record has them: fields, params,
// on_call, groups, past and time. An example that doesn't give what the flow
// reads is wrong, and says what is missing: a table guesses nothing.
package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/understudyhq/understudy/flows"
)

// Table is the examples of one flow.
type Table struct {
	// Flow is the flow's name.
	Flow string `json:"flow"`
	// Params are the flow's parameters, where an example doesn't give them.
	Params   map[string]string `json:"params,omitempty"`
	Examples []Example         `json:"examples"`
}

// Example is one request, and what the flow is to say to it.
type Example struct {
	Name  string      `json:"name"`
	Given flows.Facts `json:"given"`
	Want  Want        `json:"want"`
}

// Want is what an example expects. Empty texts expect nothing.
type Want struct {
	Result flows.Result `json:"result"`
	// Why is the rule's reason, or what was missing when it refused.
	Why string `json:"why,omitempty"`
	// Route is who is asked, as an explanation shows it.
	Route string `json:"route,omitempty"`
}

// Read reads a table. The error names every mistake at once.
func Read(data []byte) (Table, error) {
	var t Table
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		return t, fmt.Errorf("it isn't a table of examples: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return t, errors.New("it has something after the table: one file is one table")
	}
	var problems []error
	if t.Flow == "" {
		problems = append(problems, errors.New("flow is missing: name the flow that the examples are of"))
	}
	if len(t.Examples) == 0 {
		problems = append(problems, errors.New("it has no examples"))
	}
	for i, e := range t.Examples {
		if why := e.invalid(t.Examples[:i]); why != "" {
			problems = append(problems, fmt.Errorf("example %d (%q): %s", i+1, e.Name, why))
		}
	}
	return t, errors.Join(problems...)
}

func (e Example) invalid(earlier []Example) string {
	switch {
	case e.Name == "":
		return "name is missing: say what it shows"
	case slices.ContainsFunc(earlier, func(other Example) bool { return other.Name == e.Name }):
		return "there is another one of this name"
	case !slices.Contains([]flows.Result{flows.Approved, flows.Denied, flows.Asked, flows.Refused}, e.Want.Result):
		return fmt.Sprintf("want: result is %q: write approved, denied, asked or refused", e.Want.Result)
	case e.Want.Route != "" && e.Want.Result != flows.Asked:
		return fmt.Sprintf("want: nobody is asked where the result is %s: leave out route", e.Want.Result)
	}
	return ""
}

// Facts are what is known in an example of the table.
func (t Table) Facts(e Example) flows.Facts {
	facts := e.Given
	facts.Params = map[string]string{}
	maps.Copy(facts.Params, t.Params)
	maps.Copy(facts.Params, e.Given.Params)
	return facts
}

// Check evaluates the flow on an example of the table. The error says in what
// the outcome isn't as the example wants it.
func (t Table) Check(flow flows.Flow, e Example) (flows.Outcome, error) {
	facts := t.Facts(e)
	got := flows.Evaluate(flow, facts)
	if missing := Missing(facts, got); missing != nil {
		return got, fmt.Errorf("the flow reads what isn't given: %s", missing)
	}
	var problems []error
	differ := func(what, got, want string) {
		problems = append(problems, fmt.Errorf("%s is %q, want %q", what, got, want))
	}
	if got.Result != e.Want.Result {
		differ("result", string(got.Result), string(e.Want.Result))
	}
	if e.Want.Why != "" && got.Why != e.Want.Why {
		differ("why", got.Why, e.Want.Why)
	}
	if e.Want.Route != "" && got.Result == flows.Asked && got.Route.String() != e.Want.Route {
		differ("route", got.Route.String(), e.Want.Route)
	}
	return got, errors.Join(problems...)
}

// Missing is a fact that the outcome follows from, or waits for, and that isn't
// among those known; nil if all are. An account field that the directory
// doesn't have isn't missing: the flow refuses for it.
func Missing(known flows.Facts, outcome flows.Outcome) *flows.Fact {
	if outcome.Needs != nil {
		return outcome.Needs
	}
	for _, read := range outcome.Reads {
		if read.Fact.Kind == flows.TimeFact && known.Time.IsZero() {
			return &read.Fact
		}
	}
	return nil
}
