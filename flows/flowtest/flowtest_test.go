package flowtest_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/flowtest"
)

// listener is a test that only notes what it is told.
type listener struct {
	testing.TB
	heard []string
}

// Helper does nothing.
func (l *listener) Helper() {}

// Errorf notes it.
func (l *listener) Errorf(format string, args ...any) {
	l.heard = append(l.heard, fmt.Sprintf(format, args...))
}

// hears fails the test unless exactly these texts are told, in any order.
func (l *listener) hears(t *testing.T, want ...string) {
	t.Helper()
	said := strings.Join(l.heard, "\n")
	for _, text := range want {
		if !strings.Contains(said, text) {
			t.Errorf("told %q, want %q", said, text)
		}
	}
	if len(l.heard) != len(want) {
		t.Errorf("told %d things, want %d:\n%s", len(l.heard), len(want), said)
	}
}

func TestRulesAsTheyShouldBe(t *testing.T) {
	flowtest.Check(t, flows.Impersonation)
}

// fine is a source in which nothing is wrong.
const fine = "package rules\n"

// written is a rule's file around what its function does.
func written(imports, body string) string {
	return "package rules\n\nimport (\n\t\"github.com/understudyhq/understudy/flows\"\n" + imports + "\n)\n\nvar limits = map[string]int{}\n\n" +
		"var Flow = flows.Flow{\n\tName: \"x\",\n\tOnRequest: func(r flows.Request) flows.Verdict {\n" + body + "\n\t\treturn flows.Approve(\"well\")\n\t},\n}\n"
}

func approve(flows.Request) flows.Verdict { return flows.Approve("well") }

func TestSourcesThatDoWhatRulesMayNot(t *testing.T) {
	for name, tt := range map[string]struct {
		source string
		want   []string
	}{
		"fine": {written(`"strings"; "time"`, `if strings.ToUpper(r.Text("a")) == "B" && r.Time().In(time.FixedZone("", 3600)).Hour() > 3 { n := 1; n++; _ = n }`), nil},
		"a clock": {written(`"time"`, `_ = time.Now(); _ = time.Since(r.Time())`),
			[]string{"flow x: it uses time.Now (line 13): rules know no clock", "it uses time.Since"}},
		"a clock by another name": {written(`clock "time"`, `_ = clock.Now()`), []string{"it uses time.Now"}},
		"a clock as a value":      {written(`"time"`, `now := time.Now; _ = now()`), []string{"it uses time.Now"}},
		"this machine's zone":     {written(`"time"`, `_ = r.Time().Local(); _ = r.Time().In(time.Local); _, _ = time.LoadLocation("Europe/Oslo")`), []string{"it uses Local", "it uses time.Local (", "it uses time.LoadLocation"}},
		"dice":                    {written(`"math/rand/v2"`, `_ = rand.IntN(6)`), []string{"it imports math/rand/v2 (line 5): rules know no randomness"}},
		"a file":                  {written(`"os"`, `_, _ = os.ReadFile("/etc/passwd")`), []string{"it imports os (line 5): rules do no I/O"}},
		"the network":             {written(`"net/http"`, `_, _ = http.Get("https://example.com")`), []string{"it imports net/http"}},
		"a log":                   {written(`"fmt"`, `fmt.Println("hello"); println("there"); _ = fmt.Sprint(1)`), []string{"it uses fmt.Println", "it calls println"}},
		"somebody else's code":    {written(`"example.com/holidays"`, `_ = holidays.Norway`), []string{"it imports example.com/holidays (line 5): its code isn't in the flow's Source"}},
		"pointers":                {written(`"unsafe"`, ``), []string{"it imports unsafe (line 5): rules may import what only computes"}},
		"a lock":                  {written(`"sync"`, ``), []string{"it imports sync (line 5): rules run in one goroutine"}},
		"a goroutine":             {written(``, `go func() { select {} }()`), []string{"it starts a goroutine", "it has a select"}},
		"memory":                  {written(``, `limits["a"]++`), []string{"it changes the variable limits (line 13): rules remember nothing"}},
		"forgetting":              {written(``, `delete(limits, "a")`), []string{"it changes the variable limits"}},
		"its own variable":        {written(``, `limits := limits["a"]; limits++; _ = limits`), nil},
		"another file":            {written(``, `if holiday(r.Time()) { return flows.Deny("a holiday") }`), []string{"it uses holiday (line 13): that isn't in the flow's Source"}},
		"two files":               {written(``, `if holiday(r.Time()) { return flows.Deny("a holiday") }`) + "package rules\n\nimport \"time\"\n\nfunc holiday(at time.Time) bool { return at.YearDay() == 1 }\n", nil},
		"no file":                 {"", []string{"it has no Source"}},
		"no Go":                   {"if plan == free then approve", []string{"its Source isn't a Go file"}},
	} {
		t.Run(name, func(t *testing.T) {
			var l listener
			flowtest.Check(&l, flows.Flow{Name: "x", Source: tt.source, OnRequest: approve})
			l.hears(t, tt.want...)
		})
	}
}

func TestFlowsWithTwoAnswers(t *testing.T) {
	count, last := 0, time.Time{}
	groups := map[string]string{"a": "yes", "b": "no"}
	for name, rule := range map[string]func(flows.Request) flows.Verdict{
		"a clock": func(flows.Request) flows.Verdict { return flows.Approve(time.Now().String()) },
		"a count": func(flows.Request) flows.Verdict { count++; return flows.Approve(strconv.Itoa(count)) },
		"a map's order": func(flows.Request) flows.Verdict {
			for name := range groups {
				return flows.Approve(name)
			}
			return flows.Deny("")
		},
		"who came before": func(r flows.Request) flows.Verdict {
			before := last
			if last = r.Time(); before.After(last) {
				return flows.Deny("not after a later one")
			}
			return flows.Approve("first")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var l listener
			flowtest.Check(&l, flows.Flow{Name: "x", Source: fine, OnRequest: rule})
			l.hears(t, "flow x: the same request gets two answers")
		})
	}
}

func TestFlowsWithoutAnAnswer(t *testing.T) {
	source := written("", `_ = r.Text("plan") == "gold"; _ = r.Number("seats") > 40`)
	for why, flow := range map[string]flows.Flow{
		"the rule gave no verdict": {OnRequest: func(r flows.Request) (v flows.Verdict) {
			if r.Text("plan") == "gold" {
				return v
			}
			return flows.Approve("well")
		}},
		"the rule failed: runtime error: index out of range [0] with length 0": {OnRequest: func(r flows.Request) flows.Verdict {
			return flows.Approve(string(r.Text("plan")[0]))
		}},
		"the rule names nobody to ask": {Approvers: func(r flows.Request) (route flows.Route) {
			if r.Number("seats") == 41 {
				return route
			}
			return flows.Group("leads")
		}},
		"the flow names no approvers":                    {OnRequest: func(flows.Request) flows.Verdict { return flows.Ask() }},
		"the flow doesn't declare the parameter manager": {OnRequest: func(r flows.Request) flows.Verdict { return flows.Approve(r.Param("manager")) }},
		"it asks for more than 50 facts": {OnRequest: func(r flows.Request) flows.Verdict {
			for i := 0; ; i++ {
				r.InGroup(strconv.Itoa(i))
			}
		}},
	} {
		t.Run(why, func(t *testing.T) {
			flow.Name, flow.Source = "x", source
			var l listener
			flowtest.Check(&l, flow)
			l.hears(t, why)
		})
	}
}

func TestAFlowWithoutAName(t *testing.T) {
	var l listener
	flowtest.Check(&l, flows.Flow{Source: fine, OnRequest: approve})
	l.hears(t, "it has no Name")
}

func TestExamples(t *testing.T) {
	for _, tt := range []struct{ examples, want string }{
		{`{"flow":"impersonation","examples":[{"name":"free","given":{"fields":{"customer_plan":"free"}},"want":{"result":"approved"}}]}`, ""},
		{`{"flow":"impersonation","examples":[{"name":"free","given":{"fields":{"customer_plan":"free"}},"want":{"result":"denied"}}]}`,
			"free: result is \"approved\", want \"denied\"\ncustomer_plan = free → approved: free tier account"},
		{`{"flow":"other","examples":[{"name":"free","want":{"result":"denied"}}]}`, "the examples are of the flow other, and this is impersonation"},
		{`{}`, "the examples: flow is missing"},
	} {
		var l listener
		flowtest.Examples(&l, flows.Impersonation, []byte(tt.examples))
		if tt.want == "" {
			l.hears(t)
			continue
		}
		l.hears(t, tt.want)
	}
}
