package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/understudyhq/understudy/flows"
)

// flowCommand is what flow authors use. Each of its verbs is a file, and none of
// these needs Slack.
type flowCommand struct {
	Simulate simulateCommand `cmd:"" help:"Say what a flow answers to a request, or to a file of them, and why."`
	Test     examplesCommand `cmd:"" help:"Hold that tables of examples are true."`
}

// flow is the program's flow of this name; its only one, if the name is empty.
func (p Program) flow(name string) (flows.Flow, error) {
	rules, err := p.rules()
	if err != nil {
		return flows.Flow{}, err
	}
	if name == "" && len(p.Rules) == 1 {
		return p.Rules[0], nil
	}
	flow, known := rules[name]
	if !known {
		names := strings.Join(slices.Sorted(maps.Keys(rules)), ", ")
		if name == "" {
			return flow, fmt.Errorf("--flow is missing: name one of %s", names)
		}
		return flow, fmt.Errorf("there is no flow %q; there are: %s", name, names)
	}
	return flow, nil
}
