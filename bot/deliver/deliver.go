// Package deliver makes Slack show what the store says.
//
// Delivery is level-triggered, as a Kubernetes controller is: no code anywhere
// sends "a change". The store knows which cards may be out of date; a
// [Deliverer] takes one, renders it from the case as it is now, compares it
// with what Slack was last given, and posts or updates what differs. Ten
// changes while one waits make one update, a change that was missed is made up
// for by the next look, and after a crash the same loop finishes what was begun.
//
// Between two effects a crash leaves one of these:
//
//   - taken, nothing sent: the card comes back when its time is up;
//   - a post begun, its answer unknown: the card says so ([store.Card.Posting]),
//     and the message is looked for by its metadata before it is posted again;
//   - updated, not recorded: the same content is sent once more, which nobody sees.
//
// What Slack refuses for now is tried again for ever, ever more rarely; what
// it refuses for good is recorded, for an approver as an event of the case, so
// that a case never waits for somebody who can't be reached.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/work"
	"github.com/understudyhq/understudy/store"
)

const (
	// lease is how long a taken card is this process's. It is longer than
	// callTime and recordTime, so that nobody else takes the card meanwhile.
	lease    = 30 * time.Second
	callTime = 12 * time.Second
	// recordTime is how long a store that fails is asked to record a delivery.
	recordTime = 8 * time.Second
	// together is how many cards are worked on at the same time. It is far more
	// than the calls of one method, so that those of others go on if it hangs.
	together = 8 * atOnce
	// again is how long to wait before a record that failed is tried again, or
	// a card is looked at that is still being delivered.
	again = 500 * time.Millisecond
)

// Deliverer brings Slack to what the store says.
type Deliverer struct {
	Ledger *store.Ledger
	Slack  *slack.Client
	// Missed is told of an approver whose card can't be delivered. It may be told
	// twice. An error is worth another try.
	Missed func(ctx context.Context, caseID, person, why string) error
	// Oversees says which of these groups the person is in, and may use what they
	// oversee. Nil says none.
	Oversees func(ctx context.Context, person string, groups []string) ([]string, error)
	Now      func() time.Time
	Haste    int // how many times as fast as Slack allows, for simulated workspaces; 0 means once
	// Watch, if set, is told what came of every look at a card.
	Watch func(Attempt)
	Log   zerolog.Logger

	pace  pace
	homes homes
	busy  sync.Map // the ids of cards that are being delivered
}

// Run delivers until ctx ends, and waits a little for what it has begun.
func (d *Deliverer) Run(ctx context.Context) {
	begun, cut := outliving(ctx, finishTime)
	defer cut()
	d.pace.haste = max(1, d.Haste)
	work.Queue[store.Card]{
		Name: "cards to deliver", Together: together, Changed: d.Ledger.Changed, Now: d.Now, Log: d.Log,
		Take: func(ctx context.Context, now time.Time, limit int) ([]store.Card, time.Time, error) {
			return d.Ledger.TakeDirty(ctx, now, limit, lease)
		},
		Do: func(_ context.Context, card store.Card) { d.deliver(begun, card.ID) },
	}.Run(ctx)
}

// deliver brings one card up to date and records how that went. A card may be
// taken while it is still at work here: a clock that jumps ends leases early, and
// one that has to change again is due as soon as that is recorded. It is looked
// at again when the work has ended.
func (d *Deliverer) deliver(ctx context.Context, id store.CardID) {
	log := d.Log.With().Str("card", string(id)).Logger()
	if _, working := d.busy.LoadOrStore(id, true); working {
		if err := d.Ledger.LookAgain(ctx, id, d.Now().Add(again)); err != nil {
			log.Error().Err(err).Msg("putting off a card that is being delivered") // its lease ends, too
		}
		return
	}
	defer d.busy.Delete(id)
	// Whoever was at work on it when it was taken may have ended since: what was
	// taken may not say any more that it was posted, and where.
	card, err := d.Ledger.Card(ctx, id)
	if err != nil {
		log.Error().Err(err).Msg("reading a card to deliver") // its lease ends, too
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	shown, err := d.show(ctx, card)
	// The record is written even if Slack took all the time there was, and a
	// store that fails is tried again for as long as the card is ours.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer stop()
	for {
		failure := d.record(ctx, shown, err)
		if failure == nil {
			d.watched(shown, err)
			return
		}
		log.Error().Err(failure).Msg("recording a delivery")
		select {
		case <-ctx.Done():
			return
		case <-time.After(again):
		}
	}
}

// show brings Slack to what the card should show, and says what Slack has then.
func (d *Deliverer) show(ctx context.Context, card store.Card) (store.Card, error) {
	content, err := d.render(ctx, card.ID)
	if err != nil {
		return card, fmt.Errorf("rendering: %w", err)
	}
	if content == nil || content.hash == card.Hash {
		return card, nil
	}
	card, err = content.show(ctx, d, card)
	if err == nil {
		card.Hash = content.hash
	}
	return card, err
}

func (d *Deliverer) record(ctx context.Context, card store.Card, failure error) error {
	now := d.Now()
	if failure == nil {
		return d.Ledger.Delivered(ctx, card, now)
	}
	if later, ok := errors.AsType[*tooSoon](failure); ok {
		return d.Ledger.PutOff(ctx, card, now.Add(later.wait))
	}
	caseID, kind, _ := card.ID.Parts()
	verdict := judge(failure, card)
	event := d.Log.Warn().Err(failure).Str("case", caseID).Str("kind", string(kind)).Int("failures", card.Failures+1)
	if !verdict.final {
		event.Dur("retry_in", verdict.wait).Msg("a card couldn't be delivered yet")
		return d.Ledger.Retry(ctx, card, now.Add(verdict.wait))
	}
	if kind == store.ModalCard {
		event = d.Log.Debug().Err(failure).Str("case", caseID) // somebody closed the window, as people do
	}
	event.Msg("a card can't be delivered")
	if err := d.miss(ctx, card.ID, verdict.why); err != nil {
		return err
	}
	return d.Ledger.Lose(ctx, card.ID, verdict.why)
}

// miss tells the case that an approver can't be reached. A crash before the
// card is lost does this again, which the case ignores.
func (d *Deliverer) miss(ctx context.Context, id store.CardID, why string) error {
	caseID, kind, person := id.Parts()
	if kind != store.ApproverCard {
		return nil
	}
	return d.Missed(ctx, caseID, person, why)
}
