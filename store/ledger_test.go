package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

var (
	noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	kim  = approval.Person{ID: "UKIM", Name: "Kim"}
	mia  = approval.Person{ID: "UMIA", Name: "Mia"}
	ola  = approval.Person{ID: "UOLA", Name: "Ola"}
)

func open(t *testing.T, engine store.Engine) *store.Ledger {
	t.Helper()
	ledger, err := store.Open(t.Context(), engine)
	if err != nil {
		t.Fatal(err)
	}
	return ledger
}

func submit(id, account string) store.Change {
	return store.Change{Case: id, View: "V" + id, Once: "view:V" + id, Command: approval.Submit{
		ID: id, Requester: kim, Account: approval.Account{ID: account, Name: account}, Reason: "invoices", Duration: time.Hour,
		Flow: approval.FlowVersion{ID: "f", Name: "impersonation", Version: 1, Policy: approval.Policy{Timeout: time.Hour}},
	}}
}

func ask(id string, people ...approval.Person) store.Change {
	route := flows.OnCall("PMGRS01")
	found := approval.Found{Route: route}
	for _, p := range people {
		found.Approvers = append(found.Approvers, approval.Approver{Person: p, Leg: route.Legs[0], Asked: true})
	}
	ruling := approval.Ruling{Outcome: flows.Outcome{Result: flows.Asked, Route: &route}}
	return store.Change{Case: id, Command: approval.Rule{Ruling: ruling, Found: found}}
}

func must(t *testing.T, l *store.Ledger, change store.Change, now time.Time) store.Result {
	t.Helper()
	result, err := l.Do(t.Context(), change, now)
	if err != nil {
		t.Fatalf("%T: %v", change.Command, err)
	}
	return result
}

// dirty takes every card that is due at this time, and says which.
func dirty(t *testing.T, l *store.Ledger, now time.Time) []store.Card {
	t.Helper()
	cards, _, err := l.TakeDirty(t.Context(), now, 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return cards
}

func ids(cards []store.Card) []string {
	var names []string
	for _, card := range cards {
		names = append(names, string(card.ID))
	}
	slices.Sort(names)
	return names
}

func TestACommitMarksEveryCard(t *testing.T) {
	l := open(t, storetest.NewMemory())
	if err := l.OpenHome(t.Context(), mia.ID, noon); err != nil {
		t.Fatal(err)
	}
	must(t, l, submit("c1", "acct"), noon)
	must(t, l, ask("c1", mia, ola), noon)
	got := dirty(t, l, noon.Add(time.Second))
	want := []string{"c1/approver/UMIA", "c1/approver/UOLA", "c1/modal/Vc1", "c1/requester/UKIM", "home/home/UMIA"}
	if diff := cmp.Diff(want, ids(got)); diff != "" {
		t.Errorf("dirty cards (-want +got):\n%s", diff)
	}
	if again := dirty(t, l, noon.Add(2*time.Second)); len(again) != 0 {
		t.Errorf("taken twice: %v", ids(again))
	}
	for _, card := range got {
		if err := l.Delivered(t.Context(), card, noon); err != nil {
			t.Fatal(err)
		}
	}
	must(t, l, store.Change{Case: "c1", Command: approval.Approve{By: mia}}, noon)
	want = append(want, "c1/outcome/UKIM")
	slices.Sort(want)
	if diff := cmp.Diff(want, ids(dirty(t, l, noon.Add(time.Hour)))); diff != "" {
		t.Errorf("dirty cards after the decision (-want +got):\n%s", diff)
	}
}

func TestAChangeDuringADeliveryIsDeliveredToo(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	must(t, l, ask("c1", mia), noon)
	taken := dirty(t, l, noon.Add(time.Second))
	must(t, l, store.Change{Case: "c1", Command: approval.Deny{By: mia}}, noon.Add(time.Second))
	if early := ids(dirty(t, l, noon.Add(time.Second))); !slices.Equal(early, []string{"c1/outcome/UKIM"}) {
		t.Errorf("cards that are being delivered were taken again: %v", early)
	}
	for _, card := range taken {
		card.Channel, card.Stamp, card.Hash = "D1", "1.0", "old"
		if err := l.Delivered(t.Context(), card, noon.Add(2*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	again := dirty(t, l, noon.Add(2*time.Second))
	if diff := cmp.Diff(ids(taken), ids(again)); diff != "" {
		t.Errorf("cards to deliver again (-want +got):\n%s", diff)
	}
	for _, card := range again {
		if card.Stamp != "1.0" || card.Hash != "old" {
			t.Errorf("%s forgot where its message is: %+v", card.ID, card)
		}
	}
}

func TestAPostOfUnknownOutcomeIsRemembered(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	card := dirty(t, l, noon.Add(time.Second))[0]
	if err := l.Posting(t.Context(), card.ID, noon); err != nil {
		t.Fatal(err)
	}
	if err := l.Reclaim(t.Context(), noon.Add(2*time.Second)); err != nil { // as after a crash
		t.Fatal(err)
	}
	for _, again := range dirty(t, l, noon.Add(2*time.Second)) {
		if again.ID == card.ID && again.Posting.Equal(noon) {
			return
		}
	}
	t.Error("the card doesn't come back, or forgot that its post had begun")
}

func TestALostCardIsLeftAlone(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	for _, card := range dirty(t, l, noon.Add(time.Second)) {
		if err := l.Lose(t.Context(), card.ID, "their Slack account is deactivated"); err != nil {
			t.Fatal(err)
		}
	}
	must(t, l, store.Change{Case: "c1", Command: approval.Cancel{By: kim}}, noon)
	if got := dirty(t, l, noon.Add(time.Hour)); len(got) != 0 {
		t.Errorf("lost cards are dirty again: %v", ids(got))
	}
}

func TestNothingTwice(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	again := submit("c2", "other")
	again.Once = "view:Vc1"
	if _, err := l.Do(t.Context(), again, noon.Add(20*time.Hour)); !errors.Is(err, store.ErrRepeated) {
		t.Errorf("the same submission again: %v", err)
	}
	var live *store.LiveCaseError
	if _, err := l.Do(t.Context(), submit("c3", "acct"), noon); !errors.As(err, &live) || live.Case.ID != "c1" {
		t.Errorf("a second request for the same account: %v", err)
	}
	if n, err := l.Forget(t.Context(), noon.Add(72*time.Hour), 10); n != 1 || err != nil {
		t.Errorf("forgetting: %d, %v", n, err)
	}
}

func TestTwoDecisionsAtOnce(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	must(t, l, ask("c1", mia, ola), noon)
	errs := make([]error, 2)
	var both sync.WaitGroup
	both.Go(func() {
		_, errs[0] = l.Do(t.Context(), store.Change{Case: "c1", Command: approval.Approve{By: mia}}, noon)
	})
	both.Go(func() {
		_, errs[1] = l.Do(t.Context(), store.Change{Case: "c1", Command: approval.Deny{By: ola}}, noon)
	})
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("approve: %v, deny: %v; exactly one should have counted", errs[0], errs[1])
	}
	sound(t, l)
}

func TestDueCases(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	take := func(at time.Time) []approval.Case {
		cases, _, err := l.TakeDue(t.Context(), at, 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return cases
	}
	if got := take(noon); len(got) != 1 {
		t.Fatalf("a new case isn't due: %v", got)
	}
	if got := take(noon.Add(time.Second)); len(got) != 0 {
		t.Error("a taken case is due again at once")
	}
	if got := take(noon.Add(time.Minute)); len(got) != 1 {
		t.Error("a case whose work wasn't done doesn't come back")
	}
	delay := store.Change{Case: "c1", Command: approval.Delay{Why: "the directory is away"}, Again: noon.Add(90 * time.Second)}
	must(t, l, delay, noon.Add(time.Minute))
	must(t, l, delay, noon.Add(time.Minute))
	if got := take(noon.Add(89 * time.Second)); len(got) != 0 {
		t.Error("a delayed case comes back early")
	}
	if got := take(noon.Add(90 * time.Second)); len(got) != 1 {
		t.Error("a delayed case doesn't come back")
	}
	must(t, l, ask("c1", mia), noon.Add(2*time.Minute))
	if got := take(noon.Add(61 * time.Minute)); len(got) != 0 {
		t.Error("a waiting case is due before its timeout")
	}
	if got := take(noon.Add(62 * time.Minute)); len(got) != 1 {
		t.Error("a waiting case isn't due at its timeout")
	}
	must(t, l, store.Change{Case: "c1", Command: approval.TimeOut{}}, noon.Add(62*time.Minute))
	if got := take(noon.Add(1000 * time.Hour)); len(got) != 0 {
		t.Error("a case that is over is due")
	}
	sound(t, l)
}

func TestFlowVersions(t *testing.T) {
	l := open(t, storetest.NewMemory())
	want := store.Flow{Name: "impersonation", Fingerprint: "f1", Params: map[string]string{"manager_schedule": "P1"}, Durations: []time.Duration{time.Hour}}
	first, err := l.Provision(t.Context(), want, store.AnyVersion, noon)
	if err != nil || first.Version != 1 || first.ID == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	same, err := l.Provision(t.Context(), want, store.AnyVersion, noon.Add(time.Hour))
	if diff := cmp.Diff(first, same); diff != "" || err != nil {
		t.Errorf("nothing changed, and yet (-first +again): %v\n%s", err, diff)
	}
	want.Params = map[string]string{"manager_schedule": "P2"}
	second, err := l.Provision(t.Context(), want, store.AnyVersion, noon.Add(2*time.Hour))
	if err != nil || second.Version != 2 || second.ID != first.ID {
		t.Errorf("%+v, %v", second, err)
	}
	old, err := l.FlowVersion(t.Context(), first.Pin())
	if diff := cmp.Diff(first, old); diff != "" || err != nil {
		t.Errorf("version 1 changed: %v\n%s", err, diff)
	}
	if all, err := l.Flows(t.Context()); len(all) != 1 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
}

func TestPast(t *testing.T) {
	l := open(t, storetest.NewMemory())
	for i, end := range []approval.Command{approval.Deny{By: mia}, approval.Approve{By: mia}, approval.Cancel{By: kim}} {
		id := fmt.Sprint("c", i)
		must(t, l, submit(id, fmt.Sprint("acct", i)), noon)
		must(t, l, ask(id, mia), noon)
		must(t, l, store.Change{Case: id, Command: end}, noon)
	}
	must(t, l, submit("now", "acct9"), noon)
	past, err := l.Past(t.Context(), kim.ID, "now")
	if diff := cmp.Diff(flows.Past{Requests: 3, Approved: 1, Denied: 1}, past); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	before, err := l.Before(t.Context(), kim.ID, "acct0", "now")
	want := approval.Before{ForThis: approval.Tally{Asked: 1, Denied: 1, LastAt: noon}, Overall: approval.Tally{Asked: 3, Approved: 1, Denied: 1, LastAt: noon}}
	if diff := cmp.Diff(want, before); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if open, err := l.Open(t.Context(), kim.ID); len(open) != 2 || err != nil {
		t.Errorf("kim has %d open cases, %v; want the running and the new one", len(open), err)
	}
}

// sound fails the test if the store has a problem.
func sound(t *testing.T, l *store.Ledger) {
	t.Helper()
	report, err := l.Check(t.Context())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("the store isn't sound: %v\n%s", err, strings.Join(report.Problems, "\n"))
	}
}

// TestCheckNotices changes one byte in every value of a store in turn.
func TestCheckNotices(t *testing.T) {
	engine := storetest.NewMemory()
	l := open(t, engine)
	must(t, l, submit("c1", "acct"), noon)
	must(t, l, ask("c1", mia), noon)
	if err := l.AddToken(t.Context(), store.Token{ID: "t1", Name: "terraform", Role: store.Read, Hash: store.HashToken("secret"), By: "ops", Since: noon}); err != nil {
		t.Fatal(err)
	}
	sound(t, l)
	for _, prefix := range []string{"case/", "event/", "live/", "queue/due/at/", "home/", "token/"} {
		for _, entry := range entries(t, engine, prefix) {
			t.Run(entry.Key, func(t *testing.T) {
				damaged := slices.Clone(entry.Value)
				damaged[len(damaged)/2] ^= 1
				set := func(key string, value []byte) {
					err := engine.Update(t.Context(), func(tx store.Tx) error {
						if prefix == "queue/due/at/" {
							return tx.Delete(key)
						}
						return tx.Put(key, value)
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				set(entry.Key, damaged)
				report, err := l.Check(t.Context())
				if err == nil && len(report.Problems) == 0 {
					t.Errorf("the damage isn't noticed: %s", damaged)
				}
				if prefix == "case/" {
					if _, err := l.Do(t.Context(), store.Change{Case: "c1", Command: approval.Approve{By: mia}}, noon); !errors.Is(err, store.ErrCorrupt) {
						t.Errorf("a decision on a damaged case: %v", err)
					}
				}
				if err := engine.Update(t.Context(), func(tx store.Tx) error { return tx.Put(entry.Key, entry.Value) }); err != nil {
					t.Fatal(err)
				}
				sound(t, l)
			})
		}
	}
}

func entries(t testing.TB, engine store.Engine, prefix string) (found []store.Entry) {
	t.Helper()
	err := engine.View(t.Context(), func(tx store.Tx) error {
		for entry, err := range tx.Scan(prefix, prefix+"\xff") {
			if err != nil {
				return err
			}
			found = append(found, store.Entry{Key: entry.Key, Value: slices.Clone(entry.Value)})
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("entries under %s: %d, %v", prefix, len(found), err)
	}
	return found
}

func TestANewerStoreIsRefused(t *testing.T) {
	engine := storetest.NewMemory()
	open(t, engine)
	err := engine.Update(t.Context(), func(tx store.Tx) error { return tx.Put("schema", []byte(`{"version":99}`)) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(context.Background(), engine); !errors.Is(err, store.ErrNewer) {
		t.Errorf("a newer store opens: %v", err)
	}
}
