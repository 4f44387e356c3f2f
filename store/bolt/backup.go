package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// Backup copies the store as it is now into a new file, which only its owner
// may read. Updates go on meanwhile, slower. The file appears when it is whole
// and durable; until then there is a hidden one beside it, which a
// crash leaves. A file that is there already is not overwritten.
func (db *DB) Backup(ctx context.Context, path string) error {
	return WriteBackup(path, func(w io.Writer) error {
		_, err := db.BackupTo(ctx, w)
		return err
	})
}

// WriteBackup makes a new file of what copyTo writes, which nobody sees before
// it is whole and on the disk.
func WriteBackup(path string, copyTo func(io.Writer) error) error {
	if err := absent(path); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("beginning a backup: %w", err)
	}
	err = fill(file, copyTo)
	if err == nil {
		err = absent(path)
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("backing up to %s: %w", path, err), os.Remove(file.Name()))
	}
	return syncFolder(filepath.Dir(path))
}

func absent(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("backing up to %s: there is such a file already; choose another name: %w", path, fs.ErrExist)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("backing up: %w", err)
}

func fill(file *os.File, copyTo func(io.Writer) error) error {
	err := copyTo(file)
	if err == nil {
		err = explain(file.Sync())
	}
	return errors.Join(err, file.Close())
}

// BackupTo writes the store as it is now, as a file that Open opens. It returns
// how many bytes it wrote.
func (db *DB) BackupTo(ctx context.Context, w io.Writer) (written int64, err error) {
	to := &writer{ctx: ctx, to: w}
	if db.askToFold(ctx) == nil {
		err = db.read(func(tx *bbolt.Tx) (err error) {
			written, err = tx.WriteTo(to)
			return err
		})
	} else {
		written, err = db.foldedCopy(to)
	}
	if err = cmp.Or(explain(to.err), err); err != nil {
		return written, fmt.Errorf("copying the store %s: %w", db.name, err)
	}
	return written, nil
}

// askToFold sees to it that bbolt's file has all that was committed by now. It
// can't if the file is only read, or has no room.
func (db *DB) askToFold(ctx context.Context) error {
	if db.bolt.IsReadOnly() {
		if db.recent != nil {
			return store.ErrReadOnly
		}
		return nil
	}
	folded := make(chan error, 1)
	select {
	case db.folding <- folded:
		return <-folded
	case <-db.closing:
		return store.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// foldedCopy folds what isn't in bbolt's file into a copy of it, and writes that.
func (db *DB) foldedCopy(w io.Writer) (written int64, err error) {
	file, err := os.CreateTemp("", "understudy-copy-*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	tx, b, err := db.snapshot()
	if err != nil {
		return 0, err
	}
	defer rollback(tx)
	if _, err := tx.WriteTo(file); err != nil {
		return 0, explain(err)
	}
	if err := foldIntoFile(file.Name(), b.recent); err != nil {
		return 0, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	return io.Copy(w, file)
}

// foldIntoFile gives the copy a link of its own: the journal isn't the copy's.
func foldIntoFile(path string, changes *recent) error {
	copied, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return explain(err)
	}
	err = copied.Update(func(tx *bbolt.Tx) error { return foldInto(tx, tx.Bucket(bucketName()), changes, startLink()) })
	return errors.Join(explain(err), copied.Close())
}

// writer stops when the context ends. It keeps the error, of which bbolt keeps
// only the text.
type writer struct {
	ctx context.Context
	to  io.Writer
	err error
}

func (w *writer) Write(p []byte) (n int, err error) {
	if w.err = w.ctx.Err(); w.err == nil {
		n, w.err = w.to.Write(p)
	}
	return n, w.err
}
