package bot_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/store"
)

// blindStore can't be read for a while, and can be written.
type blindStore struct {
	store.Engine
	blind atomic.Bool
}

func (s *blindStore) View(ctx context.Context, fn func(store.Tx) error) error {
	if s.blind.Load() {
		return errors.New("the disk can't be read")
	}
	return s.Engine.View(ctx, fn)
}

// Whether its people still have their accounts can't be asked then.
func TestAnApprovalOfACaseThatCantBeReadDoesntCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		w.log = w.log.Level(zerolog.Disabled)
		engine := &blindStore{Engine: w.engine}
		l := w.live(engine, w.ws)
		t.Cleanup(func() {
			if err := l.finish(); err != nil {
				t.Error(err)
			}
		})
		w.until("the bot connects", func() bool { return w.ws.Connections() == 2 })
		ask(w.kim, "Acme")
		card := w.mia.Inbox().Wait("Acme")
		engine.blind.Store(true)
		card.Click("Approve")
		w.mia.WaitNotice("could not be saved")
		engine.blind.Store(false)
		time.Sleep(time.Minute)
		if got := card.Buttons(); len(got) == 0 || got[0] != "Approve" {
			t.Errorf("the card has the buttons %q afterwards", got)
		}
	})
}
