package approval_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	kim  = approval.Person{ID: "U0KIM", Name: "Kim", Email: "kim@example.com"}
	mia  = approval.Person{ID: "U0MIA", Name: "Mia", Email: "mia@example.com"}
	ola  = approval.Person{ID: "U0OLA", Name: "Ola"}
	ida  = approval.Person{ID: "U0IDA", Name: "Ida"}
)

// story is a case that the state machine makes, a command at a time.
type story struct {
	t      testing.TB
	now    time.Time
	c      approval.Case
	events []approval.Event
}

func begin(t testing.TB) *story { return &story{t: t, now: noon} }

// try decides the command, and applies what follows.
func (s *story) try(cmd approval.Command) ([]approval.Event, error) {
	events, err := approval.Decide(s.c, cmd, s.now)
	for _, e := range events {
		s.c = approval.Apply(s.c, e)
	}
	s.events = append(s.events, events...)
	return events, err
}

func (s *story) then(commands ...approval.Command) *story {
	s.t.Helper()
	for _, cmd := range commands {
		if _, err := s.try(cmd); err != nil {
			s.t.Fatalf("%T: %v", cmd, err)
		}
	}
	return s
}

func (s *story) after(d time.Duration) *story {
	s.now = s.now.Add(d)
	return s
}

// rejected says why the command has no effect, empty if it has one.
func (s *story) rejected(cmd approval.Command) approval.RejectionKind {
	s.t.Helper()
	if _, err := s.try(cmd); err != nil {
		rejection, ok := errors.AsType[*approval.Rejection](err)
		if !ok {
			s.t.Fatalf("%T: %v isn't a rejection", cmd, err)
		}
		return rejection.Kind
	}
	return ""
}

// types are the kinds of the events since the first n.
func (s *story) types(n int) (types []string) {
	for _, e := range s.events[n:] {
		types = append(types, e.Type())
	}
	return types
}

func same[T any](t testing.TB, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	same(t, name, string(want), got)
}

func submission() approval.Submit {
	return approval.Submit{
		ID: "case-7f3a",
		Flow: approval.FlowVersion{ID: "82fe1163", Name: "impersonation", Version: 1, Policy: approval.Policy{
			Timeout: 30 * time.Minute, Remind: []time.Duration{5 * time.Minute}, Warn: 5 * time.Minute,
			Viewers: []string{"auditors"}, Revokers: []string{"security"}},
			Durations: []time.Duration{time.Minute, time.Hour, 2 * time.Hour}},
		Requester: kim,
		Account:   approval.Account{ID: "acct_42", Name: "Globex", Plan: "enterprise"},
		Reason:    "Invoice 1042 shows twice.",
		Duration:  time.Hour,
	}
}

// ruled is a ruling that asks along the route, or says what result says.
func ruled(result flows.Result, route *flows.Route) approval.Ruling {
	return approval.Ruling{
		Account: submission().Account,
		Facts:   flows.Facts{Time: noon, Fields: map[string]any{"customer_plan": "enterprise"}},
		Outcome: flows.Outcome{Result: result, Why: "so say the rules", Route: route},
	}
}

// ask finds these people for the route's first leg.
func ask(route flows.Route, people ...approval.Person) approval.Rule {
	return approval.Rule{Ruling: ruled(flows.Asked, &route), Found: found(route, people...)}
}

func found(route flows.Route, people ...approval.Person) approval.Found {
	f := approval.Found{Route: route}
	for _, p := range people {
		f.Approvers = append(f.Approvers, approval.Approver{Person: p, Leg: route.Legs[0], Asked: true})
	}
	return f
}

// may adds people who may decide unasked.
func may(f approval.Found, people ...approval.Person) approval.Found {
	for _, p := range people {
		f.Approvers = append(f.Approvers, approval.Approver{Person: p, Leg: flows.Leg{Kind: flows.GroupLeg, Name: "leads"}})
	}
	return f
}

var managers = flows.OnCall("PMGRS01")

// pending waits for Mia and Ola; its route escalates, and its shift ends.
func pending(t testing.TB) *story {
	rule := ask(managers.EscalateAfter(10*time.Minute, flows.Group("directors")), mia, ola)
	rule.Found.ShiftEnds = noon.Add(15 * time.Minute)
	return begin(t).then(submission(), rule)
}

func active(t testing.TB) *story { return pending(t).then(approval.Approve{By: mia}) }
