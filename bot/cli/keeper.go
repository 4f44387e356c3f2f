package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/metrics"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// keeper has the store while it is this process's. Beside the file it opens a
// socket, at which the store is copied and handed over.
type keeper struct {
	settings Settings
	flows    []store.Flow // of the file; nil without one
	rules    map[string]flows.Flow
	now      func() time.Time
	counts   *metrics.Metrics
	end      context.CancelCauseFunc // ends the bot
	log      zerolog.Logger

	claimTime, leaveTime time.Duration // zero means the constants of the same names

	claim *claim // on another process's store, before it is ours
	db    *bolt.DB
	hide  func() // ends the socket
}

// enter opens the store for a bot, or arranges for the bot to open it when the
// process that has it hands it over.
func (k *keeper) enter(ctx context.Context, config *bot.Config) (err error) {
	config.Close = k.close
	if !k.settings.TakeOver {
		config.Ledger, err = k.open(ctx, 0)
		if errors.Is(err, store.ErrLocked) {
			return fmt.Errorf("%w; or let this one take over from a running bot, with --take-over", err)
		}
		return err
	}
	config.Ledger, err = k.openOrClaim(ctx)
	if k.claim != nil {
		config.Open = k.takeOver
	}
	return err
}

// open opens the store, waiting for its lock.
func (k *keeper) open(ctx context.Context, wait time.Duration) (*store.Ledger, error) {
	db, err := bolt.Open(ctx, k.settings.StorePath(), bolt.Options{LockTimeout: wait})
	if err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_STORE: %w", err)
	}
	ledger, err := k.openLedger(ctx, k.counts.Engine(db))
	if err == nil {
		err = k.follow(ctx, ledger)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	k.counts.StoreSize(func() int64 { return db.Stats().FileSize })
	k.db, k.hide = db, func() {}
	if hide, err := k.offer(ctx); err != nil {
		k.log.Warn().Err(err).Msg("no hot backups and no handover: the store's socket can't be opened")
	} else {
		k.hide = hide
	}
	go func() {
		select {
		case <-db.Broken():
			k.end(nil) // a new process reads the file anew
		case <-ctx.Done():
		}
	}()
	return ledger, nil
}

// openLedger opens the ledger, with the flows that it is to have.
func (k *keeper) openLedger(ctx context.Context, engine store.Engine) (*store.Ledger, error) {
	ledger, err := store.Open(ctx, engine)
	if err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_STORE: %w", err)
	}
	// The file's lock says that no other process works on these cases.
	if err := ledger.Reclaim(ctx, k.now()); err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_STORE: %w", err)
	}
	return ledger, provision.Start(ctx, ledger, k.flows, k.rules, k.now())
}

// follow counts the ledger's cases, and warns where nobody can ask.
func (k *keeper) follow(ctx context.Context, ledger *store.Ledger) error {
	provisioned, err := ledger.Flows(ctx)
	if err != nil {
		return err
	}
	if len(provisioned) == 0 {
		k.log.Warn().Msg("no flow is provisioned, so that nobody can ask for anything: provision one with understudy flow apply, or with Terraform")
	}
	return k.counts.Follow(ctx, ledger)
}

// close lets go of the store, and says why it couldn't be used to the end. The
// socket goes first: once the lock is free, its name is another process's.
func (k *keeper) close() error {
	if k.claim != nil {
		k.claim.release()
	}
	if k.db == nil {
		return nil
	}
	k.hide()
	err := errors.Join(k.db.Why(), k.db.Close())
	k.db = nil
	return err
}

// offer opens the store's socket.
func (k *keeper) offer(ctx context.Context) (hide func(), err error) {
	path := socketPath(k.settings.StorePath())
	listener, err := listenPrivately(ctx, path)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /backup", backups(k.db, k.log))
	(&handover{leave: func() { k.end(errHandedOver) }, log: k.log}).register(mux)
	stopServing := api.Serve(listener, mux, k.log)
	return func() {
		stopServing()
		_ = os.Remove(path) // the next one replaces it
	}, nil
}
