package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"runtime/debug"
	"syscall"

	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/understudyhq/understudy/store"
)

// remedy is what to do about a damaged store.
const remedy = "restore a backup with: understudy store restore BACKUP"

// guarded runs what reads the mapped file. A panic of bbolt, or a fault because
// the file ends before the map does, is ErrCorrupt. It never wraps what a caller
// of the engine wrote: their panics are their own.
func guarded(read func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		cause := recover()
		if _, fault := cause.(runtime.Error); fault {
			cause = "a page can't be read"
		}
		if cause != nil {
			err = fmt.Errorf("%w: %s (%v)", store.ErrCorrupt, remedy, cause)
		}
	}()
	read()
	return nil
}

// explain gives an error of bbolt its identity.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen), errors.Is(err, bolterrors.ErrTxClosed):
		return store.ErrClosed
	case errors.Is(err, bolterrors.ErrDatabaseReadOnly):
		return store.ErrReadOnly
	case errors.Is(err, bolterrors.ErrMaxSizeReached):
		return fmt.Errorf("%w: its file has the size that it may have; allow more, or move to a larger store", store.ErrFull)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%w: make room on its disk (%w)", store.ErrFull, err)
	}
	return err
}

// explainOpen does so for errors of opening. What comes neither from the
// operating system, nor from the lock, nor from us is about the file's content.
func explainOpen(err error) error {
	_, isPath := errors.AsType[*fs.PathError](err)
	_, isRefused := errors.AsType[unacceptable](err)
	_, isErrno := errors.AsType[syscall.Errno](err)
	switch {
	case err == nil, isPath, isErrno, isRefused, errors.Is(err, bolterrors.ErrTimeout):
		return explain(err)
	case errors.Is(err, bolterrors.ErrVersionMismatch):
		return fmt.Errorf("%w: use the program that wrote it, or a newer one (%w)", store.ErrNewer, err)
	}
	return fmt.Errorf("%w: %s (%w)", store.ErrCorrupt, remedy, err)
}
