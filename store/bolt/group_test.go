package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// hold occupies the writer until it is let go.
func hold(t *testing.T, db *bolt.DB) (letGo func()) {
	leave, left := make(chan struct{}), make(chan error)
	go func() {
		left <- db.Update(context.Background(), func(tx store.Tx) error {
			<-leave
			return tx.Put("held", nil)
		})
	}()
	synctest.Wait()
	return func() {
		close(leave)
		if err := <-left; err != nil {
			t.Errorf("the update that held the writer: %v", err)
		}
	}
}

func TestWhoWaitsSharesOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, newPath(t), bolt.Options{})
		letGo := hold(t, db)
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				if err := db.Update(t.Context(), both(strconv.Itoa(i))); err != nil {
					t.Errorf("Update: %v", err)
				}
			})
		}
		synctest.Wait()
		letGo()
		all.Wait()
		if s := db.Stats(); s.Updates != 65 || s.Commits != 2 || s.FileSize == 0 {
			t.Errorf("%+v, want 65 updates in 2 commits", s)
		}
	})
}

// TestALargeGroupHasSeveralRecords of which each fits into a half of the journal.
func TestALargeGroupHasSeveralRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		db := open(t, path, bolt.Options{})
		letGo := hold(t, db)
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				err := db.Update(t.Context(), func(tx store.Tx) error { return tx.Put(strconv.Itoa(i), make([]byte, 4<<10)) })
				if err != nil {
					t.Errorf("Update: %v", err)
				}
			})
		}
		synctest.Wait()
		letGo()
		all.Wait()
		if s := db.Stats(); s.Updates != 65 || s.Commits < 6 || s.Commits > 10 { // 256 KiB, half of 64 at a time
			t.Errorf("%+v, want 65 updates in about 8 commits", s)
		}
		if got := count(t, db); got != 65 {
			t.Errorf("%d entries, want 65", got)
		}
	})
}

func TestWhoIsAloneWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, newPath(t), bolt.Options{})
		began := time.Now()
		for i := range 10 {
			if err := db.Update(t.Context(), both(strconv.Itoa(i))); err != nil {
				t.Errorf("Update: %v", err)
			}
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("waited for a timer of %v", waited)
		}
	})
}

func TestNothingWrittenIsNoCommit(t *testing.T) {
	db := open(t, newPath(t), bolt.Options{})
	if err := db.Update(t.Context(), func(store.Tx) error { return nil }); err != nil {
		t.Errorf("Update: %v", err)
	}
	if s := db.Stats(); s.Updates != 0 || s.Commits != 0 {
		t.Errorf("%+v, want none", s)
	}
}

func TestWhoWaitsMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, newPath(t), bolt.Options{})
		letGo := hold(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- db.Update(ctx, both("left")) }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("Update: %v, want context.Canceled", err)
		}
		letGo()
		if got := count(t, db); got != 1 {
			t.Errorf("%d entries, want the one of the update that went on", got)
		}
	})
}

func TestCloseTurnsAwayWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, newPath(t), bolt.Options{})
		letGo := hold(t, db)
		waiting, closed := make(chan error, 1), make(chan error, 1)
		go func() { waiting <- db.Update(context.Background(), both("late")) }()
		synctest.Wait()
		go func() { closed <- db.Close() }()
		synctest.Wait()
		if err := <-waiting; !errors.Is(err, store.ErrClosed) {
			t.Errorf("the update that waited: %v, want ErrClosed", err)
		}
		select {
		case <-closed:
			t.Error("Close didn't wait for the update that had begun")
		default:
		}
		letGo()
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestFull(t *testing.T) {
	path := newPath(t)
	db := open(t, path, bolt.Options{MaxSize: 1 << 20})
	written := 0
	for {
		err := db.Update(t.Context(), func(tx store.Tx) error {
			return tx.Put(fmt.Sprintf("key/%06d", written), make([]byte, 10_000))
		})
		if errors.Is(err, store.ErrFull) {
			break
		}
		if err != nil || written > 1000 {
			t.Fatalf("update %d: %v, want ErrFull in time", written, err)
		}
		written++
	}
	if got := count(t, db); got != written || got < 30 {
		t.Errorf("%d entries, want %d", got, written)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	full := open(t, path, bolt.Options{MaxSize: 1})
	if got := count(t, full); got != written {
		t.Errorf("%d entries in a full store that was opened again, want %d", got, written)
	}
	if err := full.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	larger := open(t, path, bolt.Options{})
	if err := larger.Update(t.Context(), both("more")); err != nil {
		t.Errorf("Update with more room: %v", err)
	}
}

// TestTooLargeIsItsOwnFault puts one update that doesn't fit among many that do.
func TestTooLargeIsItsOwnFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, newPath(t), bolt.Options{MaxSize: 4 << 20})
		letGo := hold(t, db)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				fn, want := both(strconv.Itoa(i)), error(nil)
				if i == 7 {
					want = store.ErrFull
					fn = func(tx store.Tx) error { return tx.Put("large", bytes.Repeat([]byte{1}, 8<<20)) }
				}
				if err := db.Update(t.Context(), fn); !errors.Is(err, want) {
					t.Errorf("update %d: %v, want %v", i, err, want)
				}
			})
		}
		synctest.Wait()
		letGo()
		all.Wait()
		if got, want := count(t, db), 2*19+1; got != want {
			t.Errorf("%d entries, want %d", got, want)
		}
	})
}

// TestAPanicInAGroupThatFails has one caller leave by a panic, and the commit
// that they shared fail because of another.
func TestAPanicInAGroupThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, newPath(t), bolt.Options{MaxSize: 2 << 20})
		letGo := hold(t, db)
		var all sync.WaitGroup
		all.Go(func() {
			defer func() { _ = recover() }()
			_ = db.Update(t.Context(), func(store.Tx) error { panic("boom") })
		})
		all.Go(func() {
			err := db.Update(t.Context(), func(tx store.Tx) error { return tx.Put("large", make([]byte, 8<<20)) })
			if !errors.Is(err, store.ErrFull) {
				t.Errorf("the large one: %v", err)
			}
		})
		synctest.Wait()
		letGo()
		all.Wait()
		if err := db.Update(t.Context(), both("after")); err != nil {
			t.Errorf("an update after it: %v", err)
		}
	})
}
