package people

import (
	"context"
	"sync"
	"time"
)

// memo remembers answers by key, with their age. Those who ask for the same
// key at the same time wait for one answer.
type memo[V any] struct {
	fresh time.Duration // how long an answer is reused without asking
	stale time.Duration // how long it's given instead of an error; 0 means never
	pause time.Duration // how long not to ask again after an error, if there is a stale answer

	stillFresh func(v V, now time.Time) bool // nil: time alone decides
	spare      func(error) bool              // errors that a stale answer hides

	mu      sync.Mutex
	entries map[string]*entry[V]
}

// entry is what is known of one key. Who holds the turn may read and write it.
type entry[V any] struct {
	turn chan struct{}
	known[V]
}

type known[V any] struct {
	value  V
	at     time.Time // zero: no answer yet
	failed time.Time // of the last try, if it failed
	err    error     // what it failed with
}

// maxEntries is when a memo forgets: far more people than a workspace has
// approvers, far less than memory holds.
const maxEntries = 10_000

// get returns the answer for a key, asking only if there is no fresh one. An
// error that a stale answer doesn't hide forgets that answer.
func (m *memo[V]) get(ctx context.Context, key string, ask func(context.Context) (V, error)) (answer[V], error) {
	e := m.entry(key)
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return answer[V]{}, context.Cause(ctx)
	}
	if m.isFresh(e) || m.isPaused(e) {
		return e.answer(), nil
	}
	v, err := ask(ctx)
	switch {
	case err == nil:
		e.known = known[V]{value: v, at: time.Now()}
		return e.answer(), nil
	case ctx.Err() != nil: // the caller gave up, which says nothing of the answer
		return answer[V]{}, err
	case m.hides(e, err):
		e.failed, e.err = time.Now(), err
		return e.answer(), nil
	}
	e.known = known[V]{}
	return answer[V]{}, err
}

// answer is a value and when it was true. Why is the reason that it's an old
// one, if it is.
type answer[V any] struct {
	value V
	age   time.Duration
	why   error
}

func (k known[V]) answer() answer[V] {
	return answer[V]{k.value, time.Since(k.at), k.err}
}

// forget drops the answer for a key. Who is asking just now gets what they get.
func (m *memo[V]) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
}

func (m *memo[V]) isFresh(e *entry[V]) bool {
	if e.at.IsZero() || e.err != nil || time.Since(e.at) > m.fresh {
		return false
	}
	return m.stillFresh == nil || m.stillFresh(e.value, time.Now())
}

func (m *memo[V]) isPaused(e *entry[V]) bool {
	return e.err != nil && m.hides(e, e.err) && time.Since(e.failed) < m.pause
}

func (m *memo[V]) hides(e *entry[V], err error) bool {
	return m.spare != nil && m.spare(err) && !e.at.IsZero() && time.Since(e.at) <= m.stale
}

func (m *memo[V]) entry(key string) *entry[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil || len(m.entries) >= maxEntries {
		m.entries = map[string]*entry[V]{}
	}
	e, ok := m.entries[key]
	if !ok {
		e = &entry[V]{turn: make(chan struct{}, 1)}
		m.entries[key] = e
	}
	return e
}
