package demo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/understudyhq/understudy/bot/demo/portal"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/bot/slacksim/page"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// Play is what a demo shows. The zero one shows all flows of its program.
type Play struct {
	Rules []flows.Flow       // that its bot has
	Flows []provision.Record // those that are provisioned, unless a kept store has them
	Guide []page.GuideStep   // what a first-time visitor should try, in order

	// missing says by flow why one isn't provisioned.
	missing map[string]string
}

// Portal is the demo's customer portal, for flows whose grants open it. Where it
// is served the demo knows. Time counts from the approval, so that a visitor who
// opens nothing sees how an access ends as well.
func Portal() *provision.App {
	return &provision.App{Name: portal.Name, Title: portal.Title, URL: "http://127.0.0.1/", Clock: string(approval.FromApproval)}
}

// flow is by which staff ask within the portal; empty if none opens it.
func (p Play) flow() string {
	for _, record := range p.Flows {
		if record.App != nil {
			return record.Name
		}
	}
	return ""
}

// durations are what people are offered in the demo.
func durations() []string { return []string{"15m", "30m", "1h", "4h"} }

// ofProgram shows each of a program's flows, with what the demo's world has for
// its parameters, or what is given.
func ofProgram(rules []flows.Flow, given map[string]string) (p Play, err error) {
	p.Rules, p.missing = rules, map[string]string{}
	for name := range given {
		if !slices.ContainsFunc(rules, func(f flows.Flow) bool { return f.Params[name] != "" }) {
			return p, fmt.Errorf("--param: no flow of this program has the parameter %s", name)
		}
	}
	for _, rule := range rules {
		params, missing := fill(rule, given)
		if len(missing) > 0 {
			p.missing[rule.Name] = fmt.Sprintf("The flow %s isn't provisioned, because the demo has no value for its %s. Start the demo with %s.",
				rule.Name, strings.Join(missing, " and "), flags(missing))
			continue
		}
		record := provision.Record{Name: rule.Name, Params: params, Durations: durations()}
		if _, problems := record.Flow(map[string]flows.Flow{rule.Name: rule}); len(problems) > 0 {
			return p, fmt.Errorf("provisioning the flow %s: %w", rule.Name, joined(problems))
		}
		p.Flows = append(p.Flows, record)
	}
	return p, nil
}

// fill gives each parameter of the rules a value, and says for which there is none.
func fill(rule flows.Flow, given map[string]string) (params map[string]string, missing []string) {
	params = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(rule.Params)) {
		value, known := given[name]
		if !known {
			value, known = sensible(name, rule.Params[name])
		}
		if !known {
			missing = append(missing, name)
			continue
		}
		params[name] = value
	}
	return params, missing
}

// sensible is what the demo's world has for a parameter. What a number or a text
// means, it can't know.
func sensible(name string, kind flows.ParamKind) (value string, known bool) {
	switch kind {
	case flows.Schedule:
		return Schedule, true
	case flows.UserGroup:
		if strings.HasPrefix(name, support) {
			return support, true
		}
		return directors, true
	case flows.Email:
		return "dana@example.com", true
	case flows.Duration:
		return "10m", true // which a button backstage turns the clock on by
	case flows.Text, flows.Number:
	}
	return "", false
}

// flags are the flags that give values.
func flags(names []string) string {
	each := make([]string, len(names))
	for i, name := range names {
		each[i] = "--param " + name + "=…"
	}
	return strings.Join(each, " ")
}

func joined(problems []provision.Problem) error {
	all := make([]error, len(problems))
	for i, p := range problems {
		all[i] = p
	}
	return errors.Join(all...)
}
