package store

import (
	"context"
	"fmt"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// TakeDue takes at most limit cases whose time has come. Each comes back at
// now + back unless a commit gives it another due time. Next is when to look
// again, zero if nothing is due ever.
func (l *Ledger) TakeDue(ctx context.Context, now time.Time, limit int, back time.Duration) (cases []approval.Case, next time.Time, err error) {
	_, next, err = l.take(ctx, dueQueue, now, limit, back, func(tx Tx, id string) error {
		c, err := readCase(tx, id)
		cases = append(cases, c)
		return err
	}, func() { cases = nil })
	if err != nil {
		return nil, next, err
	}
	return cases, next, nil
}

// Postpone sets when a taken case comes back, if it is due at all.
func (l *Ledger) Postpone(ctx context.Context, id string, at time.Time) error {
	return l.update(ctx, func(tx Tx) error { return postpone(tx, id, at) })
}

func postpone(tx Tx, id string, at time.Time) error {
	queued, err := dueQueue.at(tx, id)
	if err != nil || queued.IsZero() {
		return err
	}
	return dueQueue.put(tx, id, at)
}

// Reclaim gives back what a process that is no more had taken. Only for an
// engine that no other process has open.
func (l *Ledger) Reclaim(ctx context.Context, now time.Time) error {
	err := l.update(ctx, func(tx Tx) error {
		cases, err := dueQueue.all(tx)
		if err != nil {
			return err
		}
		for _, id := range cases {
			c, err := readCase(tx, id)
			if err != nil {
				return err
			}
			if err := schedule(tx, c); err != nil {
				return err
			}
		}
		cards, err := dirtyQueue.all(tx)
		if err != nil {
			return err
		}
		for _, id := range cards {
			if err := dirtyQueue.put(tx, id, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("taking back unfinished work: %w", err)
	}
	return nil
}

// take moves the queue's due ids into the future and reads each. It writes
// only if there is something to take. Again runs before each try.
func (l *Ledger) take(ctx context.Context, q queue, now time.Time, limit int, back time.Duration, read func(Tx, string) error, again func()) (ids []string, next time.Time, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		_, next, err = q.due(tx, now, 0)
		return err
	})
	if err != nil || next.IsZero() || next.After(now) {
		return nil, next, err
	}
	err = l.engine.Update(ctx, func(tx Tx) (err error) {
		again()
		ids, next, err = q.due(tx, now, limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := read(tx, id); err != nil {
				return err
			}
			if err := q.put(tx, id, now.Add(back)); err != nil {
				return err
			}
		}
		return nil
	})
	return ids, next, err
}
