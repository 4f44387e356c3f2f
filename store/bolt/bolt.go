// Package bolt is the embedded engine: one file, one process, no service.
//
// It is bbolt with five things around it.
//
// Group commit. Most of an update's time is the flush to disk. One goroutine
// owns the writing: it takes every update that waits, gives each its turn in
// one bbolt transaction, commits, and tells all of them. An update that is
// alone waits for nobody; while one flush runs, the next group gathers.
//
// Independence within a group. A turn runs in its caller's goroutine and writes
// into an overlay, which goes into the bbolt transaction only if the turn
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
// A disk that doesn't flush ends the engine. After a failed flush of the page
// that makes a commit, nobody knows what is on the disk. The updates of
// that group get [store.ErrUnknown], all later calls an error, until a restart
// reads the file anew.
//
// The file is a bbolt file with one bucket, so bbolt's own tools read it. It
// never shrinks.
package bolt

import (
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

	// Name is what errors call the file. Empty means its path.
	Name string
}

// DB is an open file. It is a [store.Engine].
type DB struct {
	bolt    *bbolt.DB
	file    *os.File
	path    string
	name    string // for people
	mark    mark
	created bool // by this Open

	calls   chan *call
	closing chan struct{}
	writer  sync.WaitGroup
	close   func() error

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
		return abandon(db.file)
	}
	if err := db.bolt.Close(); err != nil {
		return fmt.Errorf("closing the store %s: %w", db.name, err)
	}
	return nil
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
