package bot_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// counted counts an engine's commits.
type counted struct {
	store.Engine

	commits *atomic.Int32
}

func (c counted) Update(ctx context.Context, change func(store.Tx) error) error {
	c.commits.Add(1)
	return c.Engine.Update(ctx, change)
}

// TestAFloodOfProbesIsNoFloodOfCommits asks a thousand times whether the bot is ready.
func TestAFloodOfProbesIsNoFloodOfCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var commits atomic.Int32
		ledger, err := store.Open(t.Context(), counted{storetest.NewMemory(), &commits})
		if err != nil {
			t.Fatal(err)
		}
		b := bot.New(bot.Config{Ledger: ledger})
		commits.Store(0)
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() { _ = b.Ready(t.Context()) }) // it isn't: Slack is away
		}
		all.Wait()
		if n := commits.Load(); n != 1 {
			t.Errorf("%d commits for 1000 probes at once", n)
		}
		time.Sleep(5 * time.Second)
		_ = b.Ready(t.Context())
		if n := commits.Load(); n != 2 {
			t.Errorf("%d commits in all, want another one later", n)
		}
	})
}
