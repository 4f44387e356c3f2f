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
		`,"remind":["soon"]`:            `remind: "soon" isn't a time`,
		`,"remind":["10m","5m"]`:        `remind: "5m" doesn't come after`,
		`,"remind":["1h"]`:              "before the timeout, 1h",
		`,"remind":["1s"]`:              "at least a minute",
		`,"warn":"-5m"`:                 `warn: "-5m"`,
		`,"deny_reason":"maybe"`:        `deny_reason: "maybe"`,
		`,"timeout":"1s","warn":"late"`: `timeout: "1s"`,
		`,"reminders":["5m"]`:           "unknown field",
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

func TestAFileIsOneValue(t *testing.T) {
	for _, more := range []string{"}", "]", " {}", "x"} {
		if _, err := provision.ReadFile(append(flowsFile(""), more...), map[string]flows.Flow{"impersonation": flows.Impersonation}); err == nil {
			t.Errorf("a file with %q behind it was read", more)
		}
	}
}
