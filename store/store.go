// Package store is the ledger of cases, over a small transactional engine.
//
// One idea carries it: whatever follows from an event is written in the same
// transaction as the event. [Ledger.Do] takes a command, lets
// [approval.Decide] say which events it makes, and commits the events, the
// case's snapshot, its indexes, its next due time and the cards that should now
// show something else. After a commit a crash can lose nothing: whatever the
// world has yet to see is a row that says so.
//
// Work that one process must do is a row in a queue: due cases, dirty cards, notices
// to apps. Taking a row moves it into the future; doing the work removes it; a
// crash in between lets it come back. No lock is held in memory, so several
// processes can share an engine that allows it.
//
// Each event carries the hash of the one before it in its case, checked on
// reading, because an embedded engine doesn't notice flipped bits.
//
// Keys sort as text, values are JSON, readable in an emergency:
//
//	schema                          the schema's version
//	case/CASE                       the case as it is now, and the hash of its last event
//	event/CASE/SEQ                  an event, its hash and the one before it
//	live/REQUESTER/ACCOUNT          the one case that isn't over
//	extension/CASE                  the one case that isn't over and asks to extend that one's grant
//	open/PERSON/CASE                cases that aren't over and that a person takes part in
//	past/REQUESTER/TIME/CASE        every case, with its status
//	home/PERSON/PART/ORDER/CASE     where a case is on the Home of somebody who takes part in it
//	home/@GROUP/PART/ORDER/CASE     … and of the members of a group that oversees it
//	overseer/GROUP/PERSON           whose Home follows the cases that a group oversees
//	recent-since                    … and from when on it has the cases that are over
//	card/CASE/KIND/RECIPIENT        one copy of a case, and what Slack has of it
//	card/home/home/PERSON           a person's App Home
//	queue/due/at/TIME/CASE          the next due time of a case …
//	queue/due/id/CASE               … and the same by case
//	queue/dirty/at/TIME/CARD        when to look at a card that should show something else …
//	queue/dirty/id/CARD             … and the same by card
//	queue/webhook/at/TIME/ID        when to look at a notice to an app …
//	queue/webhook/id/ID             … and the same by notice
//	once/DAY/KEY                    what was handled, so that nothing is handled twice
//	flow/NAME                       a provisioned flow, its newest version
//	flow-version/ID/VERSION         every version of it
//	token/HASH                      who may use the API
//	link/HASH                       a code that lets a requester into an app, once
//	link-of/CASE                    … and its hash by case
//	webhook/ID                      a notice that an app hasn't taken yet
//	running/APP/CASE                a grant that is open in an app
//	ended/APP/TIME/CASE             … and one that was, until a while ago
//
// The package never talks to Slack, and never decides.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// Schema is the version of the layout that this program reads and writes.
const Schema = 2

// ErrNotFound says that there is nothing under this name.
var ErrNotFound = errors.New("not found")

// Ledger is the store of cases, cards and flows.
type Ledger struct {
	engine Engine

	older bool // the engine has an older schema, and is for reading only

	mu      sync.Mutex
	changed chan struct{}
}

// Open reads the engine's schema, and writes it if the engine is empty. One of an
// older schema is brought to this one; one of a newer schema is ErrNewer.
func Open(ctx context.Context, engine Engine) (*Ledger, error) {
	l := &Ledger{engine: engine, changed: make(chan struct{})}
	var found schema
	err := engine.View(ctx, func(tx Tx) error {
		_, err := get(tx, schemaKey, &found)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the store's schema: %w", err)
	}
	switch {
	case found.Version == Schema:
		return l, nil
	case found.Version > Schema:
		return nil, fmt.Errorf("the store has schema %d, and this program knows up to %d: %w", found.Version, Schema, ErrNewer)
	case found.Version > 0:
		if err := l.upgrade(ctx); err != nil {
			return nil, err
		}
		return l, nil
	}
	err = engine.Update(ctx, func(tx Tx) error { return put(tx, schemaKey, schema{Schema}) })
	if err != nil {
		return nil, fmt.Errorf("writing the store's schema: %w", err)
	}
	return l, nil
}

type schema struct {
	Version int `json:"version"`
}

// Changed is closed at the next commit that leaves work to do. It is a hint for
// this process; other processes' commits are found by polling.
func (l *Ledger) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *Ledger) announce() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
}

// update commits fn and announces it.
func (l *Ledger) update(ctx context.Context, fn func(Tx) error) error {
	if err := l.engine.Update(ctx, fn); err != nil {
		return err
	}
	l.announce()
	return nil
}

// Writable commits nothing but a probe, to say whether a commit would succeed.
func (l *Ledger) Writable(ctx context.Context) error {
	return l.engine.Update(ctx, func(tx Tx) error { return put(tx, schemaKey, schema{Schema}) })
}

// get reads a JSON value; it is false where there is none.
func get(tx Tx, key string, into any) (bool, error) {
	value, err := tx.Get(key)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", key, err)
	}
	if value == nil {
		return false, nil
	}
	if err := json.Unmarshal(value, into); err != nil {
		return false, fmt.Errorf("reading %s: %w: %w", key, ErrCorrupt, err)
	}
	return true, nil
}

func put(tx Tx, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	if err := tx.Put(key, data); err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	return nil
}
