package storetest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/understudyhq/understudy/store"
)

// rerunEvery is how often Memory runs an update twice.
const rerunEvery = 3

// Memory is an engine that forgets. It is the plainest thing that passes the
// suite: a sorted list, copied by each Update. Every third Update runs its fn
// twice and forgets the first run, as an engine may after a conflict.
type Memory struct {
	writing sync.Mutex
	updates int
	current atomic.Pointer[[]store.Entry]

	running sync.RWMutex // held for reading by whatever runs, for writing by Close
	closed  bool
}

var _ store.Engine = (*Memory)(nil)

// NewMemory makes an empty one.
func NewMemory() *Memory {
	m := &Memory{}
	m.current.Store(&[]store.Entry{})
	return m
}

// View is as [store.Engine] says.
func (m *Memory) View(ctx context.Context, fn func(store.Tx) error) error {
	return m.run(ctx, func() error {
		return (&memoryTx{entries: *m.current.Load(), readOnly: true}).run(fn)
	})
}

// Update is as [store.Engine] says, for as long as the process lives.
func (m *Memory) Update(ctx context.Context, fn func(store.Tx) error) error {
	return m.run(ctx, func() error {
		m.writing.Lock()
		defer m.writing.Unlock()
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("waiting for the store: %w", err)
		}
		if m.updates++; m.updates%rerunEvery == 0 {
			forgotten := &memoryTx{entries: slices.Clone(*m.current.Load())}
			_ = forgotten.run(fn) // what a run says that doesn't count doesn't count
		}
		tx := &memoryTx{entries: slices.Clone(*m.current.Load())}
		if err := tx.run(fn); err != nil {
			return err
		}
		m.current.Store(&tx.entries)
		return nil
	})
}

// Close waits for what is running.
func (m *Memory) Close() error {
	m.running.Lock()
	defer m.running.Unlock()
	m.closed = true
	return nil
}

func (m *Memory) run(ctx context.Context, fn func() error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("using the store: %w", err)
	}
	m.running.RLock()
	defer m.running.RUnlock()
	if m.closed {
		return store.ErrClosed
	}
	return fn()
}

// memoryTx works on its own list of entries, in the order of their keys.
type memoryTx struct {
	entries  []store.Entry
	readOnly bool
	err      error
	over     bool
}

func (t *memoryTx) run(fn func(store.Tx) error) error {
	defer func() { t.over = true }()
	if err := fn(t); err != nil {
		return err
	}
	return t.err
}

func (t *memoryTx) fail(err error) error {
	if t.err == nil {
		t.err = err
	}
	return err
}

func (t *memoryTx) check(key string, write bool) error {
	switch {
	case t.over:
		return fmt.Errorf("using a transaction after its end: %w", store.ErrClosed)
	case write && t.readOnly:
		return t.fail(fmt.Errorf("writing %q in a View: %w", key, store.ErrReadOnly))
	case key == "" || len(key) > store.MaxKey:
		return t.fail(fmt.Errorf("a key has %d bytes, and may have 1 to %d", len(key), store.MaxKey))
	}
	return nil
}

// find is where the key is, or would be.
func (t *memoryTx) find(key string) (int, bool) {
	return slices.BinarySearchFunc(t.entries, key, func(e store.Entry, key string) int { return strings.Compare(e.Key, key) })
}

func (t *memoryTx) Get(key string) ([]byte, error) {
	if err := t.check(key, false); err != nil {
		return nil, err
	}
	i, found := t.find(key)
	if !found {
		return nil, nil
	}
	return copied(t.entries[i].Value), nil
}

func (t *memoryTx) Put(key string, value []byte) error {
	if err := t.check(key, true); err != nil {
		return err
	}
	entry := store.Entry{Key: key, Value: copied(value)}
	i, found := t.find(key)
	if found {
		t.entries[i] = entry
		return nil
	}
	t.entries = slices.Insert(t.entries, i, entry)
	return nil
}

func (t *memoryTx) Delete(key string) error {
	if err := t.check(key, true); err != nil {
		return err
	}
	if i, found := t.find(key); found {
		t.entries = slices.Delete(t.entries, i, i+1)
	}
	return nil
}

func (t *memoryTx) Scan(from, to string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for {
			if t.over {
				yield(store.Entry{}, fmt.Errorf("using a transaction after its end: %w", store.ErrClosed))
				return
			}
			i, _ := t.find(from)
			if i == len(t.entries) || t.entries[i].Key >= to {
				return
			}
			entry := t.entries[i]
			from = entry.Key + "\x00"
			if !yield(store.Entry{Key: entry.Key, Value: copied(entry.Value)}, nil) {
				return
			}
		}
	}
}

// copied is never nil.
func copied(value []byte) []byte { return append([]byte{}, value...) }
