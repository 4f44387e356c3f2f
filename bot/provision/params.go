package provision

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows"
)

func (r Record) checkParams(rule flows.Flow) (problems []Problem) {
	for _, name := range slices.Sorted(maps.Keys(rule.Params)) {
		value, set := r.Params[name]
		if !set || value == "" {
			problems = append(problems, problem("params", "%s is missing; the rules need it (a %s)", name, rule.Params[name]))
			continue
		}
		if why := unfit(rule.Params[name], value); why != "" {
			problems = append(problems, problem("params", "%s is %q, which %s", name, value, why))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Params)) {
		if _, declared := rule.Params[name]; !declared {
			problems = append(problems, problem("params", "the rules have no %s; remove it", name))
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
