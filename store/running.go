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
		return tx.Delete(key)
	}
	return nil
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
