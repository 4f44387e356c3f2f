package bolt

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// View is as [store.Engine] says. It waits for no update, and none for it.
func (db *DB) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	tx, b, err := db.snapshot()
	if err != nil {
		return err
	}
	defer rollback(tx)
	view := &transaction{base: b}
	return view.run(fn)
}

// read runs what uses bbolt itself on a snapshot.
func (db *DB) read(fn func(*bbolt.Tx) error) error {
	tx, err := db.begin(false)
	if err != nil {
		return err
	}
	defer rollback(tx)
	var failed error
	if err := guarded(func() { failed = fn(tx) }); err != nil {
		return err
	}
	return failed
}

func (db *DB) begin(writable bool) (tx *bbolt.Tx, err error) {
	if err := db.failed(); err != nil {
		return nil, db.orClosed(err)
	}
	damage := guarded(func() { tx, err = db.bolt.Begin(writable) })
	switch {
	case damage != nil:
		return nil, fmt.Errorf("reading %s: %w", db.name, damage)
	case err != nil:
		return nil, fmt.Errorf("using %s: %w", db.name, explain(err))
	}
	return tx, nil
}

// orClosed is the error, or ErrClosed once the engine is closed.
func (db *DB) orClosed(err error) error {
	select {
	case <-db.closing:
		return fmt.Errorf("using %s: %w", db.name, store.ErrClosed)
	default:
		return err
	}
}

// bucketOf is the one bucket, nil if nothing was ever written.
func bucketOf(tx *bbolt.Tx) (bucket *bbolt.Bucket, err error) {
	err = guarded(func() { bucket = tx.Bucket(bucketName()) })
	return bucket, err
}

func bucketName() []byte { return []byte("understudy") }

// rollback ends a transaction that wrote nothing. There is nobody to tell
// that it couldn't: it can't but for one that is over.
func rollback(tx *bbolt.Tx) { _ = tx.Rollback() }
