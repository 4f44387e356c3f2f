package bolt

import (
	"errors"
	"fmt"
	"runtime"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// maxGroup bounds how long the first of a group waits for the last's turn.
const maxGroup = 1024

// write is the one goroutine that writes, until the engine closes.
func (db *DB) write() {
	for {
		select {
		case first := <-db.calls:
			db.commit(db.gather(first))
		case <-db.closing:
			return
		}
	}
}

// gather takes everybody who waits. Those whom the last commit set free are
// given the processor once, so that they are there too; without, groups
// alternate between one and all.
func (db *DB) gather(first *call) []*call {
	runtime.Gosched()
	group := []*call{first}
	for len(group) < maxGroup {
		select {
		case next := <-db.calls:
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// commit tells each of the group what came of it.
func (db *DB) commit(group []*call) {
	outcomes, err := db.together(group)
	switch {
	case err == nil:
		for i, c := range group {
			c.done <- outcomes[i]
		}
	case len(group) == 1 || errors.Is(err, store.ErrUnknown):
		for _, c := range group {
			c.done <- fmt.Errorf("changing the store %s: %w", db.name, err)
		}
	default: // nothing was written, and who is to blame isn't known
		for _, c := range group {
			if !c.gone { // its fn panicked: nobody waits for it
				db.commit([]*call{c})
			}
		}
	}
}

// together runs the group in one transaction. If it can't be committed, no
// outcome counts, because each may have read what another wrote.
func (db *DB) together(group []*call) (outcomes []error, err error) {
	tx, err := db.begin(true)
	if err != nil {
		return nil, err
	}
	defer rollback(tx)
	bucket, err := bucketOf(tx)
	if err != nil {
		return nil, err
	}
	outcomes = make([]error, len(group))
	updates := uint64(0)
	for i, c := range group {
		wrote, outcome, err := c.take(bucket)
		if err != nil {
			return nil, err
		}
		if outcomes[i] = outcome; wrote {
			updates++
		}
	}
	if updates == 0 {
		return outcomes, nil
	}
	if err := db.flush(tx); err != nil {
		return nil, err
	}
	db.updates.Add(updates)
	db.commits.Add(1)
	return outcomes, nil
}

// flush makes the transaction durable. bbolt writes and flushes the data first,
// then the page that makes it count. If it fails before that page is in
// the file, nothing happened; if after, only the disk knows.
func (db *DB) flush(tx *bbolt.Tx) error {
	id := tx.ID()
	var failed error
	if damage := guarded(func() { failed = tx.Commit() }); damage != nil {
		db.fail(damage)
		return damage
	}
	if failed == nil {
		db.mark.note(uint64(id)) //nolint:gosec // bbolt counts from zero up
		return nil
	}
	last, err := db.lastCommit()
	if err == nil && last < id {
		return explain(failed)
	}
	db.fail(fmt.Errorf("the store %s can't be used since a flush failed: see to its disk, then start again (%w)", db.name, failed))
	return fmt.Errorf("%w: its disk failed to flush (%w)", store.ErrUnknown, failed)
}

func (db *DB) lastCommit() (id int, err error) {
	err = db.read(func(tx *bbolt.Tx) error {
		id = tx.ID()
		return nil
	})
	return id, err
}
