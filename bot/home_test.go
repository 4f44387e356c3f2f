package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// homeWorld runs a test in a world without trouble of its own.
func homeWorld(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		w.flow.Policy = approval.Policy{Timeout: 3 * time.Hour, DenyReason: approval.ReasonUnasked}
		test(t, w)
	})
}

// ledger is a second look at what is on disk.
func (w *world) ledger() *store.Ledger {
	w.t.Helper()
	l, err := store.Open(w.t.Context(), w.engine)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// backlog puts so many cases of Kim's into the store that wait for Mia and Ola,
// as if all had been told of them, and says their ids.
func (w *world) backlog(n int) (ids []string) {
	w.t.Helper()
	l, now := w.ledger(), time.Now()
	managers := approval.Found{Route: flows.OnCall("PMGRS01")}
	for _, p := range []*slacksim.Person{w.mia, w.ola} {
		managers.Approvers = append(managers.Approvers, approval.Approver{Person: approval.Person{ID: p.ID(), Name: p.Name()}, Leg: managers.Route.Legs[0], Asked: true})
	}
	for i := range n {
		id := fmt.Sprintf("case-%03d", i)
		at := now.Add(time.Duration(i-n) * time.Second)
		for _, command := range []approval.Command{
			approval.Submit{ID: id, Requester: approval.Person{ID: w.kim.ID(), Name: w.kim.Name()}, Account: approval.Account{ID: fmt.Sprintf("acct_%03d", i), Name: fmt.Sprintf("Customer %03d", i)},
				Reason: "invoices", Duration: time.Hour, Flow: approval.FlowVersion{Name: "impersonation", Version: 1, Policy: w.flow.Policy, Durations: w.flow.Durations}},
			approval.Rule{Ruling: approval.Ruling{Outcome: flows.Outcome{Result: flows.Asked, Route: &managers.Route}, Account: approval.Account{ID: fmt.Sprintf("acct_%03d", i), Name: fmt.Sprintf("Customer %03d", i)}}, Found: managers},
		} {
			if _, err := l.Do(w.t.Context(), store.Change{Case: id, Command: command}, at); err != nil {
				w.t.Fatal(err)
			}
		}
		ids = append(ids, id)
	}
	for more := true; more; {
		cards, _, err := l.TakeDirty(w.t.Context(), now.Add(time.Minute), 500, time.Hour)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, card := range cards {
			if err := l.Lose(w.t.Context(), card.ID, "it was told before the test began"); err != nil {
				w.t.Fatal(err)
			}
		}
		more = len(cards) > 0
	}
	return ids
}

// publishes counts the Homes that Slack was given.
func (w *world) publishes() (n int) {
	for _, c := range w.ws.Calls() {
		if c.Method == "views.publish" {
			n++
		}
	}
	return n
}

func TestACaseLivesOnHomes(t *testing.T) {
	homeWorld(t, func(t *testing.T, w *world) {
		w.stage()
		ask(w.kim, "Acme")
		kims := w.kim.OpensHome().WaitText("waiting for @Mia Falk or @Ola Nordmann")
		mias := w.mia.OpensHome().WaitText("@Kim Berg asks to sign in as Acme")
		kims.Click("Nudge")
		w.mia.Inbox().Wait("🔔 Reminder")
		mias.Click("I'm looking at it")
		kims.WaitText("@Mia Falk is looking at it.")
		mias.Click("Approve")
		mias.WaitText("Running now").WaitText("Nothing waits for your decision")
		kims.WaitText("allowed until")
		if got := kims.Buttons(); !slices.Equal(got, []string{"Impersonate a customer", "End now", "Extend", "History"}) {
			t.Errorf("Kim's Home has the buttons %q", got)
		}
		kims.Click("Extend")
		w.kim.Inbox().Wait("more of Acme") // the Home has no response URL
		mias.WaitText("asks to stay signed in as Acme").Click("Deny")
		mias.WaitText("Recently").Click("Revoke")
		w.mia.Modal().Fill("Reason", "the customer called it off").Submit()
		kims.WaitText("access ended")
		mias.WaitTextGone("Running now").Click("History")
		w.mia.Modal().WaitText("the customer called it off").Close()
		kims.Click("History") // of the newest
		w.kim.Modal().WaitText("the customer called it off").Close()
	})
}

func TestARequesterCancelsOnTheHome(t *testing.T) {
	homeWorld(t, func(t *testing.T, w *world) {
		w.stage()
		home := w.kim.OpensHome().WaitText("You have no open requests")
		home.Click("Impersonate a customer")
		w.kim.Modal().Pick("Account", "Acme").Fill("Reason", "the invoice page fails").Submit()
		home.WaitText("waiting for").Click("Cancel")
		home.WaitText("taken back").WaitText("You have no open requests")
	})
}

// TestARefusedClickOnTheHomeIsAnswered has Mia click what Ola decided already, on
// a Home that Slack didn't let change meanwhile.
func TestARefusedClickOnTheHomeIsAnswered(t *testing.T) {
	homeWorld(t, func(t *testing.T, w *world) {
		w.backlog(1)
		w.stage()
		home := w.mia.OpensHome().WaitText("Customer 000")
		olas := w.ola.OpensHome().WaitText("Customer 000")
		w.ws.Fail("views.publish", 2, slacksim.RateLimited(30*time.Second))
		olas.Click("Deny")
		home.Click("Approve")
		w.mia.Inbox().Wait("is decided already").WaitText("@Ola Nordmann denied this")
		w.until("the Home to follow", func() bool { return strings.Contains(home.Text(), "denied") })
	})
}

func TestAHomeTurnsItsPages(t *testing.T) {
	homeWorld(t, func(t *testing.T, w *world) {
		ids := w.backlog(17)
		w.stage()
		home := w.mia.OpensHome().WaitText("Waiting for you: 1 to 8 of 17").WaitText("Customer 007")
		home.Click("Show more")
		home.WaitText("9 to 16 of 17").WaitText("Customer 008").Click("Show more")
		home.WaitText("17 to 17 of 17").WaitText("Customer 016")
		l := w.ledger()
		cancel := func(id string) {
			t.Helper()
			if _, err := l.Do(t.Context(), store.Change{Case: id, Command: approval.Cancel{By: approval.Person{ID: w.kim.ID()}}}, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		cancel(ids[0])
		home.WaitText("9 to 16 of 16").WaitText("Customer 016") // there is no third page any more
		home.Click("Previous")
		home.WaitText("1 to 8 of 16").WaitText("Customer 001")
		home.Click("Show more")
		home.WaitText("9 to 16 of 16")
		w.mia.OpensHome().WaitText("1 to 8 of 16")
	})
}

func TestAHomeIsFiltered(t *testing.T) {
	homeWorld(t, func(t *testing.T, w *world) {
		w.ws.AddPerson("Lee Chan", "lee@example.com")
		w.stage()
		for _, account := range []string{"Acme", "Acme Rockets"} {
			ask(w.kim, account)
			w.kim.Inbox().Wait("Waiting for").WaitText(account).Click("Cancel")
			w.kim.Inbox().Wait("You took the request back")
			w.kim.Modal().Close()
		}
		home := w.mia.OpensHome().WaitText("Acme · acct_42: @Kim Berg, taken back").WaitText("Acme Rockets · acct_43")
		home.Picks("Of a customer", "Acme Rockets")
		home.WaitTextGone("acct_42").WaitText("Acme Rockets · acct_43")
		if got := home.Chosen("Of a customer"); got != "Acme Rockets" {
			t.Errorf("the menu holds %q", got)
		}
		home.Picks("Of a person", "Lee Chan")
		home.WaitText("Nothing of the last 30 days")
		home.Picks("Of a person", "Ola Nordmann") // who was asked
		home.WaitText("Acme Rockets · acct_43")
		home.Click("Show all")
		home.WaitText("acct_42").WaitTextGone("Show all")
	})
}

// TestAHomeIsPublishedOnceASecond makes a hundred changes in ten seconds.
func TestAHomeIsPublishedOnceASecond(t *testing.T) {
	homeWorld(t, func(t *testing.T, w *world) {
		ids := w.backlog(100)
		w.stage()
		home := w.mia.OpensHome().WaitText("of 100")
		before, l := w.publishes(), w.lived.Load() // another's commits would be found by polling only
		for _, id := range ids[:99] {
			if _, err := l.Do(t.Context(), store.Change{Case: id, Command: approval.Deny{By: approval.Person{ID: w.mia.ID()}}}, time.Now()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		began := time.Now()
		home.WaitText("Customer 099").WaitTextGone("asks to sign in as Customer 098")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the last change was shown after %s", took)
		}
		if n := w.publishes() - before; n < 5 || n > 12 {
			t.Errorf("the Home was published %d times", n)
		}
	})
}

// TestOpeningAHomeAsksNobody counts the calls that it costs.
func TestOpeningAHomeAsksNobody(t *testing.T) {
	homeWorld(t, func(t *testing.T, w *world) {
		w.backlog(20)
		w.stage()
		time.Sleep(time.Minute) // what a start looks up is over
		slack, pages := len(w.ws.Calls()), w.pager.Calls("")
		w.mia.OpensHome().WaitText("of 20")
		time.Sleep(time.Minute)
		var made []string
		for _, c := range w.ws.Calls()[slack:] {
			made = append(made, c.Method)
		}
		if !slices.Equal(made, []string{"views.publish"}) {
			t.Errorf("opening the Home called %q", made)
		}
		if n := w.pager.Calls("") - pages; n != 0 {
			t.Errorf("opening the Home called the on-call service %d times", n)
		}
	})
}

// TestHomeAfterADecision measures how long it takes from Ola's click on her Home
// until Mia's shows that she needn't decide that any more, with 500 cases that
// wait, on a store on disk and in real time:
//
//	UNDERSTUDY_FIGURES=1 go test ./bot -run TestHomeAfterADecision -v
func TestHomeAfterADecision(t *testing.T) {
	measures(t)
	w := newWorld(t, slacksim.Options{Calm: true})
	const waiting, decisions = 500, 100
	w.engine, w.flow.Policy = onDisk(t), approval.Policy{Timeout: 3 * time.Hour}
	w.backlog(waiting + decisions)
	w.stage()
	mias, olas := w.mia.OpensHome(), w.ola.OpensHome()
	pause := time.NewTicker(1500 * time.Millisecond) // two Homes stay below Slack's 100 a minute
	defer pause.Stop()
	var took []time.Duration
	for i := range decisions {
		next := fmt.Sprintf("asks to sign in as Customer %03d", i)
		mias.WaitText(next)
		olas.WaitText(next)
		<-pause.C
		began := time.Now()
		olas.Click("Approve")
		mias.WaitTextGone(next)
		took = append(took, time.Since(began))
	}
	t.Logf("from a decision to another's Home, %d cases waiting, %d decisions: p50 / p99 %s", waiting, decisions, spread(took))
}
