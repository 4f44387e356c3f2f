package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/understudyhq/understudy/flows"
)

// flowCommand is what flow authors use, and whoever provisions flows. The first
// two verbs need neither Slack nor a bot; the others ask a running bot.
type flowCommand struct {
	Simulate simulateCommand `cmd:"" help:"Say what a flow answers to a request, or to a file of them, and why."`
	Test     examplesCommand `cmd:"" help:"Check that tables of examples are true."`

	List     flowListCommand     `cmd:"" help:"List the flows of a running bot."`
	Show     flowShowCommand     `cmd:"" help:"Print a running bot's flow as JSON, as apply takes it."`
	Plan     flowPlanCommand     `cmd:"" help:"Say what applying a file would change, and what that would have meant. Exits with 2 if it would change something."`
	Replay   flowReplayCommand   `cmd:"" help:"Say how a running bot's past requests would have been decided by this program's rules. Exits with 2 if one would have been decided otherwise."`
	Apply    flowApplyCommand    `cmd:"" help:"Change a running bot's flows to what a file says."`
	History  flowHistoryCommand  `cmd:"" help:"List a flow's versions, and what each changed."`
	Rollback flowRollbackCommand `cmd:"" help:"Put a flow back to an earlier version."`
	Delete   flowDeleteCommand   `cmd:"" help:"Delete a flow of a running bot."`
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
