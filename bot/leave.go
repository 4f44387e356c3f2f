package bot

import (
	"context"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// A grant isn't for who was deactivated, or became a guest, since it was given.
// Slack tells of that as it happens. What it told while nobody listened is found
// by looking at each requester whose grant runs, every few minutes.

// lookEvery is how often the requesters of running grants are looked at.
const lookEvery = 5 * time.Minute

// userChanged is told by Slack that something about the person is another.
func (b *Bot) userChanged(ctx context.Context, id string) {
	b.People.Forget(id)
	b.later(ctx, func(ctx context.Context) {
		open, err := b.Ledger.Open(ctx, id)
		if err != nil {
			b.Log.Error().Err(err).Str("person", id).Msg("reading the grants of somebody who changed")
			return // the next look finds them
		}
		for _, c := range open {
			if c.Status == approval.Active && c.Requester.ID == id {
				b.barGrant(ctx, c)
			}
		}
	})
}

// barGrant ends the grant if its requester may have none any more. While Slack
// doesn't say who they are it goes on: it was given to somebody who might.
func (b *Bot) barGrant(ctx context.Context, c approval.Case) {
	who, err := b.People.ByID(ctx, c.Requester.ID)
	if err != nil {
		b.Log.Warn().Err(err).Str("case", c.ID).Msg("looking up whose grant runs")
		return
	}
	if who.Barred == "" {
		return
	}
	if _, err := b.commit(ctx, store.Change{Case: c.ID, Command: approval.Bar{Why: who.Barred}}); err != nil {
		b.Log.Error().Err(err).Str("case", c.ID).Msg("ending the grant of somebody who may have none")
	}
}

// lookAtRequesters looks at everybody whose grant runs, at once and then every
// few minutes, until ctx ends.
func (b *Bot) lookAtRequesters(ctx context.Context) {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		running, err := b.Ledger.Granted(ctx)
		if err != nil && ctx.Err() == nil {
			b.Log.Error().Err(err).Msg("reading whose grants run")
		}
		for _, c := range running {
			if ctx.Err() == nil {
				b.barGrant(ctx, c)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}
