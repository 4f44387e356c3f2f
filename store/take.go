package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// TakeDue takes at most limit cases whose time has come. Each comes back at
// now + back unless a commit gives it another due time. Next is when to look
// again, zero if nothing is due ever. What can't be read is put off, and named
// by an error beside the cases that can.
func (l *Ledger) TakeDue(ctx context.Context, now time.Time, limit int, back time.Duration) (cases []approval.Case, next time.Time, err error) {
	next, err = l.take(ctx, dueQueue, now, limit, back, func(tx Tx, id string) error {
		c, err := readCase(tx, id)
		if err == nil {
			cases = append(cases, c)
		}
		return err
	}, func() { cases = nil })
	return cases, next, err
}

// Postpone sets when a taken case comes back, if it is due at all. One that
// changed since it was taken keeps the time that its commit gave it.
func (l *Ledger) Postpone(ctx context.Context, taken approval.Case, at time.Time) error {
	return l.update(ctx, func(tx Tx) error {
		c, err := readCase(tx, taken.ID)
		if err != nil || c.Seq != taken.Seq {
			return err
		}
		return postpone(tx, c.ID, at)
	})
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
			if damaged(err) {
				continue // whoever takes it says so
			}
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
		return reclaimWebhooks(tx, now)
	})
	if err != nil {
		return fmt.Errorf("taking back unfinished work: %w", err)
	}
	return nil
}

// take moves the queue's due ids into the future and reads each. It writes
// only if there is something to take. Again runs before each try.
func (l *Ledger) take(ctx context.Context, q queue, now time.Time, limit int, back time.Duration, read func(Tx, string) error, again func()) (next time.Time, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		_, next, err = q.due(tx, now, 0)
		return err
	})
	if err != nil || next.IsZero() || next.After(now) {
		return next, err
	}
	var unread []error
	err = l.engine.Update(ctx, func(tx Tx) (err error) {
		again()
		unread = nil
		ids, later, err := q.due(tx, now, limit)
		next = later
		if err != nil {
			return err
		}
		for _, id := range ids {
			after := back
			if err := read(tx, id); damaged(err) {
				unread, after = append(unread, err), mendTime
			} else if err != nil {
				return err
			}
			if err := q.put(tx, id, now.Add(after)); err != nil {
				return err
			}
		}
		return nil
	})
	return next, errors.Join(err, errors.Join(unread...))
}

// mendTime is how long something that can't be read is put off, so that it
// holds up nothing else.
const mendTime = time.Hour

func damaged(err error) bool { return errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotFound) }
