package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// Case is the case of this id, or ErrNotFound.
func (l *Ledger) Case(ctx context.Context, id string) (c approval.Case, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		c, err = readCase(tx, id)
		return err
	})
	return c, err
}

func readCase(tx Tx, id string) (approval.Case, error) {
	s, found, err := readSnapshot(tx, id)
	if err == nil && !found {
		err = fmt.Errorf("case %s: %w", id, ErrNotFound)
	}
	return s.Case, err
}

// Events are the case's events, from the first. A chain that doesn't hold is
// ErrCorrupt.
func (l *Ledger) Events(ctx context.Context, id string) (events []approval.Event, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		events, _, err = readEvents(tx, id)
		return err
	})
	return events, err
}

// Open are the cases that aren't over and that this person takes part in.
func (l *Ledger) Open(ctx context.Context, person string) (cases []approval.Case, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		cases = nil
		for entry, err := range under(tx, "open/"+part(person)+"/") {
			if err != nil {
				return fmt.Errorf("reading the open cases of %s: %w", person, err)
			}
			c, err := readCase(tx, lastPart(entry.Key))
			if err != nil {
				return err
			}
			cases = append(cases, c)
		}
		return nil
	})
	return cases, err
}

// Cases lists every case id that begins after the given one, at most limit.
func (l *Ledger) Cases(ctx context.Context, after string, limit int) (cases []approval.Case, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		cases = nil
		for entry, err := range tx.Scan(caseKey(after)+"\x00", "case0") {
			if err != nil {
				return fmt.Errorf("listing cases: %w", err)
			}
			if len(cases) == limit {
				return nil
			}
			s, err := parseSnapshot(entry.Key, entry.Value)
			if err != nil {
				return err
			}
			cases = append(cases, s.Case)
		}
		return nil
	})
	return cases, err
}

// Past counts the requester's cases but this one.
func (l *Ledger) Past(ctx context.Context, requester, except string) (past flows.Past, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		var all approval.Tally
		for entry, err := range pastOf(tx, requester, except) {
			if err != nil {
				return err
			}
			var status approval.Status
			if err := json.Unmarshal(entry.Value, &status); err != nil {
				return fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
			}
			all.Count(status, time.Time{})
		}
		past = flows.Past{Requests: all.Asked, Approved: all.Approved, Denied: all.Denied}
		return nil
	})
	return past, err
}

// Before counts the requester's cases but this one, for the account and in all.
// It reads each of them: cases that are damaged aren't counted, because nothing
// is decided by it.
func (l *Ledger) Before(ctx context.Context, requester, account, except string) (before approval.Before, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		before = approval.Before{}
		for entry, err := range pastOf(tx, requester, except) {
			if err != nil {
				return err
			}
			c, err := readCase(tx, lastPart(entry.Key))
			if damaged(err) {
				continue
			}
			if err != nil {
				return err
			}
			before.Overall.Count(c.Status, c.AskedAt)
			if c.Account.ID == account {
				before.ForThis.Count(c.Status, c.AskedAt)
			}
		}
		return nil
	})
	return before, err
}

// pastOf are the index's entries of the requester's cases but one.
func pastOf(tx Tx, requester, except string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for entry, err := range under(tx, "past/"+part(requester)+"/") {
			if err != nil {
				yield(entry, fmt.Errorf("reading the past of %s: %w", requester, err))
				return
			}
			if lastPart(entry.Key) != except && !yield(entry, nil) {
				return
			}
		}
	}
}
