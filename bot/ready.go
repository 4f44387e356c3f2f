package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/understudyhq/understudy/store"
)

// Ready says why the bot can't do its work now; nil if it can.
func (b *Bot) Ready(ctx context.Context) error {
	var problems []error
	if b.listener.Connected() == 0 {
		problems = append(problems, errors.New("no connection to Slack"))
	}
	if !b.inside() {
		problems = append(problems, errNoStore)
	} else if err := b.probe.commit(ctx, b.Ledger); err != nil {
		problems = append(problems, fmt.Errorf("the store takes no commit: %w", err))
	}
	return errors.Join(problems...)
}

// probe is a commit that says whether the store takes one. Whoever reaches the
// bot's port can ask, and so can any page in a browser on its machine, as often
// as they like: a flush of the disk each time would keep it from its work.
type probe struct {
	mu     sync.Mutex
	worked time.Time
}

// probeHolds is how long a commit that worked says that the next one will.
const probeHolds = time.Second

func (p *probe) commit(ctx context.Context, ledger *store.Ledger) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.worked) < probeHolds {
		return nil
	}
	err := ledger.Writable(ctx)
	if err == nil {
		p.worked = time.Now()
	}
	return err
}
