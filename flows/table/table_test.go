package table_test

import (
	"strings"
	"testing"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/table"
)

const ours = `{
  "flow": "impersonation",
  "params": {"manager_schedule": "PMGRS01"},
  "examples": [
    {"name": "free tier", "given": {"fields": {"customer_plan": "free"}},
     "want": {"result": "approved", "why": "free tier account"}},
    {"name": "another schedule", "given": {"fields": {"customer_plan": "pro", "is_assigned": false}, "params": {"manager_schedule": "POTHER"}},
     "want": {"result": "asked", "route": "on-call managers (schedule POTHER)"}},
    {"name": "no plan", "given": {"fields": {}},
     "want": {"result": "refused", "why": "the account directory has no customer_plan for this account"}}
  ]
}`

func TestExamplesThatHold(t *testing.T) {
	read, err := table.Read([]byte(ours))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range read.Examples {
		if _, err := read.Check(flows.Impersonation, e); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}

func TestExamplesThatDont(t *testing.T) {
	night := flows.Flow{OnRequest: func(r flows.Request) flows.Verdict {
		if r.InGroup("owls") || r.Time().Hour() < 6 {
			return flows.Approve("at night")
		}
		return flows.Deny("by day")
	}}
	for _, tt := range []struct {
		flow        flows.Flow
		given, want string
		problem     string
	}{
		{flows.Impersonation, `{"fields":{"customer_plan":"free"}}`, `{"result":"denied","why":"free"}`,
			"result is \"approved\", want \"denied\"\nwhy is \"free tier account\", want \"free\""},
		{flows.Impersonation, `{"fields":{"customer_plan":"pro","is_assigned":false}}`, `{"result":"asked","route":"the group @leads"}`,
			`route is "on-call managers (schedule PMGRS01)", want "the group @leads"`},
		{flows.Impersonation, `{}`, `{"result":"refused"}`, "the flow reads what isn't given: customer_plan"},
		{night, `{"time":"2026-11-24T05:00:00Z"}`, `{"result":"approved"}`, "the flow reads what isn't given: in group owls"},
		{night, `{"groups":{"owls":false}}`, `{"result":"approved"}`, "the flow reads what isn't given: time of the request"},
	} {
		read, err := table.Read([]byte(`{"flow":"x","params":{"manager_schedule":"PMGRS01"},"examples":[{"name":"one","given":` + tt.given + `,"want":` + tt.want + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read.Check(tt.flow, read.Examples[0]); err == nil || err.Error() != tt.problem {
			t.Errorf("%s wants %s: got %v, want %s", tt.given, tt.want, err, tt.problem)
		}
	}
}

func TestTablesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		``:                             "it isn't a table of examples: EOF",
		`{"flow":"x","exampels":[]}`:   `unknown field "exampels"`,
		`{"flow":"x","examples":[]}{}`: "it has something after the table",
		`{}`:                           "flow is missing: name the flow that the examples are of\nit has no examples",
		`{"flow":"x","examples":[{}]}`: `example 1 (""): name is missing: say what it shows`,
		`{"flow":"x","examples":[{"name":"a","want":{"result":"needs_fact"}}]}`:                                     `example 1 ("a"): want: result is "needs_fact": write approved, denied, asked or refused`,
		`{"flow":"x","examples":[{"name":"a","want":{"result":"denied","route":"b"}}]}`:                             `want: nobody is asked where the result is denied: leave out route`,
		`{"flow":"x","examples":[{"name":"a","want":{"result":"denied"}},{"name":"a","want":{"result":"denied"}}]}`: `example 2 ("a"): there is another one of this name`,
		`{"flow":"x","examples":[{"name":"a","given":{"group":{"b":true}},"want":{"result":"denied"}}]}`:            `unknown field "group"`,
	} {
		if _, err := table.Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
