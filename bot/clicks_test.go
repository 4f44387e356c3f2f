package bot_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
)

// efforts is README's table of what acts cost, as people do them here.
type efforts struct{ rows strings.Builder }

// cost has the person act, and notes what it cost.
func (e *efforts) cost(p *slacksim.Person, what string, act func()) {
	before := p.Effort()
	act()
	took := p.Effort().Since(before)
	fmt.Fprintf(&e.rows, "| %s | %d | %d |\n", what, took.Clicks, took.Words)
}

// TestClicks counts the clicks of people who do each of the commonest things
// once, and holds README's table to it.
func TestClicks(t *testing.T) {
	e := &efforts{}
	homeWorld(t, func(t *testing.T, w *world) {
		w.flow.Durations = []time.Duration{15 * time.Minute, time.Hour}
		w.flow.Policy = approval.Policy{Timeout: time.Hour, Warn: 5 * time.Minute, DenyReason: approval.ReasonRequired}
		w.stage()
		e.whileItWaits(w)
		e.whileItRuns(w)
		e.afterwards(w)
	})
	table := "| to | clicks | words typed |\n|---|---|---|\n" + e.rows.String()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), table) {
		t.Errorf("README.md hasn't this table:\n%s", table)
	}
}

func (e *efforts) whileItWaits(w *world) {
	e.cost(w.kim, "ask in one line, `/impersonate acct_42 because the invoice page fails`, and send the form", func() {
		w.kim.Types("/impersonate acct_42 because the invoice page fails")
		w.kim.Modal().WaitText("Goes to").Submit()
	})
	own := w.kim.Inbox().Wait("Waiting for")
	w.kim.Modal().Close()
	card := w.mia.Inbox().Wait("Acme")
	e.cost(w.mia, "say that you're looking at it", func() { card.Click("I'm looking at it") })
	own.WaitText("is looking at it")
	e.cost(w.kim, "remind those who haven't decided", func() { own.Click("Nudge") })
	w.mia.Inbox().Wait("🔔 Reminder")
	e.cost(w.kim, "take a request back", func() { own.Click("Cancel") })
	own.WaitText("You took the request back")

	e.cost(w.kim, "ask by the form: the customer, why, 1 hour instead of 15 minutes", func() {
		w.kim.Types("/impersonate")
		w.kim.Modal().Find("Account", "Acme").Pick().Fill("Reason", "the invoice page fails").Pick("For how long", "1 hour").Submit()
	})
	w.kim.Modal().Close()
	card = w.ola.Inbox().Wait("1 hour")
	e.cost(w.ola, "deny, and say why", func() {
		card.Click("Deny")
		w.ola.Modal().Fill("Reason", "call them first").Submit()
	})
	w.kim.Inbox().Wait("call them first")
}

func (e *efforts) whileItRuns(w *world) {
	card := e.asked(w)
	e.cost(w.mia, "approve for less than was asked for", func() { card.Pick("Approve for less…", "15 minutes") })
	w.kim.Inbox().Wait("instead of the 1 hour")
	e.cost(w.mia, "revoke, and say why", func() {
		card.WaitText("Approved by you").Click("Revoke")
		w.mia.Modal().Fill("Reason", "the customer called it off").Submit()
	})
	w.kim.Inbox().Wait("the customer called it off")

	card = e.asked(w)
	e.cost(w.mia, "approve", func() { card.Click("Approve") })
	own := w.kim.Inbox().Wait("✅ Approved")
	time.Sleep(56 * time.Minute)
	warning := w.kim.Inbox().Wait("⏳ Ends soon")
	e.cost(w.kim, "extend it, when the warning comes", func() { warning.Click("Extend") })
	w.mia.Inbox().Wait("asks to stay signed in as").Click("Approve")
	warning.WaitText("✅ Extended")
	e.cost(w.kim, "end it early", func() { own.Click("End now") })
	own.WaitGone("End now")
}

// asked is the newest card of Mia's, of a new request.
func (e *efforts) asked(w *world) *slacksim.Card {
	before := w.mia.Inbox().Len()
	w.kim.Types("/impersonate acct_42 because the invoice page fails for 1h")
	w.kim.Modal().WaitText("Goes to").Submit()
	card := w.mia.Inbox().After(before).WaitText("1 hour")
	w.kim.Modal().Close()
	return card
}

func (e *efforts) afterwards(w *world) {
	e.cost(w.kim, "see what you asked for and may use, `/impersonate status`", func() { w.kim.Types("/impersonate status") })
	var home *slacksim.Home
	e.cost(w.mia, "see what waits for you, what runs and what was: *Home*", func() { home = w.mia.OpensHome().WaitText("Recently") })
	e.cost(w.mia, "find a customer's requests of the last 30 days there", func() { home.Picks("Of a customer", "Acme") })
	home.WaitText("Show all")
	card := w.mia.Inbox().Last()
	e.cost(w.mia, "see who decided, when and why: *History* on a card", func() { card.Click("History") })
	w.mia.Modal().WaitText("You approved it")
}
