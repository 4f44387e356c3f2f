package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/understudyhq/understudy/store"
)

func contextDone(t *testing.T, e store.Engine) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run := func(store.Tx) error {
		t.Error("fn ran")
		return nil
	}
	if err := e.Update(ctx, run); !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v, want context.Canceled", err)
	}
	if err := e.View(ctx, run); !errors.Is(err, context.Canceled) {
		t.Errorf("View: %v, want context.Canceled", err)
	}
}

// contextEnds cancels updates while they wait for another one, and while they
// run. What Update says must be what happened.
func contextEnds(t *testing.T, e store.Engine) {
	for round := range 20 {
		began, leave := make(chan struct{}), make(chan struct{})
		tell := sync.OnceFunc(func() { close(began) })
		var all sync.WaitGroup
		all.Go(func() {
			err := e.Update(context.Background(), func(tx store.Tx) error {
				tell()
				<-leave
				return putAll(tx, "first")
			})
			if err != nil {
				t.Errorf("Update: %v", err)
			}
		})
		<-began
		ctx, cancel := context.WithCancel(context.Background())
		var err error
		all.Go(func() {
			err = e.Update(ctx, func(tx store.Tx) error {
				if round%2 == 0 {
					cancel()
				}
				return putAll(tx, "second")
			})
		})
		if round%2 == 1 {
			cancel()
		}
		close(leave)
		all.Wait()
		cancel()
		agrees(t, e, "second", err)
		update(t, e, func(tx store.Tx) error { return tx.Delete("second") })
	}
}

// agrees checks what Update said of a key against what there is.
func agrees(t *testing.T, e store.Engine, key string, said error) {
	t.Helper()
	view(t, e, func(tx store.Tx) error {
		value, err := tx.Get(key)
		if there := value != nil; there != (said == nil) && !errors.Is(said, store.ErrUnknown) {
			t.Errorf("Update said %v, and it is %t that the key is there", said, there)
		}
		return err
	})
}

func closing(t *testing.T, e store.Engine) {
	put(t, e, "a")
	for range 2 {
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	run := func(store.Tx) error {
		t.Error("fn ran")
		return nil
	}
	if err := e.Update(t.Context(), run); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Update: %v, want ErrClosed", err)
	}
	if err := e.View(t.Context(), run); !errors.Is(err, store.ErrClosed) {
		t.Errorf("View: %v, want ErrClosed", err)
	}
}

func closingWaits(t *testing.T, e store.Engine) {
	leave, closed := make(chan struct{}), make(chan error, 1)
	var began, all sync.WaitGroup
	began.Add(2)
	stay := func() func(store.Tx) error {
		tell := sync.OnceFunc(began.Done)
		return func(tx store.Tx) error {
			tell()
			<-leave
			_, err := keys(tx, "", end)
			return err
		}
	}
	updating, viewing := stay(), stay()
	all.Go(func() {
		if err := e.Update(context.Background(), updating); err != nil {
			t.Errorf("an Update that had begun: %v", err)
		}
	})
	all.Go(func() {
		if err := e.View(context.Background(), viewing); err != nil {
			t.Errorf("a View that had begun: %v", err)
		}
	})
	began.Wait()
	go func() { closed <- e.Close() }()
	select {
	case err := <-closed:
		t.Fatalf("Close returned while an Update and a View ran, with %v", err)
	default:
	}
	close(leave)
	all.Wait()
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}
