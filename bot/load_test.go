package bot_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// The tests of this file are of many cards, in the world's own time: minutes
// of Slack's limits pass in moments.

// crowd puts so many managers on call, beside Mia.
func (w *world) crowd(n int) (managers []*slacksim.Person) {
	managers = append(managers, w.mia)
	for i := 1; i < n; i++ {
		managers = append(managers, w.manager(fmt.Sprintf("Manager %03d", i), fmt.Sprintf("m%03d@example.com", i)))
	}
	w.onCall(managers...)
	return managers
}

// asked waits until every manager has a card.
func (w *world) asked(managers []*slacksim.Person) {
	w.t.Helper()
	w.until("a card for everybody", func() bool {
		return !slices.ContainsFunc(managers, func(p *slacksim.Person) bool { return p.Inbox().Len() == 0 })
	})
}

// decided waits until every card shows the outcome, which leaves nothing to decide.
func (w *world) decided(managers []*slacksim.Person) {
	w.t.Helper()
	w.until("the outcome on every card", func() bool {
		return !slices.ContainsFunc(managers, func(p *slacksim.Person) bool { return !shows(p, "Approved by") })
	})
	for _, p := range managers {
		if n := p.Inbox().Len(); n != 1 || slices.Contains(p.Inbox().Last().Buttons(), "Approve") {
			w.t.Errorf("%s has %d cards: %s", p.Name(), n, p.Inbox().Last().Text())
		}
	}
}

func shows(p *slacksim.Person, text string) bool {
	cards := p.Inbox().All()
	return len(cards) > 0 && strings.Contains(cards[len(cards)-1].Text(), text)
}

// tally counts the calls of a method, and those of them that were limited.
func (w *world) tally(method string) (calls, limited int) {
	for _, c := range w.ws.Calls() {
		if c.Method == method {
			calls++
			if c.Error == "ratelimited" {
				limited++
			}
		}
	}
	return calls, limited
}

// someOf is a third of so many, unless there is time.
func someOf(copies int) int {
	if os.Getenv("UNDERSTUDY_LONG") != "" {
		return copies
	}
	return copies / 3
}

func TestCopiesConvergeWhileEveryMethodIsLimited(t *testing.T) {
	t.Parallel()
	copies := someOf(200)
	synctest.Test(t, func(t *testing.T) {
		const share = 0.2
		w := newWorld(t, slacksim.Options{Calm: true})
		managers := w.crowd(copies)
		w.flow.Durations[0] = time.Hour
		w.stage()
		w.ws.FailSome("", share, slacksim.RateLimited(time.Second))
		ask(w.kim, "Acme")
		began := time.Now()
		w.asked(managers)
		t.Logf("%d people were found and asked in %s", copies, time.Since(began))
		began = time.Now()
		w.until("Mia's click counts", func() bool { // Slack may not vouch for its people in time
			if card := w.mia.Inbox().Last(); slices.Contains(card.Buttons(), "Approve") {
				card.Click("Approve")
			}
			return shows(w.mia, "Approved by")
		})
		w.decided(managers)
		t.Logf("%d copies showed the outcome after %s", copies, time.Since(began))
		for method, needed := range map[string]int{"chat.postMessage": copies + 2, "chat.update": copies + 1} {
			calls, limited := w.tally(method)
			t.Logf("%s: %d calls, %d of them limited", method, calls, limited)
			if most := int(float64(needed)/(1-share)*1.25) + 5; calls < needed || calls > most {
				t.Errorf("%s was called %d times, want %d to %d", method, calls, needed, most)
			}
		}
	})
}

func TestCopiesUnderSlacksLimits(t *testing.T) {
	t.Parallel()
	copies := someOf(200)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		managers := w.crowd(copies)
		w.flow.Durations[0] = time.Hour
		w.stage()
		methods := []string{"chat.postMessage", "chat.update", "views.update", "views.publish", "conversations.open", "conversations.history"}
		w.ws.LimitRates(methods...)
		ask(w.kim, "Acme")
		began := time.Now()
		w.asked(managers)
		t.Logf("%d people were found and asked in %s", copies, time.Since(began))
		began = time.Now()
		w.mia.Inbox().Last().Click("Approve")
		w.until("Kim knows", func() bool { return shows(w.kim, "Approved by") && !slices.ContainsFunc(w.kim.Inbox().All(), waits) })
		w.until("Mia sees", func() bool { return shows(w.mia, "Approved by") })
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("those who wait for it saw the decision after %s", took)
		}
		w.decided(managers)
		took := time.Since(began)
		t.Logf("%d copies showed the outcome after %s", copies, took)
		// Slack takes 50 updates a minute; 5 of them are kept for those who wait.
		if most := time.Duration(copies/45)*61*time.Second + 10*time.Second; took > most {
			t.Errorf("%d copies took %s, want at most %s", copies, took, most)
		}
		for _, method := range methods {
			if calls, limited := w.tally(method); limited*50 > calls {
				t.Errorf("%d of %d calls of %s were limited, want at most one in fifty", limited, calls, method)
			}
		}
	})
}

func waits(c *slacksim.Card) bool { return strings.Contains(c.Text(), "Waiting for") }

func TestTenChangesWhileACardWaitsMakeOneUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		w.flow.Policy.Timeout = time.Hour
		w.stage()
		ask(w.kim, "Acme")
		w.asked([]*slacksim.Person{w.mia, w.ola})
		time.Sleep(5 * time.Second)
		ledger, err := store.Open(t.Context(), w.engine)
		if err != nil {
			t.Fatal(err)
		}
		cases, err := ledger.Cases(t.Context(), "", 1)
		if err != nil || len(cases) != 1 {
			t.Fatal(cases, err)
		}
		before := len(w.ws.Calls())
		w.ws.Fail("chat.update", 3, slacksim.RateLimited(30*time.Second)) // all of the first change
		for i := range 10 {
			who := cases[0].Approvers[i%2].Person
			if _, err := ledger.Do(t.Context(), store.Change{Case: cases[0].ID, Command: approval.LookAt{By: who}}, time.Now()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		time.Sleep(3 * time.Minute)
		updates := map[string]int{} // by message
		for _, c := range w.ws.Calls()[before:] {
			if c.Method == "chat.update" && c.Error == "" {
				updates[c.Args["channel"]+c.Args["ts"]]++
			}
		}
		for message, n := range updates {
			if n != 1 {
				t.Errorf("ten changes made %d updates of the message %s", n, message)
			}
		}
		if len(updates) < 2 {
			t.Errorf("ten changes changed %d messages, and two managers have one", len(updates))
		}
	})
}

func TestAMethodThatHangsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		managers := w.crowd(60)
		w.flow.Durations[0] = time.Hour
		w.stage()
		ask(w.kim, "Acme")
		w.asked(managers)
		w.ws.FailSome("chat.update", 1, slacksim.Hang())
		w.mia.Inbox().Last().Click("Approve")
		time.Sleep(5 * time.Second)
		lee := w.ws.AddPerson("Lee Chan", "lee@example.com")
		w.onCall(w.ola)
		time.Sleep(time.Minute) // until the on-call service is asked again
		began := time.Now()
		ask(lee, "Acme Rockets")
		w.until("the next request's card", func() bool { return w.ola.Inbox().Len() > 0 })
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("while updates hang, a new card took %s", took)
		}
		w.ws.Heal()
		w.decided(managers)
	})
}
