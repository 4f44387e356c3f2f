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
	"time"

	"github.com/understudyhq/understudy/store"
)

// Replace puts a copy of a backup in the place of the store, which nobody may
// have open ([store.ErrLocked]), unless sound finds something wrong with the
// copy. What was in its place is kept beside it, under the name that is
// returned; it is empty if there was nothing.
func Replace(ctx context.Context, path, backup string, sound func(*DB) error) (kept string, err error) {
	release, err := claim(path, backup)
	if err != nil {
		return "", err
	}
	defer release()
	made, err := copied(ctx, path, backup, sound)
	if err != nil {
		return "", err
	}
	if kept, err = swap(path, made); err != nil {
		return kept, errors.Join(fmt.Errorf("replacing %s: %w", path, err), os.Remove(made))
	}
	return kept, nil
}

// claim locks both files, if they are there: the store against everybody, the
// backup against who writes it.
func claim(path, backup string) (release func(), err error) {
	from, err := os.Open(backup)
	if err != nil {
		return nil, fmt.Errorf("opening the backup: %w", err)
	}
	if !lock(from, false) {
		return nil, errors.Join(fmt.Errorf("a process has the backup %s open: make a copy with understudy store backup: %w", backup, store.ErrLocked), from.Close())
	}
	old, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return func() { _ = from.Close() }, nil
	}
	release = func() { _ = errors.Join(old.Close(), from.Close()) } // both were only read; their locks go with them
	switch {
	case err != nil:
		err = fmt.Errorf("opening the store that is there: %w", err)
	case sameFile(old, from):
		err = fmt.Errorf("%s is the store itself: name a backup of it", backup)
	case !lock(old, true):
		err = fmt.Errorf("a process has the store %s open: stop it, then restore: %w", path, store.ErrLocked)
	}
	if err != nil {
		release()
		return nil, err
	}
	return release, nil
}

func sameFile(a, b *os.File) bool {
	one, errOne := a.Stat()
	other, errOther := b.Stat()
	return errOne == nil && errOther == nil && os.SameFile(one, other)
}

// copied is a checked and durable copy of the backup, in the folder of the
// store. After a crash it is left there, hidden, and nothing uses it.
func copied(ctx context.Context, path, backup string, sound func(*DB) error) (made string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", fmt.Errorf("beginning a copy: %w", err)
	}
	err = fill(file, func(w io.Writer) error {
		from, err := os.Open(backup)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, from)
		return errors.Join(err, from.Close())
	})
	if err == nil {
		err = judge(ctx, file.Name(), backup, sound)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

func judge(ctx context.Context, path, name string, sound func(*DB) error) error {
	db, err := OpenReadOnly(ctx, path, Options{Name: name})
	if err != nil {
		return err
	}
	return errors.Join(sound(db), db.Close())
}

// swap gives the store's name to the new file, and another to the old one. At
// each step a crash leaves a store of that name, the old one or the new:
// restoring again is all there is to do.
func swap(path, made string) (kept string, err error) {
	if kept, err = keep(path); err != nil {
		return kept, fmt.Errorf("keeping what is there: %w", err)
	}
	if err := setAside(path, kept); err != nil {
		return kept, err
	}
	// The old mark would say that the new store has lost commits, which it has.
	// Without one, the old store is only trusted more than it should be.
	if err := os.Remove(markPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	if err := os.Rename(made, path); err != nil {
		return kept, err
	}
	return kept, syncFolder(filepath.Dir(path))
}

// setAside puts the old store's journal beside what is kept of it.
func setAside(path, kept string) error {
	err := os.Rename(journalPath(path), journalPath(cmp.Or(kept, replacedName(path))))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func replacedName(path string) string {
	return path + ".replaced-" + time.Now().UTC().Format("20060102T150405.000Z")
}

// keep gives the file a second name. Where files have only one, it's copied.
func keep(path string) (kept string, err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	kept = replacedName(path)
	if os.Link(path, kept) == nil {
		return kept, nil
	}
	return kept, WriteBackup(kept, func(w io.Writer) error {
		from, err := os.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, from)
		return errors.Join(err, from.Close())
	})
}
