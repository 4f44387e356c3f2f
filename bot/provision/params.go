package provision

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/understudyhq/understudy/flows"
)

const longestParam = 500

// Printable says whether people see all of the text, as it is: no line ends, no
// terminal's commands, nothing that is invisible or turns the text around it. A
// record is read by those who check what it changes.
func Printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (r Record) checkParams(rule flows.Flow) (problems []Problem) {
	for _, name := range slices.Sorted(maps.Keys(rule.Params)) {
		value, set := r.Params[name]
		if !set || value == "" {
			problems = append(problems, problem("params", "%s is missing; the rules need it (a %s)", name, rule.Params[name]))
			continue
		}
		if !Printable(value) || len(value) > longestParam {
			problems = append(problems, problem("params", "%s has characters that nobody sees, or more than %d bytes", name, longestParam))
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
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) { // a rule that compares with NaN says no to everything
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
