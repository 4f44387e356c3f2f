package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Running is a grant that lets somebody into an app now.
type Running struct {
	Case  string    `json:"case"`
	Until time.Time `json:"until"`
}

// Running are the grants that were opened in this app and run still, by case.
func (l *Ledger) Running(ctx context.Context, app string) (all map[string]Running, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		all = map[string]Running{}
		for entry, err := range under(tx, runningKey(app, "")) {
			if err != nil {
				return fmt.Errorf("listing the grants of %s: %w", app, err)
			}
			var r Running
			if err := json.Unmarshal(entry.Value, &r); err != nil {
				return fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
			}
			all[r.Case] = r
		}
		return nil
	})
	return all, err
}

// Ended is a grant that let somebody into an app, and doesn't any more.
type Ended struct {
	Case string            `json:"case"`
	End  approval.GrantEnd `json:"end"`
}

// EndedKept is how long an ended grant is listed: longer than any token of it.
const EndedKept = 15 * time.Minute

// EndedSince are the grants of this app that have ended since then, of the last
// EndedKept.
func (l *Ledger) EndedSince(ctx context.Context, app string, since time.Time) (all []Ended, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		all = nil
		for entry, err := range tx.Scan(endedPrefix(app)+timeKey(since), behind(endedPrefix(app))) {
			if err != nil {
				return fmt.Errorf("listing the ended grants of %s: %w", app, err)
			}
			var e Ended
			if err := json.Unmarshal(entry.Value, &e); err != nil {
				return fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
			}
			all = append(all, e)
		}
		return nil
	})
	return all, err
}

// indexRunning keeps the grants that are opened in an app, and lets a case's link
// go with its grant.
func indexRunning(tx Tx, before, after approval.Case) error {
	if after.Flow.App == nil || after.Grant == nil {
		return nil
	}
	key := runningKey(after.Flow.App.Name, after.ID)
	switch {
	case after.Status == approval.Active && !after.Grant.OpenedAt.IsZero():
		return put(tx, key, Running{after.ID, after.Grant.Until})
	case after.Status.Over() && before.Status == approval.Active:
		if err := dropLink(tx, after.ID); err != nil {
			return err
		}
		if err := tx.Delete(key); err != nil || after.Grant.OpenedAt.IsZero() {
			return err
		}
		return noteEnd(tx, after)
	}
	return nil
}

// noteEnd lists an ended grant for a while, in the place of older ones.
func noteEnd(tx Tx, c approval.Case) error {
	prefix, at := endedPrefix(c.Flow.App.Name), c.UpdatedAt
	old := []string{}
	for entry, err := range tx.Scan(prefix, prefix+timeKey(at.Add(-EndedKept))) {
		if err != nil {
			return fmt.Errorf("forgetting ended grants: %w", err)
		}
		if old = append(old, entry.Key); len(old) == 2 { // so that they don't become more
			break
		}
	}
	for _, key := range old {
		if err := tx.Delete(key); err != nil {
			return err
		}
	}
	return put(tx, prefix+timeKey(at)+"/"+part(c.ID), Ended{c.ID, c.Grant.End})
}

// checkRunning says where the index of running grants isn't what the case is.
func (r *Report) checkRunning(tx Tx, c approval.Case) error {
	if c.Flow.App == nil {
		return nil
	}
	var row Running
	found, err := get(tx, runningKey(c.Flow.App.Name, c.ID), &row)
	if err != nil {
		return err
	}
	runs := c.Status == approval.Active && !c.Grant.OpenedAt.IsZero()
	if found != runs || runs && row != (Running{c.ID, c.Grant.Until}) {
		r.problem("case %s (%s): the index of running grants says %v", c.ID, c.Status, row)
	}
	return nil
}
