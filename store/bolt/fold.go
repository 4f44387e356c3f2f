package bolt

import (
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"time"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// settles is how long the engine is left alone before it folds.
const settles = 200 * time.Millisecond

// snapshot is what somebody reads: bbolt's file as it was at a moment, and what
// was committed by then and isn't in it. The lock keeps a fold from taking
// changes away between the two; that a fold has just brought changes into the
// file, and they are still here too, makes no difference.
func (db *DB) snapshot() (tx *bbolt.Tx, b base, err error) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if tx, err = db.begin(false); err != nil {
		return nil, b, err
	}
	bucket, err := bucketOf(tx)
	if err != nil {
		rollback(tx)
		return nil, b, err
	}
	return tx, base{bucket: bucket, recent: db.recent}, nil
}

func (db *DB) publish(r *recent) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.recent = r
}

// fold is one that runs beside the commits: of these changes, up to this record.
type fold struct {
	changes *recent
	upTo    link
	since   *recent // what was committed after that
	ended   chan error
}

// brings says whether the fold puts the key into bbolt's file.
func (f *fold) brings(key string) bool {
	if f == nil {
		return false
	}
	c, found := f.changes.get(key)
	return found && !c.deleted
}

// foldBeside begins to fold what there is, and goes on in the journal's other
// half. It does nothing if there is nothing to fold, if a fold runs already, or
// if the other half is still needed, because its fold failed.
func (db *DB) foldBeside() {
	if db.beside != nil || db.journal == nil || db.last == db.folded || !db.journal.turn(db.last, db.folded) {
		return
	}
	f := &fold{changes: db.committed(), upTo: db.last, ended: make(chan error, 1)}
	db.beside = f
	go func() { f.ended <- db.foldUpTo(f.changes, f.upTo) }()
}

// besideEnded is told when the fold that runs has ended; nil if none does.
func (db *DB) besideEnded() <-chan error {
	if db.beside == nil {
		return nil
	}
	return db.beside.ended
}

// endBeside takes the changes away that are in bbolt's file now. A fold that
// failed has done no harm: the journal has the changes, and so has the memory.
func (db *DB) endBeside(err error) {
	if err == nil {
		db.folded = db.beside.upTo
		db.publish(db.beside.since)
	}
	db.beside = nil
}

// waitBeside waits for the fold that runs, if one does.
func (db *DB) waitBeside() {
	if db.beside != nil {
		db.endBeside(<-db.beside.ended)
	}
}

func (db *DB) committed() *recent {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.recent
}

// foldAll folds the changes, all there are, while nobody commits, and begins the
// journal's half anew.
func (db *DB) foldAll(changes *recent) error {
	if err := db.foldUpTo(changes, db.last); err != nil {
		return err
	}
	db.folded = db.last
	db.publish(nil)
	if db.journal != nil {
		db.journal.again()
	}
	return nil
}

// foldUpTo writes the changes into bbolt's file, with the link of the last record
// that has any of them. Before the commit, a crash leaves the file as it was and
// the journal with the changes. After it, the journal still has them, and the
// link says that the file does too.
func (db *DB) foldUpTo(changes *recent, upTo link) error {
	tx, err := db.begin(true)
	if err != nil {
		return err
	}
	defer rollback(tx)
	bucket, err := bucketOf(tx)
	if err != nil {
		return err
	}
	var failed error
	if damage := guarded(func() { failed = foldInto(tx, bucket, changes, upTo) }); damage != nil {
		return damage
	}
	if failed != nil {
		return explain(failed)
	}
	return db.flush(tx)
}

func foldInto(tx *bbolt.Tx, bucket *bbolt.Bucket, changes *recent, l link) error {
	sum := bucket.Sequence()
	for key, c := range changes.all() {
		sum += c.part(key) - was(bucket, key)
		if err := c.apply(bucket, key); err != nil {
			return err
		}
		runtime.Gosched() // whoever commits or reads meanwhile goes first
	}
	if err := bucket.SetSequence(sum); err != nil {
		return err
	}
	return setLink(tx, l)
}

// foldRest folds what there is. It fails without harm: the journal has it.
func (db *DB) foldRest() error {
	db.waitBeside()
	if db.last == db.folded {
		return nil // even if nothing remains of the records, the file must name the last
	}
	return db.foldAll(db.committed())
}

func journalBucket() []byte { return []byte("understudy-journal") }
func linkKey() []byte       { return []byte("last") }

func setLink(tx *bbolt.Tx, l link) error {
	bucket, err := tx.CreateBucketIfNotExists(journalBucket())
	if err != nil {
		return err
	}
	return bucket.Put(linkKey(), l.encode())
}

// startLink is a link that nothing else has.
func startLink() (l link) {
	l.number = 1
	_, _ = rand.Read(l.sum[:]) // never an error
	return l
}

// linkIn is the link of the last record that bbolt's file has.
func (db *DB) linkIn() (l link, found bool, err error) {
	err = db.read(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(journalBucket())
		if bucket == nil {
			return nil
		}
		if l, found = decodeLink(bucket.Get(linkKey())); !found {
			return fmt.Errorf("it doesn't say what it has of its journal: %w", store.ErrCorrupt)
		}
		return nil
	})
	return l, found, err
}

// recover opens the journal, and folds what a process that died has left there.
func (db *DB) recover(room int64) error {
	have, found, err := db.linkIn()
	if err != nil {
		return err
	}
	if !found { // a file of before there were journals
		have = startLink()
	}
	db.last, db.folded = have, have
	j, rest, err := openJournal(db.path, have, room)
	if err != nil || j == nil {
		return err
	}
	db.journal, db.last = j, j.last
	if !found {
		err = db.foldAll(nil)
	}
	if errors.Is(err, store.ErrFull) {
		db.journal = nil // the file can't say that it has one
		return j.remove()
	}
	if err != nil {
		return err
	}
	db.publish(rest)
	if err := db.foldRest(); err != nil && !errors.Is(err, store.ErrFull) {
		return err
	}
	return nil
}
