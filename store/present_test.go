package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// present has n requesters with a live case each, for accounts in turn.
func present(t testing.TB, n int, accounts ...string) *store.Ledger {
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		id := fmt.Sprintf("c%d", i)
		_, err := ledger.Do(t.Context(), store.Change{Case: id, Command: approval.Submit{
			ID: id, Flow: approval.FlowVersion{Policy: approval.Policy{Timeout: time.Hour}}, Requester: approval.Person{ID: fmt.Sprintf("U%d", i)},
			Account: approval.Account{ID: accounts[i%len(accounts)]}, Duration: time.Hour,
		}}, time.Unix(1_700_000_000, 0))
		if err != nil {
			t.Fatal(err)
		}
	}
	return ledger
}

func TestLiveAtIsOfOneAccount(t *testing.T) {
	ledger := present(t, 6, "a", "x/a", "a/")
	for _, account := range []string{"a", "x/a", "a/", "", "live"} {
		cases, err := ledger.LiveAt(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		want := 2
		if account == "" || account == "live" {
			want = 0
		}
		if len(cases) != want {
			t.Errorf("%q has %d cases, want %d", account, len(cases), want)
		}
		for _, c := range cases {
			if c.Account.ID != account {
				t.Errorf("%q has a case for %q", account, c.Account.ID)
			}
		}
	}
	now := time.Unix(1_700_000_000, 0)
	if _, err := ledger.Do(t.Context(), store.Change{Case: "c0", Command: approval.Cancel{By: approval.Person{ID: "U0"}}}, now); err != nil {
		t.Fatal(err)
	}
	if cases, err := ledger.LiveAt(t.Context(), "a"); err != nil || len(cases) != 1 {
		t.Errorf("after a cancellation: %d cases, %v", len(cases), err)
	}
}

func BenchmarkLiveAt(b *testing.B) {
	accounts := make([]string, 1000)
	for i := range accounts {
		accounts[i] = fmt.Sprintf("acct_%d", i)
	}
	ledger := present(b, 10_000, accounts...)
	for b.Loop() {
		if cases, err := ledger.LiveAt(b.Context(), "acct_7"); err != nil || len(cases) != 10 {
			b.Fatal(len(cases), err)
		}
	}
}
