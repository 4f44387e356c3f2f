package bolt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/understudyhq/understudy/store"
)

const (
	defaultLockTimeout = 5 * time.Second
	lockInterval       = 50 * time.Millisecond
	// oneTry makes bbolt try the lock once: with zero it waits for ever.
	oneTry = time.Nanosecond

	// mapSize is mapped from the start (address space, not memory), because a
	// writer that has to map more waits for every View, a backup's included.
	mapSize = 1 << 30
	// growth is how much the file grows at once; each time costs a flush.
	growth = 1 << 20
)

// Open opens the store in the file, which only its owner may read, and creates
// it if it isn't there. The errors are [store.ErrLocked], [store.ErrCorrupt],
// [store.ErrNewer], [store.ErrFull], and those of the file.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	db, err := open(ctx, path, o, false)
	if err != nil {
		return nil, err
	}
	if err := db.prepare(2 * cmp.Or(o.JournalSize, defaultJournal)); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store %s: %w", db.name, err), db.Close())
	}
	db.writer.Go(db.write)
	return db, nil
}

// OpenReadOnly opens a store that is there, for reading: Update returns
// [store.ErrReadOnly]. Several processes can do so at once, but none while one
// has it open for writing.
func OpenReadOnly(ctx context.Context, path string, o Options) (*DB, error) {
	db, err := open(ctx, path, o, true)
	if err != nil {
		return nil, err
	}
	have, found, err := db.linkIn()
	if err == nil && found {
		db.recent, err = readJournal(path, have)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store %s: %w", db.name, err), db.Close())
	}
	return db, nil
}

func open(ctx context.Context, path string, o Options, readOnly bool) (*DB, error) {
	db := &DB{
		path: path, name: cmp.Or(o.Name, path), closing: make(chan struct{}), broken: make(chan struct{}),
		calls: make(chan *call), folding: make(chan chan error),
	}
	db.close = sync.OnceValue(db.shut)
	options := *bbolt.DefaultOptions
	options.Timeout = oneTry
	options.ReadOnly = readOnly
	options.PreLoadFreelist = true
	options.MaxSize = int(o.MaxSize)
	options.OpenFile = db.openFile
	if runtime.GOOS != "windows" { // where the file itself would become as large
		options.InitialMmapSize = mapSize
	}
	if err := db.lock(ctx, &options, o.LockTimeout); err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", db.name, err)
	}
	db.bolt.AllocSize = growth
	if err := db.whole(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store %s: %w", db.name, err), db.Close())
	}
	return db, nil
}

// openFile refuses a file that others can read, and one that is empty, which
// bbolt would take for a new one. It remembers the file: if bbolt panics
// nobody else has it.
func (db *DB) openFile(path string, flag int, mode os.FileMode) (*os.File, error) {
	if flag&os.O_CREATE != 0 {
		if err := vanished(path); err != nil {
			return nil, unacceptable{err}
		}
		file, err := os.OpenFile(path, flag|os.O_EXCL, mode)
		if db.created = err == nil; db.created || !errors.Is(err, fs.ErrExist) {
			db.file = file
			return file, err
		}
	}
	file, err := os.OpenFile(path, flag&^os.O_CREATE, mode)
	if err != nil {
		return nil, err
	}
	if err := acceptable(file); err != nil {
		return nil, errors.Join(unacceptable{err}, file.Close())
	}
	db.file = file
	return file, nil
}

// unacceptable is why a file isn't opened, apart from what bbolt says of it.
type unacceptable struct{ error }

func (u unacceptable) Unwrap() error { return u.error }

func acceptable(file *os.File) error {
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return fmt.Errorf("it is empty: %s; or remove it if it never was a store: %w", remedy, store.ErrCorrupt)
	}
	return acceptableTo(file)
}

// acceptableTo says whether it is a file, and its owner's only.
func acceptableTo(file *os.File) error {
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it isn't a file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("others than its owner may use it (mode %04o): run chmod 600 %s", mode, file.Name())
	}
	return nil
}

// lock opens the file as soon as no other process has it.
func (db *DB) lock(ctx context.Context, options *bbolt.Options, timeout time.Duration) error {
	if timeout == 0 {
		timeout = defaultLockTimeout
	}
	late := time.After(timeout)
	for {
		err := db.try(options)
		if !errors.Is(err, bolterrors.ErrTimeout) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting until another process lets go of it: %w", ctx.Err())
		case <-late:
			return fmt.Errorf("another process has it open: stop that one, or use another file: %w", store.ErrLocked)
		case <-time.After(lockInterval):
		}
	}
}

func (db *DB) try(options *bbolt.Options) error {
	var opened error
	damage := guarded(func() { db.bolt, opened = bbolt.Open(db.path, 0o600, options) })
	if damage != nil {
		return errors.Join(damage, abandon(db.file))
	}
	if opened != nil && db.created && !errors.Is(opened, bolterrors.ErrTimeout) {
		opened = errors.Join(opened, os.Remove(db.path))
	}
	return explainOpen(opened)
}

// whole checks that the file isn't shorter than its first pages say, that no
// commit is gone, that its pages make a tree, and that its root is ours.
func (db *DB) whole() error {
	if err := db.stillThere(); err != nil {
		return err
	}
	last, err := db.newest()
	if err == nil {
		err = behind(db.path, last.commit)
	}
	if err == nil {
		err = db.checkPages(false)
	}
	if err != nil {
		return err
	}
	return db.read(func(tx *bbolt.Tx) error { return root(tx, last.commit <= firstCommit) })
}

// root checks which buckets a file has: our own, or none if it is new. Where one
// of ours is beside what isn't, a name was damaged; it is no other program's
// file. Nor is one whose root has entries that are no buckets, which no program
// can write there: another page took the root's place.
func root(tx *bbolt.Tx, isNew bool) error {
	damaged := fmt.Errorf("%w: its root isn't what was written: %s", store.ErrCorrupt, remedy)
	var ours, other [][]byte
	cursor := tx.Cursor()
	for name, value := cursor.First(); name != nil; name, value = cursor.Next() {
		switch {
		case value != nil:
			return damaged
		case bytes.Equal(name, bucketName()), bytes.Equal(name, journalBucket()):
			ours = append(ours, name)
		default:
			other = append(other, name)
		}
	}
	switch {
	case len(other) == 0 && tx.Bucket(bucketName()) != nil, len(other)+len(ours) == 0 && isNew:
		return nil
	case len(other) > 0 && len(ours) == 0:
		return fmt.Errorf("it is the file of another program, with a bucket %q", other[0])
	}
	return damaged
}

// firstCommit is what a file says that bbolt has just made.
const firstCommit = 1

// stillThere says whether the file is still the one of this name: while it was
// waited for, another may have taken its place.
func (db *DB) stillThere() error {
	named, err := os.Stat(db.path)
	if err != nil {
		return err
	}
	if opened, err := db.file.Stat(); err != nil || !os.SameFile(named, opened) {
		return errors.Join(errors.New("it was replaced while it was opened: open it again"), err)
	}
	return nil
}

func (db *DB) newest() (meta, error) { return newest(db.file, db.bolt.Info().PageSize) }

// checkPages checks the file's pages, all of them or all but the leaves. Nobody
// may write meanwhile.
func (db *DB) checkPages(leaves bool) error {
	last, err := db.newest()
	if err != nil {
		return err
	}
	pageSize := db.bolt.Info().PageSize
	info, err := db.file.Stat()
	if err != nil {
		return err
	}
	if pages := uint64(info.Size() / int64(pageSize)); last.pages > pages { //nolint:gosec // a size is never negative
		return fmt.Errorf("%w: it is cut short, to %d pages of %d: %s", store.ErrCorrupt, pages, last.pages, remedy)
	}
	return checkTree(db.file, pageSize, last, leaves)
}

// prepare makes a new file ready. The folder is flushed too: without that, a
// machine that dies may forget the file.
func (db *DB) prepare(journal int64) error {
	if err := db.createBuckets(); err != nil {
		return fmt.Errorf("preparing the store %s: %w", db.name, err)
	}
	if err := db.recover(journal); err != nil {
		return err
	}
	last, err := db.newest()
	if err != nil {
		return fmt.Errorf("preparing the store %s: %w", db.name, err)
	}
	db.mark = openMark(db.path, last.commit, db.last.number)
	return syncFolder(filepath.Dir(db.path))
}

// createBuckets writes only to a new file: a full one can still be opened.
func (db *DB) createBuckets() error {
	var there bool
	err := db.read(func(tx *bbolt.Tx) error {
		there = tx.Bucket(bucketName()) != nil
		return nil
	})
	if err != nil || there {
		return err
	}
	return explain(db.bolt.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucket(bucketName()); err != nil {
			return err
		}
		return setLink(tx, startLink())
	}))
}

// syncFolder makes durable which files a folder holds.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // which can't, and needn't
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("flushing a folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("flushing the folder %s: %w", path, err)
	}
	return nil
}
