// Package bolt is the embedded engine: one file, one process, no service.
//
// It is bbolt with five things around it.
//
// Group commit. Most of an update's time is the flush to disk. One goroutine
// owns the writing: it takes every update that waits, gives each its turn,
// commits what they wrote as one, and tells all of them. An update that is
// alone waits for nobody; while one flush runs, the next group gathers.
//
// A journal. A commit of bbolt writes whole pages and flushes twice: the pages,
// and then the page that makes them count. So a group is committed by one record
// that is appended to a second file, and one flush. The engine keeps its changes
// in memory, on top of bbolt's file, until it folds them into that file: when
// half the journal is full, when no update has come for a while, for a backup,
// and when it is closed. A fold is an ordinary commit of bbolt, which therefore
// never has a file that a power cut can harm. It also says up to which record
// the file has them, so that records of before mean nothing. The journal has two
// halves: while one is folded, beside the commits, the other takes their records.
// A group that fits in neither is committed by a fold. Opening a store whose
// process died folds what it finds.
//
// A record has the hash of itself and that of the record before. The last one
// counts only if all of it is there: nobody was told of one that isn't. One
// that follows nothing is damage, or another store's, and never skipped.
//
// Independence within a group. A turn runs in its caller's goroutine and writes
// into an overlay, which becomes part of the group only if the turn
// ended well: an update that fails or panics changes nothing for the others.
// If a commit fails, each of the group runs again alone, because what it read
// may have been written by another.
//
// Damage is an error. bbolt answers a damaged file with a panic, and a file that
// was cut short kills the process by a signal. Both become
// [store.ErrCorrupt], when opening and ever after.
//
// Nothing is lost without a word. bbolt notices neither a flipped bit, nor a page
// that is whole but older than the rest, nor that its last commit is gone. Here
// the sum of all entries is kept with them, which [DB.Check] compares; both of
// the first pages must be whole; and a small file beside the store, its mark,
// says how far the store had come. What each notices, and what it doesn't, is in
// sum.go, meta.go and mark.go.
//
// A disk that doesn't flush ends the engine. After a failed flush of a record,
// or of the page that makes a commit, nobody knows what is on the disk. The updates of
// that group get [store.ErrUnknown], all later calls an error, until a restart
// reads the file anew.
//
// The file is a bbolt file with a bucket of entries and one that names the last
// record, so bbolt's own tools read it. It never shrinks. A store that is
// closed is this file alone; while it is open, or after a crash, the journal
// beside it belongs to it, and neither is whole without the other.
package bolt

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// Options change how a store is opened. The zero value is good.
type Options struct {
	// LockTimeout is how long to wait for another process to let go of the file.
	// Zero means five seconds, a negative duration not at all.
	LockTimeout time.Duration

	// MaxSize is the size in bytes that the file may grow to, within a mebibyte.
	// Zero means no limit.
	MaxSize int64

	// JournalSize is how many bytes of commits are gathered before they are
	// folded into the file; the journal has twice that. Zero means 256 KiB.
	JournalSize int64

	// Name is what errors call the file. Empty means its path.
	Name string
}

// DB is an open file. It is a [store.Engine].
type DB struct {
	bolt    *bbolt.DB
	file    *os.File
	path    string
	name    string   // for people
	mark    *mark    // nil if it can't be written
	journal *journal // nil in a store that is only read, or that has no room for it
	created bool     // by this Open

	calls   chan *call
	closing chan struct{}
	writer  sync.WaitGroup
	close   func() error

	folding chan chan error // asks the writer to fold

	mu     sync.RWMutex
	recent *recent // committed, and not in bbolt's file yet

	// The writer's own: the links of the last record and of the last one that
	// bbolt's file has, and the fold that runs beside the commits, if one does.
	last, folded link
	beside       *fold

	// failure is set once, when nothing the file says can be trusted any more.
	failure          atomic.Pointer[error]
	broken           chan struct{} // closed with it
	updates, commits atomic.Uint64
}

var _ store.Engine = (*DB)(nil)

// Stats are counts since the file was opened.
type Stats struct {
	// Updates is how many updates were committed, Commits in how many groups:
	// Updates / Commits is how many shared a flush.
	Updates, Commits uint64
	// FileSize is in bytes.
	FileSize int64
}

// Stats are counts since the file was opened.
func (db *DB) Stats() Stats {
	s := Stats{Updates: db.updates.Load(), Commits: db.commits.Load()}
	if info, err := os.Stat(db.path); err == nil {
		s.FileSize = info.Size()
	}
	return s
}

// Close waits for the updates that have begun and for every View, and closes
// the file.
func (db *DB) Close() error { return db.close() }

func (db *DB) shut() error {
	close(db.closing)
	db.writer.Wait()
	db.mark.close()
	if db.failed() != nil {
		if db.journal != nil {
			_ = db.journal.file.Close() // what it has is read anew
		}
		return abandon(db.file)
	}
	if err := errors.Join(db.foldAway(), db.bolt.Close()); err != nil {
		return fmt.Errorf("closing the store %s: %w", db.name, err)
	}
	return nil
}

// foldAway leaves one file, if it can.
func (db *DB) foldAway() error {
	switch {
	case db.journal == nil:
		return nil
	case db.foldRest() != nil:
		return db.journal.file.Close() // which has it
	}
	return db.journal.remove()
}

func (db *DB) failed() error {
	if err := db.failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (db *DB) fail(err error) {
	if db.failure.CompareAndSwap(nil, &err) {
		close(db.broken)
	}
}

// Broken is closed when the store can't be used any more: whoever runs on it
// should end, and start again. [DB.Why] says what happened.
func (db *DB) Broken() <-chan struct{} { return db.broken }

// Why is why the store can't be used any more; nil while it can.
func (db *DB) Why() error { return db.failed() }
