package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Change is one command on one case.
type Change struct {
	Case    string
	Command approval.Command
	// Once names what brought the command, such as an envelope's id. The same
	// name never has an effect twice within a day. Empty for the bot's own.
	Once string
	// View is the modal that follows the case, for a Submit.
	View string
	// Again is when the case comes back, for a command that leaves it due now.
	Again time.Time
}

// Result is what a change came to.
type Result struct {
	Case   approval.Case
	Events []approval.Event // none if the command changed nothing; those of other cases included
}

// LiveCaseError says that the requester has a case for this account already.
type LiveCaseError struct{ Case approval.Case }

func (e *LiveCaseError) Error() string {
	return fmt.Sprintf("case %s of %s for account %s is %s", e.Case.ID, e.Case.Requester.ID, e.Case.Account.ID, e.Case.Status)
}

// Do decides the command at this time and commits what follows from it, all
// or nothing. The error is a *[approval.Rejection] if the case doesn't allow
// it, a *[LiveCaseError] if a submission isn't the only one, ErrRepeated or
// ErrNotFound; anything else means that nothing is known to be saved.
func (l *Ledger) Do(ctx context.Context, change Change, now time.Time) (Result, error) {
	var result Result
	err := l.update(ctx, func(tx Tx) (err error) {
		result, err = do(tx, change, now)
		return err
	})
	return result, err
}

func do(tx Tx, change Change, now time.Time) (Result, error) {
	if err := first(tx, change.Once, now); err != nil {
		return Result{}, err
	}
	before, found, err := readSnapshot(tx, change.Case)
	if err != nil {
		return Result{}, err
	}
	submit, submitting := change.Command.(approval.Submit)
	switch {
	case submitting:
		if err := onlyLive(tx, submit, now); err != nil {
			return Result{}, err
		}
	case !found:
		return Result{}, fmt.Errorf("case %s: %w", change.Case, ErrNotFound)
	}
	result, err := decide(tx, before, change.Command, change.View, now)
	if err == nil {
		result, err = concern(tx, before.Case, result, now)
	}
	if err == nil && !change.Again.IsZero() {
		err = postpone(tx, result.Case.ID, change.Again)
	}
	return result, err
}

// decide has the command make its events, and writes all that follows from them.
func decide(tx Tx, before snapshot, command approval.Command, view string, now time.Time) (Result, error) {
	events, err := approval.Decide(before.Case, command, now)
	if err != nil {
		return Result{Case: before.Case}, err
	}
	after, err := appendEvents(tx, before, events)
	if err != nil {
		return Result{}, err
	}
	if len(events) > 0 {
		err = follow(tx, before.Case, after, view, now)
	}
	if err == nil {
		err = noteWebhooks(tx, before.Case, events, now)
	}
	return Result{after, events}, err
}

func onlyLive(tx Tx, s approval.Submit, now time.Time) error {
	if s.Extends != "" {
		return mayExtend(tx, s, now)
	}
	var id string
	live, err := get(tx, liveKey(s.Requester.ID, s.Account.ID), &id)
	if err != nil || !live {
		return err
	}
	c, err := readCase(tx, id)
	if err != nil {
		return err
	}
	return &LiveCaseError{c}
}

func appendEvents(tx Tx, before snapshot, events []approval.Event) (approval.Case, error) {
	after := before
	for _, e := range events {
		k, err := newLink(after.Head, e)
		if err != nil {
			return approval.Case{}, err
		}
		if err := put(tx, eventKey(e.Case, e.Seq), k); err != nil {
			return approval.Case{}, err
		}
		after = snapshot{k.Hash, approval.Apply(after.Case, e)}
	}
	if len(events) == 0 {
		return after.Case, nil
	}
	return after.Case, writeSnapshot(tx, after)
}

// follow writes what follows from a case's change: indexes, due time, cards.
func follow(tx Tx, before, after approval.Case, view string, now time.Time) error {
	if err := index(tx, before, after); err != nil {
		return err
	}
	if err := schedule(tx, after); err != nil {
		return err
	}
	return dirtyCards(tx, after, view, now)
}

func schedule(tx Tx, c approval.Case) error {
	_, at, set := c.Due()
	if !set {
		return dueQueue.remove(tx, c.ID)
	}
	return dueQueue.put(tx, c.ID, at)
}

func index(tx Tx, before, after approval.Case) error {
	if err := indexLive(tx, after); err != nil {
		return err
	}
	if err := indexOpen(tx, before, after); err != nil {
		return err
	}
	if err := indexHomes(tx, before, after); err != nil {
		return err
	}
	if err := indexRunning(tx, before, after); err != nil {
		return err
	}
	if before.Status == after.Status {
		return nil
	}
	return put(tx, pastKey(after.Requester.ID, after.AskedAt, after.ID), after.Status)
}

// indexOpen keeps the open cases of each participant.
func indexOpen(tx Tx, before, after approval.Case) (err error) {
	known := participants(before)
	for _, id := range participants(after) {
		switch {
		case after.Status.Over():
			err = tx.Delete(openKey(id, after.ID))
		case !slices.Contains(known, id):
			err = put(tx, openKey(id, after.ID), struct{}{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// participants are the requester and everybody of the workspace who may decide.
func participants(c approval.Case) []string {
	ids := []string{c.Requester.ID}
	for _, a := range c.Approvers {
		if a.ID != c.Requester.ID && a.InSlack() {
			ids = append(ids, a.ID)
		}
	}
	return ids
}
