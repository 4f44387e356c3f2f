package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/understudyhq/understudy/flows/approval"
)

// A flow may name user groups that oversee its cases without taking part in
// them. The index of Homes has their cases under the group, as if it were a
// person; who is in a group is Slack's to say, at every look anew. What was said
// last is kept for one thing only: to know whose Homes change with a case.

// groupMark begins a group's name in the index of Homes. No person's id does.
const groupMark = "@"

// reader is whose Home is read, and the groups that oversee flows that they are in.
type reader struct {
	person string
	groups []string
}

// owners are under whose names the index has a part of the reader's Home.
func (r reader) owners(p HomePart) (owners []string) {
	if p != HomeOverseen {
		owners = []string{r.person}
	}
	if p == HomeOverseen || p == HomeRecent {
		for _, group := range r.groups {
			owners = append(owners, groupMark+group)
		}
	}
	return owners
}

// onlyOversees says whether the reader takes no part in the case: those that they
// take part in are elsewhere on their Home.
func (r reader) onlyOversees(entry Entry) (bool, error) {
	var e homeEntry
	if err := json.Unmarshal(entry.Value, &e); err != nil {
		return false, fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
	}
	return !slices.Contains(e.People, r.person), nil
}

// Overseers are the groups that oversee any case that is on a Home. It seeks
// from group to group.
func (l *Ledger) Overseers(ctx context.Context) (groups []string, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		groups = nil
		for from, to := "home/"+groupMark, "home/"+nextByte(groupMark); ; {
			owner, found, err := firstPerson(tx, from, to)
			if err != nil || !found {
				return err
			}
			groups = append(groups, strings.TrimPrefix(owner, groupMark))
			from = behind("home/" + part(owner) + "/")
		}
	})
	return groups, err
}

// nextByte follows every text that begins with the byte.
func nextByte(b string) string { return string(b[0] + 1) }

// Oversee notes that the person is in these groups and no others, so that their
// Home follows the cases of the flows that those oversee.
func (l *Ledger) Oversee(ctx context.Context, person string, groups []string) error {
	return l.changeCard(ctx, homeID(person), func(tx Tx, card *Card) error {
		for _, group := range card.Groups {
			if err := tx.Delete(overseerKey(group, person)); err != nil {
				return err
			}
		}
		card.Groups = slices.Clone(groups)
		for _, group := range groups {
			if err := put(tx, overseerKey(group, person), struct{}{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// overseersOf are the people who oversee the case and whose Homes follow it.
func overseersOf(tx Tx, c approval.Case) (people []string, err error) {
	for _, group := range c.Overseers() {
		for entry, err := range under(tx, "overseer/"+part(group)+"/") {
			if err != nil {
				return nil, fmt.Errorf("reading who oversees case %s: %w", c.ID, err)
			}
			people = append(people, lastPart(entry.Key))
		}
	}
	return people, nil
}
