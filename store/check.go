package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Report is what [Ledger.Check] found. A store without Problems is sound.
type Report struct {
	Cases, Open, Events, Cards int
	Newest                     time.Time // when the newest event happened
	Problems                   []string

	homeRows int  // of the index of Homes, that are where they belong
	older    bool // the store has no such index yet
}

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Check reads the whole store: that every chain of events holds, that
// replaying it gives the stored case, that the indexes and due times agree
// with the cases, that the flows are those that the cases pin, that the tokens are
// as they were made, and that nothing is without its case.
func (l *Ledger) Check(ctx context.Context) (Report, error) {
	var report Report
	err := l.engine.View(ctx, func(tx Tx) error {
		report = Report{older: l.older}
		for entry, err := range under(tx, "case/") {
			if err != nil {
				return fmt.Errorf("checking the store: %w", err)
			}
			if err := report.checkCase(tx, lastPart(entry.Key), entry); err != nil {
				return err
			}
		}
		if err := report.checkFlows(tx); err != nil {
			return err
		}
		if err := report.checkTokens(tx); err != nil {
			return err
		}
		return report.checkOrphans(tx)
	})
	return report, err
}

func (r *Report) checkCase(tx Tx, id string, entry Entry) error {
	r.Cases++
	s, err := parseSnapshot(entry.Key, entry.Value)
	if err != nil {
		r.problem("%v", err)
		return nil
	}
	events, head, err := readEvents(tx, id)
	if err != nil {
		r.problem("%v", err)
		return nil
	}
	r.Events += len(events)
	for _, e := range events {
		if e.At.After(r.Newest) {
			r.Newest = e.At
		}
	}
	if head != s.Head || !sameJSON(approval.Replay(events), s.Case) {
		r.problem("case %s isn't what its %d events make", id, len(events))
	}
	if !s.Case.Status.Over() {
		r.Open++
	}
	if s.Case.Flow.Sum != "" {
		if _, err := pinned(tx, s.Case.Flow); err != nil {
			r.problem("case %s: %v", id, err)
		}
	}
	return r.checkIndexes(tx, s.Case)
}

func (r *Report) checkIndexes(tx Tx, c approval.Case) error {
	var live string
	if _, err := get(tx, liveKey(c.Requester.ID, c.Account.ID), &live); err != nil {
		return err
	}
	over := c.Status.Over()
	beside := c.Extends != "" && live == c.Extends // the case that it extends has the place
	if over && live == c.ID || !over && live != c.ID && !beside {
		r.problem("case %s (%s): the index of live cases says %q", c.ID, c.Status, live)
	}
	if extension, found, err := extensionOf(tx, c.Extends); err != nil {
		return err
	} else if mine := found && extension.Case.ID == c.ID; c.Extends != "" && mine == over {
		r.problem("case %s (%s): the index of extensions says %q", c.ID, c.Status, extension.Case.ID)
	}
	at, err := dueQueue.at(tx, c.ID)
	if err != nil {
		return err
	}
	if _, _, due := c.Due(); due == at.IsZero() {
		r.problem("case %s (%s): its due time is missing or left over", c.ID, c.Status)
	}
	var past approval.Status
	if found, err := get(tx, pastKey(c.Requester.ID, c.AskedAt, c.ID), &past); err != nil {
		return err
	} else if !found || past != c.Status {
		r.problem("case %s (%s): the index of past cases says %q", c.ID, c.Status, past)
	}
	if err := r.checkHomes(tx, c); err != nil {
		return err
	}
	if err := r.checkRunning(tx, c); err != nil {
		return err
	}
	cards, err := cardsOf(tx, c.ID)
	r.Cards += len(cards)
	return err
}

// checkOrphans looks for rows whose case isn't there, and queues whose two
// halves differ.
func (r *Report) checkOrphans(tx Tx) error {
	for _, q := range []queue{dueQueue, dirtyQueue, webhookQueue} {
		ids, err := q.all(tx)
		if err != nil {
			return err
		}
		listed, _, err := q.due(tx, endOfTime(), len(ids)+1)
		if err != nil {
			return err
		}
		if len(listed) != len(ids) {
			r.problem("the queue %s has %d times for %d entries", q, len(listed), len(ids))
		}
	}
	if err := r.checkPlaces(tx, "live/"); err != nil {
		return err
	}
	if err := r.checkPlaces(tx, "extension/"); err != nil {
		return err
	}
	if err := r.checkLinks(tx); err != nil {
		return err
	}
	if err := r.checkWebhooks(tx); err != nil {
		return err
	}
	if err := r.checkHomeOrphans(tx); err != nil {
		return err
	}
	for _, prefix := range []string{"event/", "card/", "open/", "past/", "link-of/", "running/", "ended/"} {
		if err := r.checkCasesOf(tx, prefix); err != nil {
			return err
		}
	}
	return nil
}

// checkPlaces looks for rows that name a case that isn't there.
func (r *Report) checkPlaces(tx Tx, prefix string) error {
	for entry, err := range under(tx, prefix) {
		if err != nil {
			return fmt.Errorf("checking the store: %w", err)
		}
		var id string
		if err := json.Unmarshal(entry.Value, &id); err != nil {
			r.problem("%s can't be read", entry.Key)
			continue
		}
		if _, found, err := readSnapshot(tx, id); err == nil && !found {
			r.problem("%s names the case %s, which isn't there", entry.Key, id)
		}
	}
	return nil
}

// checkCasesOf looks for rows of cases that aren't there, and names each case once.
func (r *Report) checkCasesOf(tx Tx, prefix string) error {
	checked := map[string]bool{"": true} // a Home has no case
	for entry, err := range under(tx, prefix) {
		if err != nil {
			return fmt.Errorf("checking the store: %w", err)
		}
		id := caseOf(prefix, entry.Key)
		if checked[id] {
			continue
		}
		checked[id] = true
		if _, found, err := readSnapshot(tx, id); err == nil && !found {
			r.problem("%s is of the case %s, which isn't there", entry.Key, id)
		}
	}
	return nil
}

func caseOf(prefix, key string) string {
	switch rest := strings.TrimPrefix(key, prefix); prefix {
	case "event/":
		id, _, _ := strings.Cut(rest, "/")
		return unpart(id)
	case "card/":
		id, _, _ := CardID(rest).Parts()
		return id
	}
	return lastPart(key)
}

func endOfTime() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

func sameJSON(a, b any) bool {
	left, errLeft := json.Marshal(a)
	right, errRight := json.Marshal(b)
	return errLeft == nil && errRight == nil && string(left) == string(right)
}
