package store

import (
	"fmt"
	"strings"
	"time"
)

// queue holds ids with the time when each is to be looked at.
type queue string

const (
	dueQueue     queue = "due"
	dirtyQueue   queue = "dirty"
	webhookQueue queue = "webhook"
)

func (q queue) atKey(at time.Time, id string) string {
	return q.atPrefix() + timeKey(at) + "/" + part(id)
}
func (q queue) atPrefix() string       { return "queue/" + string(q) + "/at/" }
func (q queue) idKey(id string) string { return "queue/" + string(q) + "/id/" + part(id) }

// at is when the id is to be looked at; zero if it isn't.
func (q queue) at(tx Tx, id string) (time.Time, error) {
	var at time.Time
	_, err := get(tx, q.idKey(id), &at)
	return at, err
}

// put sets when the id is to be looked at.
func (q queue) put(tx Tx, id string, at time.Time) error {
	was, err := q.at(tx, id)
	if err != nil || was.Equal(at) {
		return err
	}
	if err := q.remove(tx, id); err != nil {
		return err
	}
	if err := put(tx, q.idKey(id), at.UTC()); err != nil {
		return err
	}
	return put(tx, q.atKey(at, id), struct{}{})
}

// remove forgets the id.
func (q queue) remove(tx Tx, id string) error {
	at, err := q.at(tx, id)
	if err != nil || at.IsZero() {
		return err
	}
	if err := tx.Delete(q.idKey(id)); err != nil {
		return err
	}
	return tx.Delete(q.atKey(at, id))
}

// due lists at most limit ids whose time has come, the oldest first, and when
// the next one's comes (zero if there is none).
func (q queue) due(tx Tx, now time.Time, limit int) (ids []string, next time.Time, err error) {
	for entry, err := range under(tx, q.atPrefix()) {
		if err != nil {
			return nil, next, fmt.Errorf("reading the queue %s: %w", q, err)
		}
		text, _, _ := strings.Cut(strings.TrimPrefix(entry.Key, q.atPrefix()), "/")
		at, err := time.Parse(keyTime, text)
		if err != nil {
			return nil, next, fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
		}
		if at.After(now) || len(ids) == limit {
			return ids, at, nil
		}
		ids = append(ids, lastPart(entry.Key))
	}
	return ids, next, nil
}

// all lists every id of the queue.
func (q queue) all(tx Tx) (ids []string, err error) {
	for entry, err := range under(tx, q.idKey("")) {
		if err != nil {
			return nil, fmt.Errorf("reading the queue %s: %w", q, err)
		}
		ids = append(ids, lastPart(entry.Key))
	}
	return ids, nil
}
