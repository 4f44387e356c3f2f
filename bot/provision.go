package bot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

const (
	defaultTimeout = time.Hour
	defaultWarn    = 5 * time.Minute
	longestGrant   = 24 * time.Hour
	mostDurations  = 20
	mostReminders  = 10
)

// defaultRemind backs off: an approver who is silent for long is away.
func defaultRemind() []time.Duration {
	return []time.Duration{5 * time.Minute, 15 * time.Minute, 45 * time.Minute}
}

// flowsFile is a file of provisioned flows, as people write it.
type flowsFile struct {
	Flows []flowEntry `json:"flows"`
}

type flowEntry struct {
	Name      string            `json:"name"`
	Params    map[string]string `json:"params"`
	Durations []string          `json:"durations"`
	Timeout   string            `json:"timeout"`
	// Remind is when the undecided are reminded, since they were asked. Absent
	// means defaultRemind, an empty list never.
	Remind []string `json:"remind"`
	// Warn is how long before a grant's end its requester is told; "0s" never.
	Warn string `json:"warn"`
	// DenyReason is "optional", "required" or "none".
	DenyReason string `json:"deny_reason"`
}

// ReadFlows reads a file of provisioned flows and checks it against the rules
// that the program has. The error names every problem at once.
func ReadFlows(data []byte, rules map[string]flows.Flow) ([]store.Flow, error) {
	var file flowsFile
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("it isn't a file of flows, such as %s: %w", exampleFlows, err)
	}
	if len(file.Flows) == 0 {
		return nil, fmt.Errorf("it has no flow; write %s", exampleFlows)
	}
	var problems []error
	var read []store.Flow
	for i, entry := range file.Flows {
		flow, found := entry.read(rules)
		for _, problem := range found {
			problems = append(problems, fmt.Errorf("flow %d (%q): %w", i+1, entry.Name, problem))
		}
		if slices.ContainsFunc(read, func(f store.Flow) bool { return f.Name == flow.Name }) {
			problems = append(problems, fmt.Errorf("flow %d (%q): there is another one of this name", i+1, entry.Name))
		}
		read = append(read, flow)
	}
	return read, errors.Join(problems...)
}

const exampleFlows = `{"flows":[{"name":"impersonation","params":{"manager_schedule":"PMGRS01"},"durations":["15m","1h"]}]}`

func (e flowEntry) read(rules map[string]flows.Flow) (store.Flow, []error) {
	rule, known := rules[e.Name]
	if !known {
		names := slices.Sorted(maps.Keys(rules))
		return store.Flow{Name: e.Name}, []error{fmt.Errorf("name: there are no such rules; there are: %s", strings.Join(names, ", "))}
	}
	problems := e.checkParams(rule)
	durations, err := e.readDurations()
	if err != nil {
		problems = append(problems, err)
	}
	policy, found := e.readPolicy()
	return store.Flow{
		Name: e.Name, Fingerprint: rule.Fingerprint(), Params: e.Params, Durations: durations, Policy: policy,
	}, append(problems, found...)
}

func (e flowEntry) readPolicy() (policy approval.Policy, problems []error) {
	policy = approval.Policy{Timeout: defaultTimeout, Warn: defaultWarn, DenyReason: approval.Reasoning(e.DenyReason)}
	var err error
	if e.Timeout != "" {
		if policy.Timeout, err = time.ParseDuration(e.Timeout); err != nil || policy.Timeout < time.Minute {
			problems = append(problems, fmt.Errorf("timeout: %q isn't a time of at least a minute, such as \"1h\"", e.Timeout))
		}
	}
	if e.Warn != "" {
		if policy.Warn, err = time.ParseDuration(e.Warn); err != nil || policy.Warn < 0 {
			problems = append(problems, fmt.Errorf("warn: %q isn't a time before the end, such as \"5m\", or \"0s\" for never", e.Warn))
		}
	}
	switch policy.DenyReason {
	case "optional":
		policy.DenyReason = approval.ReasonOptional
	case approval.ReasonOptional, approval.ReasonRequired, approval.ReasonUnasked:
	default:
		problems = append(problems, fmt.Errorf("deny_reason: %q isn't \"optional\", \"required\" or \"none\"", e.DenyReason))
	}
	policy.Remind, err = e.readRemind(policy.Timeout)
	if err != nil {
		problems = append(problems, err)
	}
	return policy, problems
}

func (e flowEntry) readRemind(timeout time.Duration) (remind []time.Duration, err error) {
	if e.Remind == nil {
		return slices.DeleteFunc(defaultRemind(), func(d time.Duration) bool { return d >= timeout }), nil
	}
	if len(e.Remind) > mostReminders {
		return nil, fmt.Errorf("remind: %d times; give %d at most", len(e.Remind), mostReminders)
	}
	for _, text := range e.Remind {
		d, err := time.ParseDuration(text)
		if err != nil || d < time.Minute || d >= timeout {
			return nil, fmt.Errorf("remind: %q isn't a time of at least a minute that is before the timeout, %s", text, timeout)
		}
		if len(remind) > 0 && d <= remind[len(remind)-1] {
			return nil, fmt.Errorf("remind: %q doesn't come after the one before it", text)
		}
		remind = append(remind, d)
	}
	return remind, nil
}

func (e flowEntry) checkParams(rule flows.Flow) (problems []error) {
	for _, name := range slices.Sorted(maps.Keys(rule.Params)) {
		value, set := e.Params[name]
		if !set || value == "" {
			problems = append(problems, fmt.Errorf("params: %s is missing; the rules need it (a %s)", name, rule.Params[name]))
			continue
		}
		if why := unfit(rule.Params[name], value); why != "" {
			problems = append(problems, fmt.Errorf("params: %s is %q, which %s", name, value, why))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Params)) {
		if _, declared := rule.Params[name]; !declared {
			problems = append(problems, fmt.Errorf("params: the rules have no %s; remove it", name))
		}
	}
	return problems
}

// unfit says why a value can't be of this kind, empty if it can.
func unfit(kind flows.ParamKind, value string) string {
	switch kind {
	case flows.Number:
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return "isn't a number"
		}
	case flows.Duration:
		if _, err := time.ParseDuration(value); err != nil {
			return `isn't a duration, such as "15m"`
		}
	case flows.Email:
		if !strings.Contains(value, "@") {
			return "isn't an e-mail address"
		}
	case flows.Text, flows.Schedule, flows.UserGroup:
	}
	return ""
}

func (e flowEntry) readDurations() (durations []time.Duration, err error) {
	if len(e.Durations) == 0 || len(e.Durations) > mostDurations {
		return nil, fmt.Errorf("durations: give 1 to %d of them, such as [\"15m\", \"1h\"]", mostDurations)
	}
	for _, text := range e.Durations {
		d, err := time.ParseDuration(text)
		if err != nil || d < time.Minute || d > longestGrant || d%time.Minute != 0 {
			return nil, fmt.Errorf("durations: %q isn't a time of whole minutes between 1m and %s", text, "24h")
		}
		if slices.Contains(durations, d) {
			return nil, fmt.Errorf("durations: %q is there twice", text)
		}
		durations = append(durations, d)
	}
	return durations, nil
}
