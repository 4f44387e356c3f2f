package provision

import (
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
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

func (r Record) readPolicy() (policy approval.Policy, problems []Problem) {
	policy = approval.Policy{Timeout: defaultTimeout, Warn: defaultWarn, DenyReason: approval.Reasoning(r.DenyReason), Viewers: r.Viewers, Revokers: r.Revokers}
	var err error
	if r.Timeout != "" {
		if policy.Timeout, err = time.ParseDuration(r.Timeout); err != nil || policy.Timeout < time.Minute {
			problems = append(problems, problem("timeout", `%q isn't a time of at least a minute, such as "1h"`, r.Timeout))
		}
	}
	if r.Warn != "" {
		if policy.Warn, err = time.ParseDuration(r.Warn); err != nil || policy.Warn < 0 {
			problems = append(problems, problem("warn", `%q isn't a time before the end, such as "5m", or "0s" for never`, r.Warn))
		}
	}
	switch policy.DenyReason {
	case "optional":
		policy.DenyReason = approval.ReasonOptional
	case approval.ReasonOptional, approval.ReasonRequired, approval.ReasonUnasked:
	default:
		problems = append(problems, problem("deny_reason", `%q isn't "optional", "required" or "none"`, r.DenyReason))
	}
	var wrong *Problem
	if policy.Remind, wrong = r.readRemind(policy.Timeout); wrong != nil {
		problems = append(problems, *wrong)
	}
	return policy, problems
}

func (r Record) readRemind(timeout time.Duration) (remind []time.Duration, wrong *Problem) {
	if r.Remind == nil {
		return slices.DeleteFunc(defaultRemind(), func(d time.Duration) bool { return d >= timeout }), nil
	}
	if len(r.Remind) > mostReminders {
		return nil, wronged("remind", "%d times; give %d at most", len(r.Remind), mostReminders)
	}
	for _, text := range r.Remind {
		d, err := time.ParseDuration(text)
		if err != nil || d < time.Minute || d >= timeout {
			return nil, wronged("remind", "%q isn't a time of at least a minute that is before the timeout, %s", text, short(timeout))
		}
		if len(remind) > 0 && d <= remind[len(remind)-1] {
			return nil, wronged("remind", "%q doesn't come after the one before it", text)
		}
		remind = append(remind, d)
	}
	return remind, nil
}

func (r Record) readDurations() (durations []time.Duration, wrong *Problem) {
	if len(r.Durations) == 0 || len(r.Durations) > mostDurations {
		return nil, wronged("durations", `give 1 to %d of them, such as ["15m", "1h"]`, mostDurations)
	}
	for _, text := range r.Durations {
		d, err := time.ParseDuration(text)
		if err != nil || d < time.Minute || d > longestGrant || d%time.Minute != 0 {
			return nil, wronged("durations", "%q isn't a time of whole minutes between 1m and %s", text, short(longestGrant))
		}
		if slices.Contains(durations, d) {
			return nil, wronged("durations", "%q is there twice", text)
		}
		durations = append(durations, d)
	}
	return durations, nil
}

// readDefault is zero where the first of the durations is meant.
func (r Record) readDefault(durations []time.Duration) (time.Duration, *Problem) {
	if r.Default == "" || len(durations) == 0 {
		return 0, nil
	}
	d, err := time.ParseDuration(r.Default)
	switch {
	case err != nil || !slices.Contains(durations, d):
		return 0, wronged("default_duration", "%q isn't one of the durations: %s", r.Default, strings.Join(r.Durations, ", "))
	case d == durations[0]:
		return 0, nil
	}
	return d, nil
}

// readLongest is zero where there is no bound.
func (r Record) readLongest(durations []time.Duration) (time.Duration, *Problem) {
	if r.Longest == "" {
		return 0, nil
	}
	longest, err := time.ParseDuration(r.Longest)
	if err != nil || longest <= 0 {
		return 0, wronged("longest", `%q isn't a time, such as "4h"`, r.Longest)
	}
	for _, d := range durations {
		if d > longest {
			return 0, wronged("longest", "%q is shorter than one of the durations, %s", r.Longest, short(d))
		}
	}
	return longest, nil
}

func wronged(field, format string, args ...any) *Problem {
	p := problem(field, format, args...)
	return &p
}

// short writes a time as people do: 15m, 1h, 1h30m.
func short(d time.Duration) string {
	text := d.String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = text[:len(text)-2]
		}
	}
	return text
}

func shortAll(durations []time.Duration) []string {
	texts := make([]string, len(durations))
	for i, d := range durations {
		texts[i] = short(d)
	}
	return texts
}
