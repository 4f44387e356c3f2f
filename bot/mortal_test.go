package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// doom is the point where a life ends: before or after a commit or a call.
type doom struct {
	commit string // what the commit writes, as written.name says; "*" is any
	call   string // the method and the card, as errand.name says; "*" is any
	after  bool   // it took effect
	nth    int    // of this name, from 1; 0 is the first
	// once holds the end back until it is so; nil doesn't.
	once func(*story) bool
}

func (d doom) String() string {
	side := "before"
	if d.after {
		side = "after"
	}
	return fmt.Sprintf("%s %q%q, the %dth", side, d.commit, d.call, max(d.nth, 1))
}

// mortal stands between a bot and the rest of the world, and ends its life at
// one point: from then on nothing of it gets out, neither to the engine nor to
// Slack. It is the engine of the bot; front is its way to Slack.
type mortal struct {
	store.Engine // what survives
	story        *story
	doom         doom
	wire         *wire
	ready        chan struct{} // closed when the wire is known
	buried       chan struct{} // closed when the test is over and the goroutines may go

	mu      sync.Mutex
	seen    int
	dead    bool
	commits []string          // in order, what the bot wrote
	calls   []string          // in order, what it called
	called  map[string]int    // how often each call was answered
	cards   map[string]string // by conversation and time stamp: whose card the message is
}

func newMortal(s *story, d doom) *mortal {
	return &mortal{Engine: s.engine, story: s, doom: d, ready: make(chan struct{}), buried: s.buried, called: map[string]int{}, cards: s.cards}
}

// born says by which wire the bot reaches Slack.
func (m *mortal) born(w *wire) {
	m.wire = w
	close(m.ready)
}

var errDead = errors.New("this life has ended")

// strikes says whether this is the point.
func (m *mortal) strikes(name, wanted string, after bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead || m.doom.after != after || wanted == "" || wanted != "*" && wanted != name {
		return m.dead
	}
	if m.doom.once != nil && !m.doom.once(m.story) {
		return false
	}
	if m.seen++; m.seen < m.doom.nth {
		return false
	}
	m.dead = true
	return true
}

func (m *mortal) isDead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// end lets nothing out any more, and keeps whoever calls it.
func (m *mortal) end() error {
	<-m.ready
	m.wire.cut()
	<-m.buried
	return errDead
}

// View reads, in this life.
func (m *mortal) View(ctx context.Context, fn func(store.Tx) error) error {
	if m.isDead() {
		return m.end()
	}
	return m.Engine.View(ctx, fn)
}

// Update commits, unless this life ends before.
func (m *mortal) Update(ctx context.Context, fn func(store.Tx) error) error {
	if m.isDead() {
		return m.end()
	}
	var name string
	asked := false // an update may run fn again, and is still one
	err := m.Engine.Update(ctx, func(tx store.Tx) error {
		w := &written{Tx: tx, puts: map[string]string{}}
		if err := fn(w); err != nil {
			return err
		}
		if name = w.name(); !asked && m.strikes(name, m.doom.commit, false) || m.isDead() {
			return errDead
		}
		asked = true
		return nil
	})
	switch {
	case errors.Is(err, errDead):
		return m.end()
	case err != nil:
		return err
	}
	m.mu.Lock()
	m.commits = append(m.commits, name)
	m.mu.Unlock()
	if m.strikes(name, m.doom.commit, true) {
		return m.end()
	}
	return nil
}

// written is a transaction that knows what it wrote.
type written struct {
	store.Tx
	puts    map[string]string
	deletes []string
}

func (w *written) Put(key string, value []byte) error {
	w.puts[key] = string(value)
	return w.Tx.Put(key, value)
}

func (w *written) Delete(key string) error {
	w.deletes = append(w.deletes, key)
	return w.Tx.Delete(key)
}

// name says what was written: the events of a case, or what happened to the
// queues and to a card.
func (w *written) name() string {
	var events, cards []string
	var queued []string
	for key, value := range w.puts {
		table, rest, _ := strings.Cut(key, "/")
		switch table {
		case "event":
			events = append(events, key[len(key)-3:]+eventName(value))
		case "card":
			cards = append(cards, cardName(store.CardID(rest), value))
		case "queue":
			queued = append(queued, strings.Split(rest, "/")[0])
		}
	}
	slices.Sort(events)
	for i, e := range events {
		events[i] = e[3:]
	}
	dirty := slices.Contains(queued, "dirty")
	undirty := slices.ContainsFunc(w.deletes, func(key string) bool { return strings.HasPrefix(key, "queue/dirty/") })
	switch {
	case len(events) > 0:
		return strings.Join(events, " ")
	case len(cards) == 1 && strings.HasSuffix(cards[0], " lost"):
		return cards[0]
	case len(cards) == 1 && dirty && undirty:
		return cards[0] + " put off"
	case len(cards) == 1 && undirty:
		return cards[0] + " delivered"
	case len(cards) == 1 && dirty:
		return cards[0] + " wanted"
	case len(cards) == 1:
		return cards[0] + " begun"
	case dirty:
		return "cards taken"
	case slices.Contains(queued, "due"):
		return "cases taken"
	}
	return "housekeeping"
}

func eventName(value string) string {
	var link struct{ Event approval.Event }
	if err := json.Unmarshal([]byte(value), &link); err != nil {
		return err.Error()
	}
	return link.Event.Type()
}

func cardName(id store.CardID, value string) string {
	var card store.Card
	if err := json.Unmarshal([]byte(value), &card); err != nil {
		return err.Error()
	}
	_, kind, _ := id.Parts()
	if card.Lost != "" {
		return string(kind) + " lost"
	}
	return string(kind)
}
