package provision

import (
	"cmp"
	"context"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/store"
)

// checkRoom warns of more flows than a form can offer: people couldn't pick those
// whose names come last.
func (p *Planner) checkRoom(ctx context.Context, plan *Plan, flow store.Flow) error {
	all, err := p.Ledger.Flows(ctx)
	if err != nil {
		return err
	}
	total, beside := 1, 1 // with this one
	for _, other := range all {
		if other.Name == flow.Name {
			continue
		}
		total++
		if other.Command == flow.Command {
			beside++
		}
	}
	switch {
	case beside > view.MostFlows:
		plan.warn("command", "%d flows would have the command %s, and its form offers the first %d by name: give some another command", beside, cmp.Or(flow.Command, DefaultCommand), view.MostFlows)
	case total > view.MostFlows:
		plan.warn("command", "there would be %d flows, and the form of the Home and of messages offers the first %d by name: the others are reached by their commands alone", total, view.MostFlows)
	}
	return nil
}
