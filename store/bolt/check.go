package bolt

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// maxFaults is how many faults Check names; a damaged page makes many.
const maxFaults = 10

// Check reads the whole file: that every page is used once, that the keys are
// in order, and that the entries are those that were written. A fault is
// [store.ErrCorrupt]. Updates wait meanwhile.
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
	err = db.checkPages(true)
	if err == nil {
		err = touch(ctx, tx)
	}
	if err != nil {
		return fmt.Errorf("checking the store %s: %w", db.name, err)
	}
	if err := faults(tx); err != nil {
		return fmt.Errorf("checking the store %s: %w: %s: %w", db.name, store.ErrCorrupt, remedy, err)
	}
	return nil
}

// touch reads every entry in this goroutine, where a fault can be caught;
// bbolt's own check uses another. It compares their sum.
func touch(ctx context.Context, tx *bbolt.Tx) error {
	bucket, err := bucketOf(tx)
	if err != nil {
		return err
	}
	t := &transaction{base: base{bucket: bucket}}
	sum := uint64(0)
	for entry, err := range t.Scan("", afterAll()) {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		sum += part(entry.Key, entry.Value)
	}
	return agree(bucket, sum)
}

// afterAll is behind every key.
func afterAll() string { return strings.Repeat("\xff", store.MaxKey+1) }

func faults(tx *bbolt.Tx) error {
	var found []error
	for err := range tx.Check() { // to its end, or it never ends
		if len(found) < maxFaults {
			found = append(found, err)
		}
	}
	return errors.Join(found...)
}
