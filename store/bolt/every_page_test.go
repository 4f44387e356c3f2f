package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// TestEveryPage damages every page of a store of cases in many ways, one at a
// time, and cuts the file at every page. Each time either the damage is said, or
// everything is as it was: what is stored, and what a check reports. Without
// UNDERSTUDY_LONG a random quarter of the damages is tried.
func TestEveryPage(t *testing.T) {
	path, older := worked(t)
	now, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sound, err := examine(t, path)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d; %d pages, %d entries", seed, len(now)/page, len(sound))
	random := rand.New(rand.NewPCG(seed, 0))
	said, harmless := 0, map[string]int{}
	try := func(what string, n int, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := examine(t, path)
		switch {
		case err == nil:
			harmless[what]++
			if diff := cmp.Diff(sound, found); diff != "" {
				t.Errorf("%s, page %d: it isn't noticed (-written +read):\n%s", what, n, diff)
			}
		case !errors.Is(err, store.ErrCorrupt), !strings.Contains(err.Error(), path), !strings.Contains(err.Error(), "understudy store restore"):
			t.Errorf("%s, page %d: it isn't said well: %v", what, n, err)
		default:
			said++
		}
	}
	for n := range len(now) / page {
		try("cut", n, now[:n*page])
		try("cut within", n, now[:n*page+page/2])
		for what, with := range damages(random, now, older, n) {
			if os.Getenv("UNDERSTUDY_LONG") == "" && n > 1 && random.IntN(4) > 0 {
				continue
			}
			content := bytes.Clone(now)
			copy(content[n*page:], with)
			try(what, n, content)
		}
	}
	t.Logf("%d were said; harmless, because they hit what isn't used: %v", said, harmless)
	if said < 2*len(now)/page {
		t.Errorf("too little was damaged: %d said", said)
	}
}

// damages are what may become of a page.
func damages(random *rand.Rand, now, older []byte, n int) map[string][]byte {
	is, was := now[n*page:(n+1)*page], make([]byte, page)
	copy(was, older[min(n*page, len(older)):])
	garbage := make([]byte, page)
	for i := range garbage {
		garbage[i] = byte(random.Uint32())
	}
	made := map[string][]byte{
		"zeros": make([]byte, page), "ones": bytes.Repeat([]byte{0xff}, page), "garbage": garbage,
		"the page as it was":   was,
		"first half is old":    slices.Concat(was[:page/2], is[page/2:]),
		"second half is old":   slices.Concat(is[:page/2], was[page/2:]),
		"second half is zeros": append(bytes.Clone(is[:page/2]), make([]byte, page/2)...),
		"a sector is garbage":  slices.Concat(is[:512], garbage[512:1024], is[1024:]),
		"another page":         now[(n+1)*page%len(now):][:page],
	}
	flip := func(what string, at int) {
		flipped := bytes.Clone(is)
		flipped[at] ^= 1 << random.IntN(8)
		made[fmt.Sprintf("a bit of %s", what)] = flipped
	}
	flip("the number", random.IntN(8))
	flip("the flags", 8+random.IntN(2))
	flip("the count", 10+random.IntN(2))
	flip("the overflow", 12+random.IntN(4))
	flip("the elements", 16+random.IntN(16*4))
	flip("the first half", random.IntN(page/2))
	flip("the second half", page/2+random.IntN(page/2))
	return made
}

// examine opens a store as the bot does, reads all of it and checks it.
func examine(t *testing.T, path string) (all map[string]string, err error) {
	t.Helper()
	db, err := bolt.Open(t.Context(), path, bolt.Options{LockTimeout: -1, JournalSize: page})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Check(t.Context()); err != nil {
		return nil, err
	}
	ledger, err := store.Open(t.Context(), db)
	if err != nil {
		return nil, err
	}
	report, err := ledger.Check(t.Context())
	if err != nil {
		return nil, err
	}
	all = map[string]string{"report": fmt.Sprint(report)}
	err = db.View(t.Context(), func(tx store.Tx) error {
		for entry, err := range tx.Scan("", "\xff") {
			if err != nil {
				return err
			}
			all[entry.Key] = string(entry.Value)
		}
		return nil
	})
	return all, err
}

// worked is a closed store in which a bot has worked: cases in every status,
// their cards and queues, and a flow. Older is the file some commits before.
func worked(t *testing.T) (path string, older []byte) {
	path = newPath(t)
	db, err := bolt.Open(t.Context(), path, bolt.Options{JournalSize: smallJournal})
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := store.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	const cases = 40
	for n := range cases {
		if n == cases-2 {
			if older, err = os.ReadFile(path); err != nil {
				t.Fatal(err)
			}
		}
		work(t, ledger, n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// The end of the file that nothing was written to is of no interest.
	if err := os.Truncate(path, int64(used(t, path))); err != nil {
		t.Fatal(err)
	}
	return path, older
}

// used is how much of the file its pages take.
func used(t *testing.T, path string) int {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pages := len(bytes.TrimRight(content, "\x00"))/page + 2
	return min(pages*page, len(content))
}

// work takes a case to one of its statuses.
func work(t *testing.T, l *store.Ledger, n int) {
	now := time.Date(2026, 11, 24, 12, n, 0, 0, time.UTC)
	id, view := fmt.Sprint("case-", n), fmt.Sprint("V", n)
	kim, mia := approval.Person{ID: "UKIM", Name: "Kim"}, approval.Person{ID: "UMIA", Name: "Mia"}
	route := flows.OnCall("PMGRS01")
	flow, err := l.Provision(t.Context(), store.Flow{
		Name: "impersonation", Params: map[string]string{"manager_schedule": fmt.Sprint("P", n/20)}, Policy: approval.Policy{Timeout: time.Hour},
	}, store.AnyVersion, now)
	if err != nil {
		t.Fatal(err)
	}
	commands := []approval.Command{
		approval.Submit{
			ID: id, Flow: flow.Pin(), Requester: kim, Account: approval.Account{ID: id, Name: "Acme"},
			Reason: strings.Repeat("the invoice page fails ", 5), Duration: time.Hour,
		},
		approval.Rule{
			Ruling: approval.Ruling{Outcome: flows.Outcome{Result: flows.Asked, Route: &route}},
			Found:  approval.Found{Route: route, Approvers: []approval.Approver{{Person: mia, Leg: route.Legs[0], Asked: true}}},
		},
	}
	ends := [][]approval.Command{
		nil, {approval.Approve{By: mia}}, {approval.Deny{By: mia}}, {approval.Cancel{By: kim}},
		{approval.Approve{By: mia}, approval.Release{By: kim}},
	}
	commands = append(commands, ends[n%len(ends)]...)
	if n%7 == 6 {
		commands = commands[:1]
	}
	for i, command := range commands {
		if _, err := l.Do(t.Context(), store.Change{Case: id, Command: command, Once: fmt.Sprint("click:", n, i), View: view}, now); err != nil {
			t.Fatalf("%T: %v", command, err)
		}
	}
	cards, _, err := l.TakeDirty(t.Context(), now.Add(time.Minute), 3, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, card := range cards {
		card.Channel, card.Stamp, card.Hash = "D1", "1.0", "h"
		if err := l.Delivered(t.Context(), card, now); err != nil {
			t.Fatal(err)
		}
	}
}
