package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudyhq/understudy/bot/socket"
	"github.com/understudyhq/understudy/store"
)

// A bot that takes over from another process listens before it has the store,
// because a click that arrives while nobody listens is lost. What it hears
// until then waits at the entrance, for as long as an envelope may.

var errNoStore = errors.New("the store isn't this process's")

// welcome handles an envelope as soon as the bot has its store.
func (b *Bot) welcome(ctx context.Context, e socket.Envelope) (any, error) {
	select {
	case <-b.entered:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the store: %w", ctx.Err())
	}
	if b.Ledger == nil {
		return nil, errNoStore
	}
	return b.handle(ctx, e)
}

// enter opens the store, if that was left to the bot, once Slack has greeted
// it. After an error what waits isn't acked, so that its people are told.
func (b *Bot) enter(ctx context.Context) error {
	if b.Open == nil {
		return nil
	}
	defer close(b.entered)
	select {
	case <-b.listener.Greeted():
	case <-ctx.Done():
		return ctx.Err()
	}
	ledger, err := b.Open(ctx)
	if err != nil {
		return err
	}
	b.Ledger = ledger
	return nil
}

// leave closes the store, if that was left to the bot.
func (b *Bot) leave() error {
	if b.Close == nil {
		return nil
	}
	return b.Close()
}

// Store is the bot's store, nil before it has it.
func (b *Bot) Store() *store.Ledger {
	if !b.inside() {
		return nil
	}
	return b.Ledger
}

// inside says whether the bot has its store.
func (b *Bot) inside() bool {
	select {
	case <-b.entered:
		return b.Ledger != nil
	default:
		return false
	}
}
