// Package flowtest helps to test flows, in the go test of whoever writes them.
//
// [Check] holds that a flow's rules are what the bot takes them for: the same
// request gets the same answer, every request gets one, and the rules read
// nothing but facts. [Examples] holds that a table of examples is true.
//
//	//go:embed examples.json
//	var examples []byte
//
//	func TestFlow(t *testing.T) {
//		flowtest.Check(t, Flow)
//		flowtest.Examples(t, Flow, examples)
//	}
//
// Check looks for what breaks the first promise in two ways, because neither
// finds all. It reads the flow's Source for clocks, randomness, I/O, goroutines,
// variables that change, and code that isn't in the Source. And it makes up
// some hundreds of requests, of the fields and words that the Source has, and
// asks the flow about each of them several times. The requests are the same in
// every run.
package flowtest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/table"
)

// Check fails the test for everything in the flow's rules that could make them
// answer a request in two ways, or not at all.
func Check(t testing.TB, flow flows.Flow) {
	t.Helper()
	source, faults := readSource(flow.Source)
	faults = append(faults, tryOut(flow, source)...)
	if flow.Name == "" {
		faults = append(faults, "it has no Name")
	}
	for _, fault := range faults {
		t.Errorf("flow %s: %s", flow.Name, fault)
	}
}

// Examples fails the test for every example of the table that isn't so. The
// table's form is that of package table.
func Examples(t testing.TB, flow flows.Flow, examples []byte) {
	t.Helper()
	read, err := table.Read(examples)
	if err != nil {
		t.Errorf("the examples: %v", err)
		return
	}
	if read.Flow != flow.Name {
		t.Errorf("the examples are of the flow %s, and this is %s", read.Flow, flow.Name)
		return
	}
	for _, e := range read.Examples {
		if got, err := read.Check(flow, e); err != nil {
			t.Errorf("%s: %v\n%s", e.Name, err, got.Explain())
		}
	}
}

const (
	requests = 400 // that are made up
	again    = 4   // times that each is asked about at once: two ways through a map differ in one of two
	mostAsks = 50  // facts that a flow may ask for
)

// answered is a request that a flow has answered.
type answered struct {
	facts   flows.Facts
	outcome flows.Outcome
}

// tryOut asks the flow about made-up requests. Each kind of fault is said once.
func tryOut(flow flows.Flow, s source) (faults []string) {
	var all []answered
	for n := range uint64(requests) {
		one, fault := ask(flow, newRequest(n, flow, s))
		if fault == "" {
			fault = one.unanswered()
		}
		if fault == "" {
			fault = one.differs(flow)
		}
		if fault != "" {
			return append(faults, fault)
		}
		all = append(all, one)
	}
	// What remembers earlier requests says something else in another order.
	for i := range all {
		if fault := all[len(all)-1-i].differs(flow); fault != "" {
			return append(faults, fault)
		}
	}
	return faults
}

// ask lets the flow have what it asks for, until it answers.
func ask(flow flows.Flow, r *request) (answered, string) {
	for range mostAsks {
		outcome := flows.Evaluate(flow, r.facts)
		if outcome.Needs == nil {
			return answered{r.facts, outcome}, ""
		}
		r.gather(*outcome.Needs)
	}
	return answered{}, fmt.Sprintf("it asks for more than %d facts, the last one: %s", mostAsks, flows.Evaluate(flow, r.facts).Needs)
}

// differs asks again.
func (a answered) differs(flow flows.Flow) string {
	for range again {
		if other := flows.Evaluate(flow, a.facts); !reflect.DeepEqual(other, a.outcome) {
			return fmt.Sprintf("the same request gets two answers: it reads what isn't a fact, such as a clock, randomness, the order of a map or a variable that changes\n  first: %s\n  again: %s\n  given: %s",
				a.outcome.Explain(), other.Explain(), a.given())
		}
	}
	return ""
}

// unanswered says why the flow has refused, unless it's for what the account
// directory doesn't have.
func (a answered) unanswered() string {
	if a.outcome.Result != flows.Refused || isDirectorys(a.outcome.Why) {
		return ""
	}
	return fmt.Sprintf("a request gets no answer: %s\n  given: %s", a.outcome.Why, a.given())
}

// given are the facts as a table of examples has them.
func (a answered) given() string {
	text, err := json.Marshal(a.facts)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
