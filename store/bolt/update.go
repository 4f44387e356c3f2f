package bolt

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// call is an update that waits. Its caller runs every turn itself, so that a
// panic is where it belongs.
type call struct {
	ctx  context.Context
	fn   func(store.Tx) error
	turn chan base
	ran  chan turn
	done chan error // the outcome; buffered, because a caller that panicked is gone
	gone bool       // its fn left without returning, so that nobody takes another turn
}

// turn is what one run of fn left.
type turn struct {
	changes *overlay
	err     error
}

// Update is as [store.Engine] says. Those that wait at the same time share a
// flush.
func (db *DB) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("changing the store: %w", err)
	}
	if db.bolt.IsReadOnly() {
		return fmt.Errorf("changing the store %s: %w", db.name, store.ErrReadOnly)
	}
	c := &call{ctx: ctx, fn: fn, turn: make(chan base), ran: make(chan turn), done: make(chan error, 1)}
	select {
	case db.calls <- c:
		return c.follow()
	case <-ctx.Done():
		return fmt.Errorf("waiting for the store: %w", ctx.Err())
	case <-db.closing:
		return fmt.Errorf("changing the store %s: %w", db.name, store.ErrClosed)
	}
}

// follow runs fn whenever it is its turn, until the outcome is known. The
// context can't end that: what is being committed may happen.
func (c *call) follow() error {
	for {
		select {
		case b := <-c.turn:
			c.run(b)
		case err := <-c.done:
			return err
		}
	}
}

func (c *call) run(b base) {
	var left turn
	c.gone = true
	defer func() { c.ran <- left }() // also on a panic: with nothing to write
	if err := c.ctx.Err(); err != nil {
		left.err, c.gone = fmt.Errorf("waiting for the store: %w", err), false
		return
	}
	update := &transaction{base: b, changes: &overlay{}}
	if left.err = update.run(c.fn); left.err == nil {
		left.changes = update.changes
	}
	c.gone = false
}

// take gives the call its turn, and takes what it wrote.
func (c *call) take(b base) (*overlay, error) {
	c.turn <- b
	left := <-c.ran
	return left.changes, left.err
}

func (c change) apply(bucket *bbolt.Bucket, key string) error {
	if c.deleted {
		return bucket.Delete([]byte(key))
	}
	return bucket.Put([]byte(key), c.value)
}

func (c change) part(key string) uint64 {
	if c.deleted {
		return 0
	}
	return part(key, c.value)
}
