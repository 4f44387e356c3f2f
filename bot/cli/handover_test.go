package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/metrics"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// incumbent has a store open, and answers at its socket with these handlers.
func incumbent(t *testing.T, serve http.Handler) (db *bolt.DB, k *keeper) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "understudy.db")
	db, err := bolt.Open(t.Context(), file, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if serve != nil {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socketPath(file))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(api.Serve(listener, serve, zerolog.Nop()))
	}
	k = &keeper{
		settings: Settings{Store: "bolt:" + file, TakeOver: true}, now: time.Now, counts: metrics.New(time.Now, zerolog.Nop()), log: zerolog.Nop(),
		end: func(error) {}, claimTime: 300 * time.Millisecond, leaveTime: 200 * time.Millisecond,
	}
	t.Cleanup(func() { _ = k.close() })
	return db, k
}

func offered(leave func()) http.Handler {
	mux := http.NewServeMux()
	(&handover{leave: leave, log: zerolog.Nop()}).register(mux)
	return mux
}

func TestOneProcessHasTheClaim(t *testing.T) {
	left := make(chan struct{}, 10)
	_, k := incumbent(t, offered(func() { left <- struct{}{} }))
	socket := socketPath(k.settings.StorePath())
	first, err := claimStore(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := claimStore(t.Context(), socket); !errors.Is(err, errNotFirst) {
		t.Errorf("a second claim: %v", err)
	}
	for _, id := range []string{"", "somebody else's"} {
		if err := (&claim{id: id, client: first.client}).handOver(t.Context()); err == nil {
			t.Errorf("the claim %q was honoured", id)
		}
	}
	if len(left) != 0 {
		t.Fatal("it left for somebody without the claim")
	}
	first.release()
	var next *claim
	for deadline := time.Now().Add(5 * time.Second); next == nil; time.Sleep(time.Millisecond) { // the other end notices when it does
		if next, err = claimStore(t.Context(), socket); err != nil && time.Now().After(deadline) {
			t.Fatalf("a claim whose process is gone goes on: %v", err)
		}
	}
	defer next.release()
	if err := next.handOver(t.Context()); err != nil {
		t.Errorf("handing over: %v", err)
	}
	select {
	case <-left:
	case <-time.After(5 * time.Second):
		t.Error("it doesn't leave")
	}
}

// TestTheFreeStoreIsForTheFirst: whoever comes second doesn't snatch it.
func TestTheFreeStoreIsForTheFirst(t *testing.T) {
	asked := make(chan struct{}, 100)
	db, k := incumbent(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		asked <- struct{}{}
	}))
	k.claimTime = turnTime / 2
	go func() {
		<-asked
		_ = db.Close()
	}()
	_, err := k.openOrClaim(t.Context())
	if !errors.Is(err, errNotFirst) || k.db != nil {
		t.Errorf("got %v, want to be refused, and the store left alone", err)
	}
}

// TestRefusedTakeOvers are those that end before anything of the running bot
// was touched, and before a click could come to the new one.
func TestRefusedTakeOvers(t *testing.T) {
	older := http.NewServeMux()
	older.HandleFunc("GET /backup", func(http.ResponseWriter, *http.Request) {})
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	for name, test := range map[string]struct {
		serve http.Handler
		want  string
	}{
		"an older version":   {older, "a version that can't hand over"},
		"nobody at its door": {nil, "doesn't let this one take over"},
		"taken over already": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) }), "another process is taking over from it"},
		"it is out of order": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }), "500"},
	} {
		t.Run(name, func(t *testing.T) {
			_, k := incumbent(t, test.serve)
			_, err := k.openOrClaim(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || k.claim != nil || k.db != nil {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestAnIncumbentThatHangs says yes, and doesn't leave: the lock is its own.
func TestAnIncumbentThatHangs(t *testing.T) {
	_, k := incumbent(t, offered(func() {}))
	if _, err := k.openOrClaim(t.Context()); err != nil || k.claim == nil {
		t.Fatalf("claiming: %v", err)
	}
	_, err := k.takeOver(t.Context())
	if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), "had to hand the store over, and didn't within 200ms") {
		t.Errorf("got %v", err)
	}
}

func TestAnIncumbentThatEndsMeanwhile(t *testing.T) {
	db, k := incumbent(t, nil)
	time.AfterFunc(50*time.Millisecond, func() { _ = db.Close() })
	if _, err := k.openOrClaim(context.WithoutCancel(t.Context())); err != nil || k.db == nil || k.claim != nil {
		t.Errorf("got %v and a claim %v", err, k.claim)
	}
}
