package cli

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// choose finds the flow to ask, and what the file of flows says of it, if there is
// one. The name may be a provisioned flow's, or the program's own for it.
func (s *simulateCommand) choose(p Program) (asked, error) {
	provisioned, err := s.provisioned(p)
	if err != nil {
		return asked{}, err
	}
	found := slices.DeleteFunc(slices.Clone(provisioned), func(f store.Flow) bool { return s.Flow != "" && f.Name != s.Flow })
	if len(found) == 0 {
		found = slices.DeleteFunc(provisioned, func(f store.Flow) bool { return f.Rules() != s.Flow })
	}
	switch len(found) {
	case 0:
		flow, err := p.flow(s.Flow)
		return asked{Flow: flow}, err
	case 1:
		flow, err := p.flow(found[0].Rules())
		return asked{flow, found[0]}, err
	}
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = f.Name
	}
	return asked{}, fmt.Errorf("--flow: the file %s has several such flows: name one of %s", s.Flows, strings.Join(names, ", "))
}

// provisioned are the flows of the file, if there is one.
func (s *simulateCommand) provisioned(p Program) ([]store.Flow, error) {
	if s.Flows == "" {
		return nil, nil
	}
	data, err := os.ReadFile(s.Flows)
	if err != nil {
		return nil, fmt.Errorf("--flows: %w", err)
	}
	rules, err := p.rules()
	if err != nil {
		return nil, err
	}
	read, err := provision.ReadFile(data, rules)
	if err != nil {
		return nil, fmt.Errorf("--flows, the file %s: %w", s.Flows, err)
	}
	return read, nil
}

// known are the facts that the flags give, and the parameters of the file of flows.
func (s *simulateCommand) known(a asked) (facts flows.Facts, err error) {
	facts.Params = map[string]string{}
	maps.Copy(facts.Params, a.provisioned.Params)
	for name, value := range s.Param {
		if _, declared := a.Params[name]; !declared {
			return facts, fmt.Errorf("--param: the flow %s has no %s", a.Name, name)
		}
		facts.Params[name] = value
	}
	if len(s.Set) > 0 {
		facts.Fields = map[string]any{}
	}
	for name, value := range s.Set {
		if err := setField(facts.Fields, name, value); err != nil {
			return facts, fmt.Errorf("--set: %w", err)
		}
	}
	facts.Groups = memberships(s.InGroup, s.NotInGroup)
	facts.OnCall = memberships(s.OnCall, s.NotOnCall)
	if s.Past != nil {
		facts.Past = &flows.Past{Requests: s.Past["requests"], Approved: s.Past["approved"], Denied: s.Past["denied"]}
		for what := range s.Past {
			if what != "requests" && what != "approved" && what != "denied" {
				return facts, fmt.Errorf("--past: %q is none of requests, approved and denied", what)
			}
		}
	}
	if facts.Time = s.Time; facts.Time.IsZero() {
		facts.Time = time.Now().Truncate(time.Second)
	}
	return facts, nil
}

// memberships are both lists as facts know them.
func memberships(in, notIn []string) map[string]bool {
	known := map[string]bool{}
	for _, name := range in {
		known[name] = true
	}
	for _, name := range notIn {
		known[name] = false
	}
	return known
}

// setField sets a field to what people write: text, unless the field's name
// says :flag or :number, as in the header of a CSV file of accounts.
func setField(fields map[string]any, name, value string) error {
	name, kind, said := strings.Cut(name, ":")
	if name == "is_assigned" && !said {
		kind = "flag" // it is of every account
	}
	switch kind {
	case "":
		fields[name] = value
		return nil
	case "flag":
		switch value {
		case "yes", "true":
			fields[name] = true
			return nil
		case "no", "false":
			fields[name] = false
			return nil
		}
		return fmt.Errorf("%s is %q: write yes or no", name, value)
	case "number":
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%s is %q: write a number", name, value)
		}
		fields[name] = number
		return nil
	}
	return fmt.Errorf("%s is of the kind %q: write %[1]s, %[1]s:flag or %[1]s:number", name, kind)
}

// remedy is the flag that gives a fact.
func remedy(fact flows.Fact) string {
	switch fact.Kind {
	case flows.OnCallFact:
		return "--on-call=" + fact.Name + " or --not-on-call=" + fact.Name
	case flows.GroupFact:
		return "--in-group=" + fact.Name + " or --not-in-group=" + fact.Name
	case flows.PastFact:
		return "--past=requests=0"
	case flows.FieldFact:
		return "--account and --accounts, or --set=" + fact.Name + "=…"
	case flows.ParamFact:
		return "--param=" + fact.Name + "=…"
	case flows.TimeFact:
	}
	return "--time"
}
