package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrRepeated says that this was handled before: nothing was done now.
var ErrRepeated = errors.New("handled before")

// onceKept is how long a name given to [Change.Once] is remembered: today and
// the day before. Slack repeats within minutes.
const onceKept = 24 * time.Hour

// first notes that the name is handled now, unless it was.
func first(tx Tx, name string, now time.Time) error {
	if name == "" {
		return nil
	}
	for _, day := range []time.Time{now, now.Add(-onceKept)} {
		seen, err := get(tx, onceKey(day, name), &struct{}{})
		if err != nil {
			return err
		}
		if seen {
			return ErrRepeated
		}
	}
	return put(tx, onceKey(now, name), struct{}{})
}

// Forget drops at most limit of the names that are older than they are
// remembered for, and of the cases on Homes that aren't recent any more. It says
// how many of the two together.
func (l *Ledger) Forget(ctx context.Context, now time.Time, limit int) (dropped int, err error) {
	err = l.engine.Update(ctx, func(tx Tx) error {
		var old []string
		for entry, err := range tx.Scan("once/", onceKey(now.Add(-onceKept), "")) {
			if err != nil {
				return fmt.Errorf("reading what was handled: %w", err)
			}
			if old = append(old, entry.Key); len(old) == limit {
				break
			}
		}
		for _, key := range old {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
		recent, err := forgetRecent(tx, now, limit-len(old))
		dropped = len(old) + recent
		return err
	})
	return dropped, err
}
