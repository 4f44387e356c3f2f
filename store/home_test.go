package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

var pageSize = map[store.HomePart]int{store.HomeWaiting: 2, store.HomeRequests: 2, store.HomeRunning: 2, store.HomeOverseen: 2, store.HomeRecent: 2}

// homeOf says what is on somebody's Home, a line for each part.
func homeOf(t *testing.T, l *store.Ledger, person string, now time.Time, groups ...string) string {
	t.Helper()
	h, err := l.Home(t.Context(), person, groups, now, pageSize)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range store.HomeParts() {
		s := h.Parts[p]
		if s.Total == 0 {
			continue
		}
		line := []string{fmt.Sprintf("%s %d/%d of %d:", p, s.Page+1, s.Pages, s.Total)}
		for _, c := range s.Cases {
			line = append(line, c.ID)
		}
		lines = append(lines, strings.Join(line, " "))
	}
	return strings.Join(lines, "\n")
}

func shows(t *testing.T, l *store.Ledger, person string, now time.Time, want ...string) {
	t.Helper()
	if diff := cmp.Diff(strings.Join(want, "\n"), homeOf(t, l, person, now)); diff != "" {
		t.Errorf("the Home of %s (-want +got):\n%s", person, diff)
	}
}

// waiting has n cases of Kim's for Mia and Ola, a minute apart.
func waiting(t *testing.T, engine store.Engine, n int) *store.Ledger {
	t.Helper()
	l := open(t, engine)
	for i := range n {
		id, at := fmt.Sprintf("c%03d", i), noon.Add(time.Duration(i)*time.Minute)
		must(t, l, submit(id, "acct"+id), at)
		must(t, l, ask(id, mia, ola), at)
	}
	return l
}

func TestAHomeFollowsItsCases(t *testing.T) {
	l := waiting(t, storetest.NewMemory(), 3)
	now := noon.Add(10 * time.Minute)
	shows(t, l, mia.ID, now, "waiting 1/2 of 3: c000 c001")
	shows(t, l, kim.ID, now, "requests 1/2 of 3: c002 c001")
	must(t, l, store.Change{Case: "c001", Command: approval.Approve{By: ola}}, now)
	shows(t, l, mia.ID, now, "waiting 1/1 of 2: c000 c002", "running 1/1 of 1: c001")
	shows(t, l, kim.ID, now, "requests 1/2 of 3: c002 c001")
	must(t, l, store.Change{Case: "c000", Command: approval.Deny{By: mia}}, now.Add(time.Second))
	must(t, l, store.Change{Case: "c001", Command: approval.Revoke{By: mia}}, now.Add(2*time.Second))
	shows(t, l, mia.ID, now.Add(time.Minute), "waiting 1/1 of 1: c002", "recent 1/1 of 2: c001 c000")
	shows(t, l, kim.ID, now.Add(store.RecentlyKept+time.Second), "requests 1/1 of 1: c002", "recent 1/1 of 1: c001")
	sound(t, l)
}

func TestAnExtendedGrantMovesOnTheHome(t *testing.T) {
	l := granted(t)
	must(t, l, extend("c2", "c1"), noon.Add(50*time.Minute))
	must(t, l, ask("c2", mia), noon.Add(50*time.Minute))
	must(t, l, store.Change{Case: "c2", Command: approval.Approve{By: mia}}, noon.Add(55*time.Minute))
	shows(t, l, mia.ID, noon.Add(time.Hour), "running 1/1 of 1: c1", "recent 1/1 of 1: c2")
	sound(t, l)
}

func TestAPageOfAHome(t *testing.T) {
	l := waiting(t, storetest.NewMemory(), 5)
	now := noon.Add(10 * time.Minute)
	turn := func(page int) {
		t.Helper()
		err := l.BrowseHome(t.Context(), mia.ID, now, func(b *store.Browse) { b.Pages = map[store.HomePart]int{store.HomeWaiting: page} })
		if err != nil {
			t.Fatal(err)
		}
	}
	turn(2)
	shows(t, l, mia.ID, now, "waiting 3/3 of 5: c004")
	must(t, l, store.Change{Case: "c004", Command: approval.Cancel{By: kim}}, now)
	shows(t, l, mia.ID, now, "waiting 2/2 of 4: c002 c003", "recent 1/1 of 1: c004")
	for _, odd := range []int{-7, 1 << 40} {
		turn(odd)
		if got := homeOf(t, l, mia.ID, now); !strings.Contains(got, "waiting ") {
			t.Errorf("page %d shows %s", odd, got)
		}
	}
	if err := l.OpenHome(t.Context(), mia.ID, now); err != nil {
		t.Fatal(err)
	}
	shows(t, l, mia.ID, now, "waiting 1/2 of 4: c000 c001", "recent 1/1 of 1: c004")
}

func TestAFilterOfWhatIsRecent(t *testing.T) {
	l := waiting(t, storetest.NewMemory(), 4)
	now := noon.Add(10 * time.Minute)
	must(t, l, store.Change{Case: "c000", Command: approval.Deny{By: mia}}, now)
	must(t, l, store.Change{Case: "c001", Command: approval.Deny{By: ola}}, now.Add(time.Second))
	must(t, l, store.Change{Case: "c002", Command: approval.Cancel{By: kim}}, now.Add(2*time.Second))
	for _, test := range []struct {
		account, person string
		want            string
	}{
		{"", "", "recent 1/2 of 3: c002 c001"},
		{"acctc001", "", "recent 1/1 of 1: c001"},
		{"", ola.ID, "recent 1/2 of 3: c002 c001"}, // who was asked takes part
		{"", "UIDA", ""},
		{"", kim.ID, "recent 1/2 of 3: c002 c001"},
		{"acctc000", ola.ID, "recent 1/1 of 1: c000"},
		{"acctc000", "UIDA", ""},
	} {
		err := l.BrowseHome(t.Context(), mia.ID, now, func(b *store.Browse) { b.Account, b.Person = test.account, test.person })
		if err != nil {
			t.Fatal(err)
		}
		got := strings.TrimPrefix(strings.TrimPrefix(homeOf(t, l, mia.ID, now.Add(time.Minute)), "waiting 1/1 of 1: c003"), "\n")
		if got != test.want {
			t.Errorf("of %q and %q there is %q, want %q", test.account, test.person, got, test.want)
		}
	}
}

// TestNobodyCountsAllThatWasRecent has more than is counted.
func TestNobodyCountsAllThatWasRecent(t *testing.T) {
	l := open(t, storetest.NewMemory())
	for i := range 503 {
		id, at := fmt.Sprintf("c%04d", i), noon.Add(time.Duration(i)*time.Second)
		must(t, l, submit(id, "acct"+id), at)
		must(t, l, store.Change{Case: id, Command: approval.Cancel{By: kim}}, at)
	}
	now := noon.Add(time.Hour)
	look := func(change func(*store.Browse)) store.Section {
		t.Helper()
		if err := l.BrowseHome(t.Context(), kim.ID, now, change); err != nil {
			t.Fatal(err)
		}
		h, err := l.Home(t.Context(), kim.ID, nil, now, pageSize)
		if err != nil {
			t.Fatal(err)
		}
		return h.Parts[store.HomeRecent]
	}
	if s := look(func(b *store.Browse) { b.Pages = map[store.HomePart]int{store.HomeRecent: 4000} }); s.Total != 500 || !s.More || s.Page != 249 || s.Cases[1].ID != "c0003" {
		t.Errorf("%+v", s)
	}
	if s := look(func(b *store.Browse) { b.Account = "acctc0000" }); s.Total != 1 || s.More || s.Cases[0].ID != "c0000" {
		t.Errorf("filtered: %+v", s)
	}
}

func TestForgettingDropsWhatIsNotRecent(t *testing.T) {
	engine := storetest.NewMemory()
	l := waiting(t, engine, 4)
	for i := range 3 {
		must(t, l, store.Change{Case: fmt.Sprintf("c%03d", i), Command: approval.Deny{By: mia}}, noon.Add(time.Duration(4+10*i)*time.Minute))
	}
	now := noon.Add(store.RecentlyKept + 20*time.Minute)
	rows := func() int { return len(entries(t, engine, "home/")) }
	before := rows()
	for total := 0; ; {
		n, err := l.Forget(t.Context(), now, 4)
		if err != nil {
			t.Fatal(err)
		}
		if total += n; n < 4 {
			break
		}
	}
	if got := before - rows(); got != 6 { // two cases of three people's
		t.Errorf("%d rows were dropped", got)
	}
	shows(t, l, mia.ID, noon.Add(time.Hour), "waiting 1/1 of 1: c003", "recent 1/1 of 1: c002")
	sound(t, l)
}

// TestAnOlderStoreGetsItsHomes opens what the schema before had written, and
// what an upgrade had begun that was cut off.
func TestAnOlderStoreGetsItsHomes(t *testing.T) {
	engine := storetest.NewMemory()
	l := waiting(t, engine, 3)
	must(t, l, store.Change{Case: "c000", Command: approval.Deny{By: mia}}, noon.Add(30*time.Minute))
	for name, spoil := range map[string]func(store.Tx) error{
		"without an index": func(tx store.Tx) error { return nil },
		"with half of one, grown old": func(tx store.Tx) error {
			return tx.Put("home/UMIA/waiting/2026-11-24T12:00:00.000000000Z/c000", []byte("{}"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			rows := entries(t, engine, "home/")
			err := engine.Update(t.Context(), func(tx store.Tx) error {
				for _, entry := range rows {
					if err := tx.Delete(entry.Key); err != nil {
						return err
					}
				}
				if err := spoil(tx); err != nil {
					return err
				}
				return tx.Put("schema", []byte(`{"version":1}`))
			})
			if err != nil {
				t.Fatal(err)
			}
			l := open(t, engine)
			shows(t, l, mia.ID, noon.Add(2*time.Hour), "waiting 1/1 of 2: c001 c002", "recent 1/1 of 1: c000")
			sound(t, l)
			if diff := cmp.Diff(rows, entries(t, engine, "home/")); diff != "" {
				t.Errorf("the index (-before +after):\n%s", diff)
			}
		})
	}
}

func TestCheckNoticesARowThatIsNoCasesOwn(t *testing.T) {
	engine := storetest.NewMemory()
	l := waiting(t, engine, 1)
	for _, key := range []string{"home/UMIA/running/2026-11-24T12:00:00.000000000Z/c000", "home/UIDA/recent/1/c9"} {
		if err := engine.Update(t.Context(), func(tx store.Tx) error { return tx.Put(key, []byte("{}")) }); err != nil {
			t.Fatal(err)
		}
		report, err := l.Check(t.Context())
		if err != nil || len(report.Problems) != 1 || !strings.HasPrefix(report.Problems[0], key) {
			t.Errorf("%v, %v", report.Problems, err)
		}
		if err := engine.Update(t.Context(), func(tx store.Tx) error { return tx.Delete(key) }); err != nil {
			t.Fatal(err)
		}
	}
	sound(t, l)
}

// readOnly is an engine that was opened for reading only.
type readOnly struct{ store.Engine }

func (readOnly) Update(context.Context, func(store.Tx) error) error { return store.ErrReadOnly }

func TestAnOlderStoreIsCheckedAsItIs(t *testing.T) {
	engine := storetest.NewMemory()
	waiting(t, engine, 2)
	rows := entries(t, engine, "home/")
	err := engine.Update(t.Context(), func(tx store.Tx) error {
		for _, entry := range rows {
			if err := tx.Delete(entry.Key); err != nil {
				return err
			}
		}
		return tx.Put("schema", []byte(`{"version":1}`))
	})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, open(t, readOnly{engine}))
}
