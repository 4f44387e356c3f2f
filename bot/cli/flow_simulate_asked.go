package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// asked is the flow that a simulation asks.
type asked struct {
	flows.Flow
	provisioned store.Flow // as the file of flows has it; zero without one
}

// evaluate is the outcome of a request, as the bot comes to it: who may not ask
// gets no further.
func (a asked) evaluate(facts flows.Facts) flows.Outcome {
	if outcome := a.mayAsk(facts.Groups); outcome.Result != "" {
		return outcome
	}
	return flows.Evaluate(a.Flow, facts)
}

// mayAsk is the outcome for who isn't in one of the groups that may ask, or isn't
// known to be. It is zero for the others.
func (a asked) mayAsk(groups map[string]bool) (o flows.Outcome) {
	requesters := a.provisioned.Requesters
	for _, handle := range requesters {
		is, known := groups[handle]
		if is {
			return flows.Outcome{}
		}
		if !known && o.Needs == nil {
			o = flows.Outcome{Result: flows.NeedsFact, Needs: &flows.Fact{Kind: flows.GroupFact, Name: handle}}
		}
	}
	if len(requesters) > 0 && o.Needs == nil {
		o = flows.Outcome{Result: flows.Refused, Why: fmt.Sprintf("only members of @%s may ask by the flow %s", strings.Join(requesters, ", @"), a.provisioned.Name)}
	}
	return o
}

// lacks says which parameters the flow was asked without, nil unless it refused
// for one of them.
func (a asked) lacks(facts flows.Facts, o flows.Outcome) error {
	var missing, flags []string
	for _, name := range slices.Sorted(maps.Keys(a.Params)) {
		if facts.Params[name] == "" {
			missing, flags = append(missing, name), append(flags, "--param="+name+"=…")
		}
	}
	isFor := func(name string) bool { return strings.HasSuffix(o.Why, " the parameter "+name) }
	if o.Result != flows.Refused || !slices.ContainsFunc(missing, isFor) {
		return nil
	}
	return fmt.Errorf("the flow %s needs parameters that aren't given: %s; give them with %s, or a file that has them with --flows", a.Name, strings.Join(missing, ", "), strings.Join(flags, " "))
}
