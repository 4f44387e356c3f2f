package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Browse is what of their Home a person is looking at. The zero Browse is the
// first page of everything.
type Browse struct {
	// Pages are the pages of the parts, from zero. Those that aren't here are
	// at their first one.
	Pages map[HomePart]int `json:"pages,omitempty"`
	// Account is the id of the only account whose recent cases are shown, and
	// AccountName its name when it was picked; empty for all accounts.
	Account     string `json:"account,omitempty"`
	AccountName string `json:"account_name,omitempty"`
	// Person is the id of the only person whose recent cases are shown: those
	// that they asked for, decided, or could have. Empty for all people.
	Person string `json:"person,omitempty"`
}

// Home is what a person's App Home is made of.
type Home struct {
	Browse Browse
	Parts  map[HomePart]Section
}

// Section is one page of a part of a Home.
type Section struct {
	Cases []approval.Case
	Page  int  // from zero
	Pages int  // how many there are; zero if the part is empty
	Total int  // cases on all pages
	More  bool // there are further cases than those that were counted
}

// counted is how many cases of a part are counted, and can be turned to. Who
// has had more in a month finds the older ones by a filter.
const counted = 500

// Home reads the page of each part of the person's Home that they are looking
// at, with so many cases a page. Groups are those that oversee flows and that the
// person is in. A page that is empty by now is the last one that
// isn't. It reads the cases that it returns, and of the others an index; what is
// damaged is left out, as whoever takes it says so.
func (l *Ledger) Home(ctx context.Context, person string, groups []string, now time.Time, size map[HomePart]int) (h Home, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		h = Home{Parts: map[HomePart]Section{}}
		var card Card
		if _, err := get(tx, cardKey(homeID(person)), &card); err != nil {
			return err
		}
		if card.Browse != nil {
			h.Browse = *card.Browse
		}
		for _, p := range HomeParts() {
			section, err := h.Browse.section(tx, reader{person, groups}, p, now, size[p])
			if err != nil {
				return fmt.Errorf("reading the Home of %s: %w", person, err)
			}
			h.Parts[p] = section
		}
		return nil
	})
	return h, err
}

func (b Browse) section(tx Tx, who reader, p HomePart, now time.Time, size int) (Section, error) {
	ids, err := b.list(tx, who, p, now)
	if err != nil || len(ids) == 0 || size <= 0 {
		return Section{}, err
	}
	s := Section{More: len(ids) > counted}
	ids = ids[:min(len(ids), counted)]
	s.Total, s.Pages = len(ids), (len(ids)+size-1)/size
	s.Page = max(0, min(b.Pages[p], s.Pages-1))
	for _, id := range ids[s.Page*size : min(len(ids), (s.Page+1)*size)] {
		c, err := readCase(tx, id)
		if damaged(err) {
			continue
		}
		if err != nil {
			return Section{}, err
		}
		s.Cases = append(s.Cases, c)
	}
	return s, nil
}

// list are the ids of the cases of a part, from the index: all of them, or one
// more than are counted.
func (b Browse) list(tx Tx, who reader, p HomePart, now time.Time) (ids []string, err error) {
	var places []string
	for _, owner := range who.owners(p) {
		more, err := b.places(tx, who, owner, p, now)
		if err != nil {
			return nil, err
		}
		places = append(places, more...)
	}
	slices.Sort(places) // a case of two owners has the same place in both
	places = slices.Compact(places)
	for _, place := range places[:min(len(places), counted+1)] {
		ids = append(ids, lastPart(place))
	}
	return ids, nil
}

// places are what follows the owner's prefix in the keys of a part: all, or one
// more than are counted.
func (b Browse) places(tx Tx, who reader, owner string, p HomePart, now time.Time) (places []string, err error) {
	prefix := homePrefix(owner, p)
	to := behind(prefix)
	if p == HomeRecent {
		to = prefix + newestFirst(now.Add(-RecentlyKept))
	}
	for entry, err := range tx.Scan(prefix, to) {
		if err != nil {
			return nil, err
		}
		place := strings.TrimPrefix(entry.Key, prefix)
		shown := true
		switch p {
		case HomeRecent:
			shown, err = b.matches(tx, entry, place)
		case HomeOverseen:
			shown, err = who.onlyOversees(entry)
		case HomeWaiting, HomeRequests, HomeRunning:
		}
		if err != nil {
			return nil, err
		}
		if !shown {
			continue
		}
		if places = append(places, place); len(places) > counted {
			break
		}
	}
	return places, nil
}

// matches says whether a recent case is one of those that are shown. Whoever takes
// part in it has it at the same place of their own Home.
func (b Browse) matches(tx Tx, entry Entry, place string) (bool, error) {
	if b.Account == "" && b.Person == "" {
		return true, nil
	}
	var e homeEntry
	if err := json.Unmarshal(entry.Value, &e); err != nil {
		return false, fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
	}
	if b.Account != "" && e.Account != b.Account {
		return false, nil
	}
	if b.Person == "" || slices.Contains(e.People, b.Person) {
		return true, nil
	}
	row, err := tx.Get(homePrefix(b.Person, HomeRecent) + place)
	return row != nil, err
}

// BrowseHome changes what the person looks at of their Home, and has it shown.
func (l *Ledger) BrowseHome(ctx context.Context, person string, now time.Time, change func(*Browse)) error {
	return l.changeHome(ctx, person, now, func(card *Card) {
		var b Browse
		if card.Browse != nil {
			b = *card.Browse
		}
		change(&b)
		card.Browse, card.Lost = &b, ""
	})
}

func homeKeyParts(key string) (person string, p HomePart) {
	rest := strings.TrimPrefix(key, "home/")
	who, rest, _ := strings.Cut(rest, "/")
	name, _, _ := strings.Cut(rest, "/")
	return unpart(who), HomePart(name)
}
