package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/store/bolt"
)

// A handover has these steps, and may end after each of them:
//
//  1. The new process claims the store at the old one's socket. A claim is an
//     open request, so it ends with its process. Only one process has it.
//  2. The new one opens its sockets to Slack. What it hears waits.
//  3. It says so to the old one, which closes its sockets to Slack, acks what
//     has arrived, closes the store, and from then on only stands by.
//  4. The new one gets the file's lock, and handles what waits.
//
// The lock alone says whose the store is. If the old one dies, its lock is
// free; if it hangs, the new one ends; and if the new one doesn't take the
// store, the old one takes it back.

var errHandedOver = errors.New("handed over to another process")

// handover lets another process take this one's place.
type handover struct {
	leave func()
	log   zerolog.Logger

	mu    sync.Mutex
	claim string // of the one that may; empty if nobody has it
}

func (h *handover) register(mux *http.ServeMux) {
	mux.HandleFunc("POST /claim", h.serveClaim)
	mux.HandleFunc("POST /handover", h.serveHandover)
}

// serveClaim answers at once, and its answer lasts as long as the claim.
func (h *handover) serveClaim(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()
	if !h.set("", id) {
		http.Error(w, "another process is taking over", http.StatusConflict)
		return
	}
	defer h.set(id, "")
	w.Header().Set("Claim", id)
	w.Header().Set("Process", strconv.Itoa(os.Getpid()))
	w.WriteHeader(http.StatusOK)
	if err := http.NewResponseController(w).Flush(); err != nil {
		return
	}
	<-r.Context().Done()
}

func (h *handover) serveHandover(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("Claim")
	if id == "" || !h.set(id, id) {
		http.Error(w, "another process has the claim, or none", http.StatusConflict)
		return
	}
	h.log.Info().Str("to", r.Header.Get("Process")).Msg("another process takes over: this one finishes what it has begun")
	w.WriteHeader(http.StatusAccepted)
	_ = http.NewResponseController(w).Flush() // who has asked sees the lock
	h.leave()
}

// set changes the claim, if it is as expected.
func (h *handover) set(from, to string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.claim != from {
		return false
	}
	h.claim = to
	return true
}

const (
	standbyPoll = time.Second
	// abandoned is for how long nobody may have the store before the process
	// that stands by takes it back.
	abandoned = 5 * time.Second
)

// standBy waits until ctx ends. It lives on, because a supervisor would start
// again what ends, and that one would take over in turn. If nobody has the
// store, this process begins anew.
func standBy(ctx context.Context, path string, log zerolog.Logger) error {
	log.Info().Msg("handed over to another process: this one stands by until it is told to end")
	ticks := time.NewTicker(standbyPoll)
	defer ticks.Stop()
	for lastHeld := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		if !isFree(ctx, path) {
			lastHeld = time.Now()
		}
		if time.Since(lastHeld) >= abandoned {
			log.Warn().Msg("the process that took over is gone: this one starts anew")
			return startAnew()
		}
	}
}

// isFree says whether no process works on the store.
func isFree(ctx context.Context, path string) bool {
	db, err := bolt.OpenReadOnly(ctx, path, bolt.Options{LockTimeout: -1})
	return err == nil && db.Close() == nil
}

// startAnew replaces this process by itself as it was started.
func startAnew() error {
	self, err := os.Executable()
	if err == nil {
		err = syscall.Exec(self, os.Args, os.Environ()) //nolint:gosec // it is this program itself
	}
	return fmt.Errorf("starting anew: %w", err)
}
