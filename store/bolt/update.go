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
	turn chan *bbolt.Bucket
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
	c := &call{ctx: ctx, fn: fn, turn: make(chan *bbolt.Bucket), ran: make(chan turn), done: make(chan error, 1)}
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
		case bucket := <-c.turn:
			c.run(bucket)
		case err := <-c.done:
			return err
		}
	}
}

func (c *call) run(bucket *bbolt.Bucket) {
	var left turn
	c.gone = true
	defer func() { c.ran <- left }() // also on a panic: with nothing to write
	if err := c.ctx.Err(); err != nil {
		left.err, c.gone = fmt.Errorf("waiting for the store: %w", err), false
		return
	}
	update := &transaction{base: bucket, changes: &overlay{}}
	if left.err = update.run(c.fn); left.err == nil {
		left.changes = update.changes
	}
	c.gone = false
}

// take gives the call its turn with the bucket, and applies what it wrote.
// The first error is the call's, the second the transaction's.
func (c *call) take(bucket *bbolt.Bucket) (wrote bool, outcome, err error) {
	c.turn <- bucket
	left := <-c.ran
	if left.changes.empty() {
		return false, left.err, nil
	}
	return true, nil, left.changes.apply(bucket)
}

func (o *overlay) apply(bucket *bbolt.Bucket) error {
	var failed error
	damage := guarded(func() {
		sum := bucket.Sequence()
		for _, key := range o.keys() {
			c := o.changes[key]
			sum += c.part(key) - was(bucket, key)
			if failed = c.apply(bucket, key); failed != nil {
				return
			}
		}
		failed = bucket.SetSequence(sum)
	})
	if damage != nil {
		return damage
	}
	return explain(failed)
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
