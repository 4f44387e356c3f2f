package provision_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

func flowsFile(more string) []byte {
	return []byte(`{"flows":[{"name":"impersonation","params":{"manager_schedule":"PMGRS01"},"durations":["15m"]` + more + `}]}`)
}

func TestPolicies(t *testing.T) {
	rules := map[string]flows.Flow{"impersonation": flows.Impersonation}
	minutes := func(of ...int) (list []time.Duration) {
		for _, n := range of {
			list = append(list, time.Duration(n)*time.Minute)
		}
		return list
	}
	for more, want := range map[string]approval.Policy{
		``: {Timeout: time.Hour, Warn: 5 * time.Minute, Remind: minutes(5, 15, 45)},
		`,"timeout":"30m","warn":"0s","deny_reason":"none"`: {Timeout: 30 * time.Minute, Remind: minutes(5, 15), DenyReason: approval.ReasonUnasked},
		`,"remind":[],"deny_reason":"optional"`:             {Timeout: time.Hour, Warn: 5 * time.Minute},
		`,"remind":["2m","9m"],"deny_reason":"required"`:    {Timeout: time.Hour, Warn: 5 * time.Minute, Remind: minutes(2, 9), DenyReason: approval.ReasonRequired},
	} {
		read, err := provision.ReadFile(flowsFile(more), rules)
		if err != nil {
			t.Errorf("%s: %v", more, err)
			continue
		}
		if diff := cmp.Diff(want, read[0].Policy); diff != "" {
			t.Errorf("%s (-want +got):\n%s", more, diff)
		}
	}
}

func TestPoliciesThatAreNone(t *testing.T) {
	rules := map[string]flows.Flow{"impersonation": flows.Impersonation}
	for more, want := range map[string]string{
		`,"remind":["soon"]`:                                 `remind: "soon" isn't a time`,
		`,"remind":["10m","5m"]`:                             `remind: "5m" doesn't come after`,
		`,"remind":["1h"]`:                                   "before the timeout, 1h",
		`,"remind":["1s"]`:                                   "at least a minute",
		`,"warn":"-5m"`:                                      `warn: "-5m"`,
		`,"deny_reason":"maybe"`:                             `deny_reason: "maybe"`,
		`,"timeout":"1s","warn":"late"`:                      `timeout: "1s"`,
		`,"reminders":["5m"]`:                                "unknown field",
		`,"app":{"name":"Portal","url":"https://p.example"}`: `app.name: "Portal"`,
		`,"app":{"name":"portal"}`:                           `app.url: "" isn't a web address`,
		`,"app":{"name":"portal","url":"http://portal.example.com"}`:                          "over the network for all to read",
		`,"app":{"name":"portal","url":"javascript:alert(1)"}`:                                "isn't a web address",
		`,"app":{"name":"portal","url":"https://p.example/#x"}`:                               "a fragment",
		`,"app":{"name":"portal","url":"https://p.example/?code=x"}`:                          "a code of its own",
		`,"app":{"name":"portal","url":"https://p.example","webhook":"http://10.1.2.3/hook"}`: `app.webhook: "http://10.1.2.3/hook" would send`,
		`,"app":{"name":"portal","url":"https://p.example","webhook":"portal"}`:               `app.webhook: "portal" isn't a web address`,
		`,"app":{"name":"portal","url":"https://p.example","scope":"admin"}`:                  `app.scope: "admin"`,
		`,"app":{"name":"portal","url":"https://p.example","clock":"never"}`:                  `app.clock: "never"`,
		`,"app":{"name":"portal","url":"https://p.example","title":" "}`:                      `app.title: " " isn't what people call an app: write 40 visible characters`,
		`,"app":{"name":"portal","url":"https://p.example","fresh_sign_in":"59s"}`:            `app.fresh_sign_in: "59s" isn't a time of whole seconds between 1m and 12h`,
		`,"app":{"name":"portal","url":"https://p.example","fresh_sign_in":"12h1s"}`:          `app.fresh_sign_in: "12h1s"`,
		`,"app":{"name":"portal","url":"https://p.example","fresh_sign_in":"90.5s"}`:          `app.fresh_sign_in: "90.5s"`,
		`,"app":{"name":"portal","url":"https://p.example","fresh_sign_in":"soon"}`:           `app.fresh_sign_in: "soon"`,
		`,"app":{"name":"portal","url":"https://p.example","lifetime":"long"}`:                "unknown field",
	} {
		if _, err := provision.ReadFile(flowsFile(more), rules); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", more, err, want)
		}
	}
	_, err := provision.ReadFile(flowsFile(`,"timeout":"1s","warn":"late","deny_reason":"?"`), rules)
	for _, want := range []string{"timeout", "warn", "deny_reason"} {
		if err == nil || !strings.Contains(err.Error(), want+":") {
			t.Errorf("not all problems are named at once: %v lacks %s", err, want)
		}
	}
}

// TestNothingInARecordIsHidden gives values that a terminal or a reader wouldn't
// show as they are, and numbers by which a rule would let everybody in.
func TestNothingInARecordIsHidden(t *testing.T) {
	seats := flows.Flow{Name: "impersonation", Params: flows.Params{"manager_schedule": flows.Schedule, "seats": flows.Number}}
	rules := map[string]flows.Flow{"impersonation": seats}
	record := func() provision.Record {
		return provision.Record{
			Name: "impersonation", Durations: []string{"15m"}, Labels: map[string]string{"team": "Stø, équipe d'été 支援"},
			Params: map[string]string{"manager_schedule": "PMGRS01", "seats": "1e3"},
		}
	}
	if _, problems := record().Flow(rules); len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, hidden := range []string{"P\x1b[2K", "P\rversion 1", "P\nversion 1", "P\u202e10SRGM", "P\u200b", "P\x7f", "P\u009b2K", "P\xff"} {
		in, labelled, keyed := record(), record(), record()
		in.Params["manager_schedule"], labelled.Labels["team"], keyed.Labels[hidden] = hidden, hidden, "x"
		for _, r := range []provision.Record{in, labelled, keyed} {
			if _, problems := r.Flow(rules); len(problems) != 1 || !strings.Contains(problems[0].Text, "nobody sees") {
				t.Errorf("%+q: %v", hidden, problems)
			}
		}
	}
	for _, number := range []string{"NaN", "Inf", "-infinity", "many"} {
		r := record()
		r.Params["seats"] = number
		if _, problems := r.Flow(rules); len(problems) != 1 || !strings.Contains(problems[0].Text, "isn't a number") {
			t.Errorf("seats = %s: %v", number, problems)
		}
	}
}

func TestAFileIsOneValue(t *testing.T) {
	for _, more := range []string{"}", "]", " {}", "x"} {
		if _, err := provision.ReadFile(append(flowsFile(""), more...), map[string]flows.Flow{"impersonation": flows.Impersonation}); err == nil {
			t.Errorf("a file with %q behind it was read", more)
		}
	}
}
