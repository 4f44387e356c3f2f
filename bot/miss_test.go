package bot_test

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// TestWhoIsMissedWhileACaseIsRoutedIsTriedAgain: or it would wait for them later.
func TestWhoIsMissedWhileACaseIsRoutedIsTriedAgain(t *testing.T) {
	t.Parallel()
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	b := bot.New(bot.Config{Ledger: ledger, Log: zerolog.Nop()})
	account := approval.Account{ID: "acct_42", Name: "Acme"}
	do := func(command approval.Command) {
		t.Helper()
		if _, err := ledger.Do(t.Context(), store.Change{Case: "c1", Command: command}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	do(approval.Submit{ID: "c1", Requester: approval.Person{ID: "UKIM"}, Account: account, Duration: time.Hour, Flow: approval.FlowVersion{Policy: approval.Policy{Timeout: time.Hour}}})
	miss := func() error { return b.Miss(t.Context(), "c1", approval.CustomerID, "the app answered 410 Gone") }
	if err := miss(); err == nil {
		t.Error("while it is routed, and takes nothing: done")
	}
	route := flows.Customer()
	customer := approval.Approver{Person: account.Customer(), Leg: route.Legs[0], Asked: true}
	do(approval.Rule{Ruling: approval.Ruling{Account: account, Outcome: flows.Outcome{Result: flows.Asked, Route: &route}}, Found: approval.Found{Route: route, Approvers: []approval.Approver{customer}}})
	for range 2 {
		if err := miss(); err != nil {
			t.Error(err)
		}
	}
	if c, err := ledger.Case(t.Context(), "c1"); err != nil || c.Status != approval.Refused {
		t.Errorf("%s, %v", c.Status, err)
	}
}
