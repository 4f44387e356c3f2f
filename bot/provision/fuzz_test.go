package provision

import (
	"slices"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows"
)

// FuzzFlows holds that a flow that is taken can run: it has rules, their
// parameters, and durations within bounds.
func FuzzFlows(f *testing.F) {
	f.Add([]byte(exampleFile))
	f.Add([]byte(`{"flows":[{"name":"impersonation","params":{"manager_schedule":"P1"},"durations":["1m"],"timeout":"90m"},{"name":"impersonation"}]}`))
	f.Add([]byte(`{"flows":[{"name":"impersonation","params":{"manager_schedule":"","other":"x"},"durations":["15s","15m","15m"],"timeout":"-1h"}]}`))
	f.Add([]byte(`{"flows":[]}`))
	rules := map[string]flows.Flow{"impersonation": flows.Impersonation}
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := ReadFile(data, rules)
		if err != nil {
			return
		}
		for _, flow := range read {
			_, known := rules[flow.Name]
			outside := slices.ContainsFunc(flow.Durations, func(d time.Duration) bool { return d < time.Minute || d > longestGrant })
			if !known || flow.Params["manager_schedule"] == "" || len(flow.Durations) == 0 || outside || flow.Policy.Timeout < time.Minute {
				t.Errorf("taken: %+v", flow)
			}
		}
	})
}
