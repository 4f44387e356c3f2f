package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

func standing(t *testing.T, l *store.Ledger) store.Standing {
	t.Helper()
	s, err := l.Standing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// approverCard takes what is dirty, and is the card of that approver.
func approverCard(t *testing.T, l *store.Ledger, now time.Time, id store.CardID) store.Card {
	t.Helper()
	for _, card := range dirty(t, l, now) {
		if card.ID == id {
			return card
		}
	}
	t.Fatalf("the card %s isn't dirty", id)
	return store.Card{}
}

func TestACardThatIsTriedAgainKeepsItsAge(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	must(t, l, ask("c1", mia), noon.Add(time.Second))
	for _, card := range dirty(t, l, noon.Add(2*time.Second)) {
		if _, kind, _ := card.ID.Parts(); kind != store.ApproverCard {
			if err := l.Delivered(t.Context(), card, noon.Add(2*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
	}
	since := func(want time.Time) {
		t.Helper()
		if s := standing(t, l); s.Dirty != 1 || !s.Oldest.Equal(want) {
			t.Errorf("%d cards are dirty, the oldest since %s, not %s", s.Dirty, s.Oldest, want)
		}
	}
	asked := noon.Add(time.Second)
	since(asked)
	now := noon.Add(2 * time.Minute)
	for range 3 {
		card := approverCard(t, l, now, "c1/approver/UMIA")
		now = now.Add(time.Minute)
		if err := l.Retry(t.Context(), card, now); err != nil {
			t.Fatal(err)
		}
		since(asked)
	}
	if err := l.Reclaim(t.Context(), now); err != nil { // a new process
		t.Fatal(err)
	}
	since(asked)
	must(t, l, store.Change{Case: "c1", Command: approval.LookAt{By: mia}}, now) // one more change
	card := approverCard(t, l, now, "c1/approver/UMIA")
	if !card.Since.Equal(asked) {
		t.Errorf("the card is old since %s", card.Since)
	}
}

func TestWhatIsDeliveredHasNoAge(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	must(t, l, ask("c1", mia, ola), noon)
	later := noon.Add(time.Minute)
	for _, card := range dirty(t, l, later) {
		if card.ID == "c1/approver/UOLA" {
			continue // hers comes later
		}
		if card.ID == "c1/approver/UMIA" { // it changes while it is delivered
			card.Channel, card.Stamp = "D1", "1.2"
			must(t, l, store.Change{Case: "c1", Command: approval.LookAt{By: mia}}, later)
		}
		if err := l.Delivered(t.Context(), card, later.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if s := standing(t, l); !s.Oldest.Equal(noon) {
		t.Errorf("the oldest card is dirty since %s", s.Oldest)
	}
	for _, card := range dirty(t, l, later.Add(time.Minute)) {
		if card.ID != "c1/approver/UOLA" && !card.Since.Equal(later) && !card.Since.Equal(later.Add(time.Second)) {
			t.Errorf("the card %s is old since %s", card.ID, card.Since)
		}
		card.Channel, card.Stamp = "D1", "1.2"
		if err := l.Delivered(t.Context(), card, later.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(store.Standing{Live: map[approval.Status]int{approval.Pending: 1}}, standing(t, l)); diff != "" {
		t.Error(diff)
	}
	cards, err := l.CardsOf(t.Context(), "c1")
	if err != nil || len(cards) != 4 || slices.ContainsFunc(cards, func(c store.Card) bool { return !c.Since.IsZero() }) {
		t.Errorf("%v, %v", cards, err)
	}
	undecided, err := l.Undecided(t.Context())
	want := []store.Undecided{{Case: "c1", AskedAt: noon, FirstCard: later.Add(time.Second)}}
	if diff := cmp.Diff(want, undecided); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}
