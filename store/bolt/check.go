package bolt

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// maxFaults is how many faults Check names; a damaged page makes many.
const maxFaults = 10

// Check reads the whole file: that every page is used once, and that the keys
// are in order. A fault is [store.ErrCorrupt]. Updates wait meanwhile. It
// doesn't notice changed values; that is for the ledger's hashes.
func (db *DB) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("checking the store: %w", err)
	}
	// Only a writer keeps the list of free pages as it is.
	tx, err := db.begin(!db.bolt.IsReadOnly())
	if err != nil {
		return err
	}
	defer rollback(tx)
	if err := touch(ctx, tx); err != nil {
		return fmt.Errorf("checking the store %s: %w", db.path, err)
	}
	if err := faults(tx); err != nil {
		return fmt.Errorf("checking the store %s: %w: restore a backup: %w", db.path, store.ErrCorrupt, err)
	}
	return nil
}

// touch reads every entry in this goroutine, where a fault can be caught;
// bbolt's own check uses another.
func touch(ctx context.Context, tx *bbolt.Tx) error {
	bucket, err := bucketOf(tx)
	if err != nil {
		return err
	}
	t := &transaction{base: bucket}
	for _, err := range t.Scan("", "\xff\xff") {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

func faults(tx *bbolt.Tx) error {
	var found []error
	for err := range tx.Check() { // to its end, or it never ends
		if len(found) < maxFaults {
			found = append(found, err)
		}
	}
	return errors.Join(found...)
}
