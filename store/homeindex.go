package store

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// HomePart is a part of a person's App Home.
type HomePart string

// The parts of a Home. A case is in one part at most of each Home.
const (
	HomeWaiting  HomePart = "waiting"  // cases that this person may decide, the oldest first
	HomeRequests HomePart = "requests" // this person's own that aren't over, the newest first
	HomeRunning  HomePart = "running"  // others' grants that this person may revoke, the next to end first
	HomeOverseen HomePart = "overseen" // others' cases that aren't over, of flows that this person oversees: running ones, the next to end first, then the newest
	HomeRecent   HomePart = "recent"   // cases that are over, the last to end first
)

// HomeParts are all parts, in the order of a Home.
func HomeParts() []HomePart {
	return []HomePart{HomeWaiting, HomeRequests, HomeRunning, HomeOverseen, HomeRecent}
}

// RecentlyKept is how long a case stays on a Home after its end.
const RecentlyKept = 30 * 24 * time.Hour

// homeRow is a row of the index that Homes are read from: its key has the order
// in which a part shows its cases, its entry what recent cases are filtered by.
type homeRow struct {
	person string
	key    string
	entry  homeEntry
}

type homeEntry struct {
	Account string `json:"account,omitempty"`
	// People are the requester and whoever decided: not all who take part, see
	// [Browse.matches]. Of a case that is overseen they are all who do.
	People []string `json:"people,omitempty"`
}

func (e homeEntry) same(o homeEntry) bool {
	return e.Account == o.Account && slices.Equal(e.People, o.People)
}

func homePrefix(person string, p HomePart) string {
	return "home/" + part(person) + "/" + string(p) + "/"
}

// newestFirst makes later times sort before earlier ones.
func newestFirst(t time.Time) string {
	return fmt.Sprintf("%019d", math.MaxInt64-t.UnixNano())
}

// homeRows are the rows that a case has in the index of Homes.
func homeRows(c approval.Case) (rows []homeRow) {
	if c.ID == "" {
		return nil // it isn't submitted yet
	}
	add := func(person string, p HomePart, order string) {
		row := homeRow{person: person, key: homePrefix(person, p) + order + "/" + part(c.ID)}
		switch p {
		case HomeRecent:
			row.entry = homeEntry{c.Account.ID, involved(c)}
		case HomeOverseen:
			row.entry = homeEntry{People: participants(c)}
		case HomeWaiting, HomeRequests, HomeRunning:
		}
		rows = append(rows, row)
	}
	for _, person := range participants(c) {
		if p, order := homePlace(c, person); p != "" {
			add(person, p, order)
		}
	}
	for _, group := range c.Overseers() {
		p, order := overseenPlace(c)
		add(groupMark+group, p, order)
	}
	return rows
}

// homePlace is where a case is on a participant's Home; nowhere if part is empty.
func homePlace(c approval.Case, person string) (p HomePart, order string) {
	_, decides := c.Approver(person)
	own := c.Requester.ID == person
	switch {
	case c.Status.Over():
		return HomeRecent, newestFirst(endOf(c))
	case c.Status == approval.Pending && decides:
		return HomeWaiting, timeKey(c.PendingAt)
	case own:
		return HomeRequests, newestFirst(c.AskedAt)
	case c.Status == approval.Active && c.Grant != nil:
		return HomeRunning, timeKey(c.Grant.Until)
	}
	return "", ""
}

// overseenPlace is where a case is for the groups that oversee it.
func overseenPlace(c approval.Case) (p HomePart, order string) {
	switch {
	case c.Status.Over():
		return HomeRecent, newestFirst(endOf(c))
	case c.Status == approval.Active && c.Grant != nil:
		return HomeOverseen, "running/" + timeKey(c.Grant.Until)
	}
	return HomeOverseen, "waiting/" + newestFirst(c.AskedAt)
}

func endOf(c approval.Case) time.Time {
	if c.Closed != nil {
		return c.Closed.At
	}
	return c.UpdatedAt
}

// involved are the requester and whoever decided the case.
func involved(c approval.Case) []string {
	people := []string{c.Requester.ID}
	add := func(id string) {
		if id != "" && !slices.Contains(people, id) {
			people = append(people, id)
		}
	}
	for _, a := range c.Approvals {
		add(a.By.ID)
	}
	if c.Closed != nil {
		add(c.Closed.By.ID)
	}
	return people
}

// indexHomes brings the index of Homes from what it was before a change to what
// it is after it.
func indexHomes(tx Tx, before, after approval.Case) error {
	old, rows := homeRows(before), homeRows(after)
	for _, row := range old {
		if !slices.ContainsFunc(rows, func(r homeRow) bool { return r.key == row.key }) {
			if err := tx.Delete(row.key); err != nil {
				return err
			}
		}
	}
	for _, row := range rows {
		if slices.ContainsFunc(old, func(r homeRow) bool { return r.key == row.key && r.entry.same(row.entry) }) {
			continue
		}
		if err := put(tx, row.key, row.entry); err != nil {
			return err
		}
	}
	return nil
}

// forgetRecent drops at most limit rows of cases that ended too long ago to be
// shown, and says how many. It seeks from person to person, and reads no row
// that stays but the first of each.
func forgetRecent(tx Tx, now time.Time, limit int) (dropped int, err error) {
	for from := "home/"; dropped < limit; {
		person, found, err := firstPerson(tx, from, behind("home/"))
		if err != nil || !found {
			return dropped, err
		}
		prefix := homePrefix(person, HomeRecent)
		var old []string
		for entry, err := range tx.Scan(prefix+newestFirst(now.Add(-RecentlyKept)), behind(prefix)) {
			if err != nil {
				return dropped, fmt.Errorf("reading what was recent for %s: %w", person, err)
			}
			if old = append(old, entry.Key); dropped+len(old) == limit {
				break
			}
		}
		for _, key := range old {
			if err := tx.Delete(key); err != nil {
				return dropped, err
			}
		}
		if dropped += len(old); len(old) > 0 {
			if err := put(tx, recentSinceKey, now.Add(-RecentlyKept).UTC()); err != nil {
				return dropped, err
			}
		}
		from = behind("home/" + part(person) + "/")
	}
	return dropped, nil
}

func firstPerson(tx Tx, from, to string) (person string, found bool, err error) {
	for entry, err := range tx.Scan(from, to) {
		if err != nil {
			return "", false, fmt.Errorf("reading the index of Homes: %w", err)
		}
		person, _ := homeKeyParts(entry.Key)
		return person, true, nil
	}
	return "", false, nil
}
