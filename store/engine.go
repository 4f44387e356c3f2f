package store

import (
	"context"
	"errors"
	"iter"
)

// Engine is a transactional map of keys to values, in the order of their bytes.
// Its transactions are serializable: they give what they would if they ran one
// after the other. [github.com/understudyhq/understudy/store/storetest] is the
// suite that every engine passes.
type Engine interface {
	// View runs fn on a snapshot: all of every Update that returned before, and
	// nothing of any in part. It returns the error of fn, or of a method of Tx
	// even if fn ignored it.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn and commits what it wrote, all or nothing. It returns nil
	// only when that is durable: it survives the death of the process and of the
	// machine. Any error but [ErrUnknown] means that nothing was written.
	//
	// Fn may run again, for instance after a conflict; only what its last run
	// wrote counts. So it has no effect but through Tx, and sets afresh what it
	// leaves in variables outside. It may see writes that are never committed,
	// but then it runs again, or Update fails. It uses neither the engine nor
	// another goroutine.
	//
	// If fn, or a method of Tx, returns an error, nothing is written, and Update
	// returns that error. If fn panics, nothing is written, and Update panics.
	//
	// With a context that is done before fn begins, fn doesn't run. Afterwards the
	// context doesn't matter: Update waits, and returns what came of it.
	Update(ctx context.Context, fn func(Tx) error) error

	// Close waits for what is running and gives back what the engine holds.
	// Later calls of View and Update return ErrClosed, those of Close nil.
	Close() error
}

// Tx is a transaction. It is for one goroutine, until its fn returns. A key is
// 1 to [MaxKey] bytes.
type Tx interface {
	// Get returns the value, which is the caller's own. It is nil if the key is
	// absent, and not nil if the value is empty.
	Get(key string) ([]byte, error)

	// Put sets the value, and keeps no reference to it. In a View it is
	// ErrReadOnly.
	Put(key string, value []byte) error

	// Delete removes the key, if it is there. In a View it is ErrReadOnly.
	Delete(key string) error

	// Scan goes through the entries with from <= key < to, in the order of the
	// keys' bytes. It sees what the transaction wrote, also since the scan began,
	// as long as it is still ahead. An error is the last thing that it yields.
	Scan(from, to string) iter.Seq2[Entry, error]
}

// MaxKey is the length in bytes of the longest key.
const MaxKey = 2048

// Entry is a key and its value, which is the receiver's own.
type Entry struct {
	Key   string
	Value []byte
}

// What can be wrong with an engine. Each is wrapped in a sentence that says
// where, and what can be done.
var (
	// ErrLocked says that another process has the store open.
	ErrLocked = errors.New("the store is locked")

	// ErrCorrupt says that what is stored can't be what was written.
	ErrCorrupt = errors.New("the store is corrupt")

	// ErrFull says that there is no room: nothing was written, reading goes on.
	ErrFull = errors.New("the store is full")

	// ErrNewer says that a newer program wrote the store.
	ErrNewer = errors.New("the store is from a newer version")

	// ErrUnknown says that it isn't known whether a commit happened: all of it
	// did, or nothing. Read again to see.
	ErrUnknown = errors.New("it isn't known whether the store was changed")

	// ErrReadOnly says that something wrote where it may only read.
	ErrReadOnly = errors.New("the store is open for reading only")

	// ErrClosed says that the engine, or the transaction, is over.
	ErrClosed = errors.New("the store is closed")
)
