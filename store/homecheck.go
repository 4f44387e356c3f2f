package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// checkHomes checks that the index of Homes has the case where it belongs. Rows
// of what ended too long ago may be gone.
func (r *Report) checkHomes(tx Tx, c approval.Case) error {
	if r.older {
		return nil
	}
	var since time.Time
	if _, err := get(tx, recentSinceKey, &since); err != nil {
		return err
	}
	for _, row := range homeRows(c) {
		var e homeEntry
		found, err := get(tx, row.key, &e)
		if err != nil {
			return err
		}
		if found {
			r.homeRows++
		}
		_, p := homeKeyParts(row.key)
		dropped := p == HomeRecent && endOf(c).Before(since)
		if !found && !dropped || found && !e.same(row.entry) {
			r.problem("case %s (%s): the index of the Home of %s lacks it or is wrong", c.ID, c.Status, row.person)
		}
	}
	return nil
}

// checkHomeOrphans looks for rows that are no case's. They are only looked for
// one by one if there are more rows than cases account for.
func (r *Report) checkHomeOrphans(tx Tx) error {
	if r.older {
		return nil
	}
	var keys []string
	for entry, err := range under(tx, "home/") {
		if err != nil {
			return fmt.Errorf("checking the store: %w", err)
		}
		keys = append(keys, entry.Key)
	}
	if len(keys) == r.homeRows {
		return nil
	}
	for _, key := range keys {
		s, _, err := readSnapshot(tx, lastPart(key))
		if err != nil && !damaged(err) {
			return err
		}
		if !slices.ContainsFunc(homeRows(s.Case), func(row homeRow) bool { return row.key == key }) {
			r.problem("%s isn't where its case belongs", key)
		}
	}
	return nil
}
