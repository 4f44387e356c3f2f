package bolt

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// maxGroup bounds how long the first of a group waits for the last's turn.
const maxGroup = 1024

// write is the one goroutine that writes, until the engine closes.
func (db *DB) write() {
	settled := time.NewTimer(settles)
	defer settled.Stop()
	for {
		select {
		case first := <-db.calls:
			db.commit(db.gather(first))
			settled.Reset(settles)
		case <-settled.C:
			db.foldBeside()
		case err := <-db.besideEnded():
			db.endBeside(err)
		case asked := <-db.folding:
			asked <- db.foldRest()
		case <-db.closing:
			db.waitBeside()
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

// commit tells each of the group what came of it. What they write may be more than
// one record should have; then those who are left have the next one.
func (db *DB) commit(group []*call) {
	for len(group) > 0 {
		outcomes, err := db.together(group)
		db.tell(group[:len(outcomes)], outcomes, err)
		group = group[len(outcomes):]
	}
}

func (db *DB) tell(group []*call, outcomes []error, err error) {
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

// together runs the first of the group, or all, in one transaction, and has an
// outcome for each of those. If it can't be committed, none counts, because each may
// have read what another wrote.
func (db *DB) together(group []*call) (outcomes []error, err error) {
	written := &overlay{}
	outcomes, updates, changes, err := db.turns(group, written)
	if err != nil || updates == 0 {
		return outcomes, err
	}
	if err := db.keep(changes, written); err != nil {
		return outcomes, err
	}
	db.updates.Add(updates)
	db.commits.Add(1)
	return outcomes, nil
}

// turns gives each of the group its turn, until they have written as much as a
// record should have. Changes is all that isn't in bbolt's file by then, written
// the group's own part of it.
func (db *DB) turns(group []*call, written *overlay) (outcomes []error, updates uint64, changes *recent, err error) {
	tx, b, err := db.snapshot()
	if err != nil {
		return make([]error, len(group)), 0, nil, err
	}
	b.beside = db.beside
	defer rollback(tx) // a fold that must map more waits for who reads
	for _, c := range group {
		if db.journal != nil && written.size > db.journal.ample() {
			break
		}
		changes, outcome := c.take(b)
		if outcomes = append(outcomes, outcome); changes.empty() {
			continue
		}
		updates++
		if err := guarded(func() { b.add(changes, written) }); err != nil {
			return outcomes, 0, nil, err
		}
	}
	return outcomes, updates, b.recent, nil
}

// add makes the changes part of the base, and of what was written.
func (b *base) add(changes, written *overlay) {
	for _, key := range changes.keys() {
		c := changes.changes[key]
		c.gone = c.deleted && !b.beside.brings(key) && (b.bucket == nil || b.bucket.Get([]byte(key)) == nil)
		written.put(key, c)
		b.recent = b.recent.after(key, c, b.beside)
	}
}

// after is r and this change. A key that is gone is forgotten: or whoever scans
// a queue from its beginning would step over all that was ever done of it.
func (r *recent) after(key string, c change, beside *fold) *recent {
	if c.gone && !beside.brings(key) {
		return r.without(key)
	}
	return r.with(key, c)
}

func (r *recent) afterAll(written *overlay, beside *fold) *recent {
	for key, c := range written.changes {
		r = r.after(key, c, beside)
	}
	return r
}

// keep makes what was written durable: as a record of the journal or, if it
// doesn't fit there, by a fold of all changes.
func (db *DB) keep(changes *recent, written *overlay) error {
	if db.journal == nil {
		return db.foldAll(changes)
	}
	record, l := encodeRecord(written, db.last, db.journal.room)
	if !db.journal.fits(record) {
		db.waitBeside()
		db.foldBeside()
		changes = db.committed().afterAll(written, db.beside)
	}
	if !db.journal.fits(record) { // in neither half
		db.waitBeside()
		return db.foldAll(db.committed().afterAll(written, nil))
	}
	unknown, err := db.journal.write(record)
	switch {
	case unknown:
		return db.unknown(err)
	case err != nil:
		return explain(err)
	}
	db.last = l
	db.mark.noteRecord(l.number)
	if db.beside != nil {
		db.beside.since = db.beside.since.afterAll(written, db.beside)
	}
	db.publish(changes)
	return nil
}

// unknown ends the engine: after a failed flush only the disk knows.
func (db *DB) unknown(failed error) error {
	db.fail(fmt.Errorf("the store %s can't be used since a flush failed: see to its disk, then start again (%w)", db.name, failed))
	return fmt.Errorf("%w: its disk failed to flush (%w)", store.ErrUnknown, failed)
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
	return db.unknown(failed)
}

func (db *DB) lastCommit() (id int, err error) {
	err = db.read(func(tx *bbolt.Tx) error {
		id = tx.ID()
		return nil
	})
	return id, err
}
