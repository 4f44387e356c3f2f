package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Standing is what the store holds that isn't done.
type Standing struct {
	// Live are the cases that aren't over, by status.
	Live map[approval.Status]int
	// Dirty is how many cards may have to show something else. Oldest is since
	// when one of them should; zero if none does.
	Dirty  int
	Oldest time.Time
	// Untaken are the notices that apps are yet to take, Failed those that were
	// given up lately.
	Untaken, Failed int
}

// Standing reads the live cases, the dirty cards and the notices to apps. What is over isn't read,
// so it may be asked for often. What is damaged isn't counted, here and below:
// whoever takes it says so.
func (l *Ledger) Standing(ctx context.Context) (s Standing, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		s = Standing{Live: map[approval.Status]int{}}
		if err := eachLive(tx, func(c approval.Case) error { s.Live[c.Status]++; return nil }); err != nil {
			return err
		}
		ids, err := dirtyQueue.all(tx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			card, err := readCard(tx, CardID(id))
			if damaged(err) {
				continue
			}
			if err != nil {
				return err
			}
			s.Dirty++
			s.Oldest = earlier(s.Oldest, card.Since)
		}
		notices, _, err := readWebhooks(tx)
		for _, w := range notices {
			if w.Failed.IsZero() {
				s.Untaken++
			} else {
				s.Failed++
			}
		}
		return err
	})
	return s, err
}

// eachLive goes through the cases that aren't over: each of them is due some time.
func eachLive(tx Tx, visit func(approval.Case) error) error {
	ids, err := dueQueue.all(tx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := readCase(tx, id)
		if damaged(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := visit(c); err != nil {
			return err
		}
	}
	return nil
}

// earlier is the first of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Granted are the cases whose grants run.
func (l *Ledger) Granted(ctx context.Context) (cases []approval.Case, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		cases = nil
		return eachLive(tx, func(c approval.Case) error {
			if c.Status == approval.Active {
				cases = append(cases, c)
			}
			return nil
		})
	})
	return cases, err
}

// Undecided is a case that nobody has decided yet.
type Undecided struct {
	Case    string
	AskedAt time.Time
	// FirstCard is when the first approver's card was posted; zero if none was.
	FirstCard time.Time
}

// Undecided are the cases that wait for a decision.
func (l *Ledger) Undecided(ctx context.Context) (waiting []Undecided, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		waiting = nil
		return eachLive(tx, func(c approval.Case) error {
			if c.Status == approval.Active {
				return nil
			}
			cards, err := cardsOf(tx, c.ID)
			if err != nil && !damaged(err) {
				return err
			}
			u := Undecided{Case: c.ID, AskedAt: c.AskedAt}
			for _, card := range cards {
				if _, kind, _ := card.ID.Parts(); kind == ApproverCard {
					u.FirstCard = earlier(u.FirstCard, card.Posted)
				}
			}
			waiting = append(waiting, u)
			return nil
		})
	})
	return waiting, err
}

// Ended counts the cases that are over, by status. It reads a row of every
// case that there ever was: 100,000 rows take a tenth of a second.
func (l *Ledger) Ended(ctx context.Context) (counts map[approval.Status]int, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		counts = map[approval.Status]int{}
		for entry, err := range under(tx, "past/") {
			if err != nil {
				return fmt.Errorf("counting the cases that are over: %w", err)
			}
			var status approval.Status
			if json.Unmarshal(entry.Value, &status) == nil && status.Over() {
				counts[status]++
			}
		}
		return nil
	})
	return counts, err
}
