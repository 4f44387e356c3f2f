package bolt

import (
	"errors"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// base is what a transaction begins with. Neither part changes while it runs,
// so the bucket's cursors hold.
type base struct {
	bucket *bbolt.Bucket // nil if nothing was ever written
	recent *recent       // on top of it
	beside *fold         // only for who writes: is bringing a part of recent into the bucket
}

// transaction is what fn gets: its base, and what fn changed.
type transaction struct {
	base
	changes *overlay // nil in a View
	err     error    // the first error of a method
	over    bool     // fn has returned
}

// run gives the transaction to fn. The error is fn's, or else that of a method,
// which fn may have ignored.
func (t *transaction) run(fn func(store.Tx) error) error {
	defer func() { t.over = true }()
	if err := fn(t); err != nil {
		return err
	}
	return t.err
}

func (t *transaction) fail(err error) error {
	if t.err == nil {
		t.err = err
	}
	return err
}

func (t *transaction) check(key string) error {
	switch {
	case t.over:
		return fmt.Errorf("using a transaction after its end: %w", store.ErrClosed)
	case key == "":
		return t.fail(errors.New("a key is empty"))
	case len(key) > store.MaxKey:
		return t.fail(fmt.Errorf("a key of %d bytes is longer than %d: %.40q…", len(key), store.MaxKey, key))
	}
	return nil
}

func (t *transaction) Get(key string) ([]byte, error) {
	if err := t.check(key); err != nil {
		return nil, err
	}
	if c, changed := t.changed(key); changed {
		return clone(c.value, !c.deleted), nil
	}
	if t.bucket == nil {
		return nil, nil
	}
	var value []byte
	err := guarded(func() {
		found := t.bucket.Get([]byte(key))
		value = clone(found, found != nil)
	})
	if err != nil {
		return nil, t.fail(fmt.Errorf("reading %q: %w", key, err))
	}
	return value, nil
}

// changed is what became of the key since what the bucket has.
func (t *transaction) changed(key string) (change, bool) {
	if c, ok := t.changes.get(key); ok {
		return c, true
	}
	return t.recent.get(key)
}

// firstChanged is the first changed key that isn't before this one.
func (t *transaction) firstChanged(key string) (string, bool) {
	own, some := t.changes.from(key)
	earlier, ok := t.recent.from(key)
	if !ok || some && own < earlier {
		return own, some
	}
	return earlier, true
}

func (t *transaction) Put(key string, value []byte) error {
	return t.change(key, change{value: clone(value, true)})
}

func (t *transaction) Delete(key string) error {
	return t.change(key, change{deleted: true})
}

func (t *transaction) change(key string, c change) error {
	if err := t.check(key); err != nil {
		return err
	}
	if t.changes == nil {
		return t.fail(fmt.Errorf("writing %q in a View: %w", key, store.ErrReadOnly))
	}
	t.changes.put(key, c)
	return nil
}

// Scan merges the bucket with what changed. At every step the changes are looked
// up anew, so it sees those made since.
func (t *transaction) Scan(from, to string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		stored := walk{t: t, to: to}
		if err := stored.seek(from); err != nil {
			yield(store.Entry{}, t.fail(err))
			return
		}
		for at := from; ; {
			entry, found, err := t.next(&stored, at, to)
			switch {
			case err != nil:
				yield(store.Entry{}, t.fail(err))
				return
			case !found:
				return
			}
			if !yield(entry, nil) {
				return
			}
			if t.changes != nil || t.recent != nil {
				at = entry.Key + "\x00"
			}
		}
	}
}

// next is the first entry that isn't before at.
func (t *transaction) next(stored *walk, at, to string) (store.Entry, bool, error) {
	for {
		key, changed := t.firstChanged(at)
		if changed = changed && key < to; !changed || stored.found && stored.entry.Key < key {
			entry, found := stored.entry, stored.found
			if !found {
				return entry, false, nil
			}
			return entry, true, stored.step()
		}
		if stored.found && stored.entry.Key == key {
			if err := stored.step(); err != nil {
				return store.Entry{}, false, err
			}
		}
		if c, _ := t.changed(key); !c.deleted {
			return store.Entry{Key: key, Value: clone(c.value, true)}, true, nil
		}
		at = key + "\x00"
	}
}

// walk is a position in the bucket.
type walk struct {
	t      *transaction
	to     string
	cursor *bbolt.Cursor
	entry  store.Entry
	found  bool
}

func (w *walk) seek(from string) error {
	if w.t.over || w.t.bucket == nil {
		return w.move(func() (key, value []byte) { return nil, nil })
	}
	return w.move(func() (key, value []byte) {
		w.cursor = w.t.bucket.Cursor()
		return w.cursor.Seek([]byte(from))
	})
}

func (w *walk) step() error { return w.move(func() (key, value []byte) { return w.cursor.Next() }) }

func (w *walk) move(move func() (key, value []byte)) error {
	if w.t.over {
		return fmt.Errorf("using a transaction after its end: %w", store.ErrClosed)
	}
	err := guarded(func() {
		key, value := move()
		w.found = key != nil && string(key) < w.to
		w.entry = store.Entry{}
		if w.found {
			w.entry = store.Entry{Key: string(key), Value: clone(value, true)}
		}
	})
	if err != nil {
		return fmt.Errorf("scanning up to %q: %w", w.to, err)
	}
	return nil
}

// clone copies a value. It is nil only if there is none.
func clone(value []byte, there bool) []byte {
	if !there {
		return nil
	}
	return append(make([]byte, 0, len(value)), value...)
}
