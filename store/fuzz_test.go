package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// FuzzStored puts anything in the place of one stored value: what is read is
// then whole, or the store is said to be corrupt.
func FuzzStored(f *testing.F) {
	engine := storetest.NewMemory()
	furnish(f, engine)
	keys := map[string]bool{}
	for _, entry := range entries(f, engine, "") {
		f.Add(entry.Key, entry.Value)
		keys[entry.Key] = true
	}
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		if !keys[key] {
			return
		}
		engine := storetest.NewMemory()
		furnish(t, engine)
		if err := engine.Update(t.Context(), func(tx store.Tx) error { return tx.Put(key, value) }); err != nil {
			t.Fatal(err)
		}
		l, err := store.Open(t.Context(), engine)
		if err == nil {
			err = errors.Join(err, readAll(t, l))
		}
		if err != nil && !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrNewer) && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s = %q: %v, want ErrCorrupt", key, value, err)
		}
	})
}

// furnish stores a case that waits, with its cards, one that is over, and one of which
// an app is told.
func furnish(t testing.TB, engine store.Engine) {
	t.Helper()
	l, err := store.Open(t.Context(), engine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Provision(t.Context(), store.Flow{Name: "impersonation", Params: map[string]string{"manager_schedule": "PMGRS01"}}, store.AnyVersion, noon); err != nil {
		t.Fatal(err)
	}
	if err := l.OpenHome(t.Context(), mia.ID, noon); err != nil {
		t.Fatal(err)
	}
	for _, change := range append([]store.Change{
		submit("c1", "acct_1"), ask("c1", mia, ola), submit("c2", "acct_2"), ask("c2", mia),
		{Case: "c2", Command: approval.Deny{By: mia}, Once: "click:e1"},
	}, openedAndRevoked("c3", "acct_3")...) {
		if _, err := l.Do(t.Context(), change, noon); err != nil {
			t.Fatalf("%T: %v", change.Command, err)
		}
	}
}

// readAll uses everything that reads, and a few that write.
func readAll(t *testing.T, l *store.Ledger) error {
	ctx := t.Context()
	_, check := l.Check(ctx)
	_, cases := l.Cases(ctx, "", 10)
	_, one := l.Case(ctx, "c1")
	_, events := l.Events(ctx, "c1")
	_, opened := l.Open(ctx, mia.ID)
	_, home := l.Home(ctx, mia.ID, nil, noon, pageSize)
	_, past := l.Past(ctx, kim.ID, "")
	_, cards := l.CardsOf(ctx, "c1")
	_, flows := l.Flows(ctx)
	_, _, due := l.TakeDue(ctx, noon.Add(24*time.Hour), 10, time.Minute)
	_, _, dirty := l.TakeDirty(ctx, noon.Add(24*time.Hour), 10, time.Minute)
	_, _, sent := l.TakeWebhooks(ctx, noon.Add(24*time.Hour), 10, time.Minute)
	_, _, unsent := l.Webhooks(ctx)
	_, again := l.ReplayWebhook(ctx, "c3_5", noon)
	_, all := l.ReplayFailed(ctx, "", noon)
	_, done := l.Do(ctx, store.Change{Case: "c1", Command: approval.Approve{By: mia}, Once: "click:e2"}, noon)
	if _, rejected := errors.AsType[*approval.Rejection](done); rejected {
		done = nil
	}
	_, forgotten := l.Forget(ctx, noon.Add(72*time.Hour), 10)
	return errors.Join(check, cases, one, events, opened, home, past, cards, flows, due, dirty, done, l.Reclaim(ctx, noon), forgotten, sent, unsent, again, all)
}
