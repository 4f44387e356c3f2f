package bot

import (
	"context"
	"time"
)

// PingEvery has the bot's sockets pinged so often.
func (b *Bot) PingEvery(d time.Duration) { b.listener.PingEvery = d }

// Miss has a case go on without somebody.
func (b *Bot) Miss(ctx context.Context, caseID, person, why string) error {
	return b.miss(ctx, caseID, person, why)
}
