package bot

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
)

// history opens the case's history for somebody who takes part in it or oversees it. Nothing is
// changed, so it is acked before it is read.
func (b *Bot) history(ctx context.Context, action slack.InteractionCallback, id string) {
	deadline := time.Now().Add(triggerLife)
	b.later(ctx, func(ctx context.Context) {
		if problem := b.openHistory(ctx, deadline, action, id); problem != "" {
			b.tell(ctx, action, problem)
		}
	})
}

func (b *Bot) openHistory(ctx context.Context, deadline time.Time, action slack.InteractionCallback, id string) (problem string) {
	c, err := b.Ledger.Case(ctx, id)
	if err != nil {
		b.Log.Error().Err(err).Str("case", id).Msg("reading a case for its history")
		return view.NoHistory()
	}
	switch may, err := b.maySee(ctx, c, action.User.ID); {
	case err != nil:
		b.Log.Warn().Err(err).Str("case", id).Msg("looking up who reads a history")
		return view.NobodyKnowsGroups()
	case !may:
		return view.NotYourHistory()
	}
	events, err := b.Ledger.Events(ctx, id)
	if err != nil {
		b.Log.Error().Err(err).Str("case", id).Msg("reading a case's history")
		return view.NoHistory()
	}
	modal := view.Timeline(c, events, action.User.ID)
	show := b.openView
	if action.View.Type == slack.VTModal {
		show = b.pushView // what is open stays beneath it
	}
	if err := show(ctx, deadline, action.TriggerID, modal); err != nil {
		b.Log.Error().Err(err).Str("case", id).Msg("opening a case's history")
		return view.NoHistory()
	}
	return ""
}
