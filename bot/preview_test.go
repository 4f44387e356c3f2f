package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
)

func form(p *slacksim.Person) *slacksim.Modal {
	p.Types("/impersonate")
	return p.Modal()
}

func TestTheFormSaysWhatWillCome(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	modal := form(s.kim).Fill("Reason", "the invoice page fails").Pick("For how long", "1 hour")
	for account, said := range map[string]string{
		"Hooli":   "You're in at once: free tier account.",
		"Globex":  "You're assigned to this account: you approve it yourself.",
		"Initech": "This can't be decided now, and would be refused",
	} {
		modal.Pick("Account", account).WaitText(said)
	}
	modal.Pick("Account", "Acme").WaitText("Goes to @Mia Falk and @Ola Nordmann, on call").WaitText("customer_plan = enterprise, is_assigned = no")
	if got := modal.Selected("For how long"); got != "1 hour" {
		t.Errorf("the form now asks for %q", got)
	}
	modal.Submit()
	s.mia.Inbox().Wait("the invoice page fails").WaitText("1 hour")
	if text := s.kim.Inbox().Last().Text(); strings.Contains(text, "The form said") {
		t.Errorf("nothing had changed, but:\n%s", text)
	}
}

func TestTheFormSaysThatTheCustomerIsAsked(t *testing.T) {
	t.Parallel()
	_, setting := withCustomer(t, flows.Customer())
	s := newStage(t, setting, calm)
	form(s.kim).Pick("Account", "Acme").WaitText("Goes to Acme (the customer). The customer reads your reason.")
}

func TestTheFormOpensWithWhatWillCome(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	s.kim.Types("/impersonate acct_19")
	s.kim.Modal().WaitText("You're in at once")
}

func TestTheFormSaysWhoIsAskedInstead(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm, route(managersOnCall.OrElse(flows.Group("support-leads"))))
	s.ws.AddGroup("support-leads", s.lee)
	s.pager.SetOnCall("PMGRS01")
	form(s.kim).Pick("Account", "Acme").WaitText("Nobody else is on call; goes to the group @support-leads: @Lee Chan.")
}

func TestTheFormSaysWhatOneHasAlready(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	s.kim.Inbox().Wait("Waiting for")
	s.kim.Modal().Close()
	form(s.kim).Pick("Account", "Acme").WaitText("You asked for this one already").WaitText("it waits for @Mia Falk or @Ola Nordmann")
	card.Click("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
	s.kim.Modal().Close()
	form(s.kim).Pick("Account", "Acme").WaitText("You already have this one until")
	others := form(s.ola).Pick("Account", "Acme").WaitText("@Kim Berg may be signed in as this customer until")
	if strings.Contains(others.Text(), "You already have") {
		t.Errorf("Ola reads:\n%s", others.Text())
	}
}

func TestTheFormSaysThatItCanNotKnow(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	modal := form(s.kim).Fill("Reason", "the invoice page fails")
	modal.Pick("Account", "Hooli").WaitText("at once")
	s.pager.Hang(true)
	modal.Pick("Account", "Acme").WaitText("isn't known yet").WaitText("You can ask all the same")
	s.pager.Hang(false)
	modal.Submit()
	s.mia.Inbox().Wait("Acme").Click("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
}

func TestAGuestIsForetoldNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	s.sam.Types("/impersonate acct_19")
	s.sam.WaitNotice("You can't use this here")
}

func TestWhatTheFormSaidIsCompared(t *testing.T) {
	t.Parallel()
	closing := time.Now().Add(time.Hour)
	s := newStage(t, calm, withRules(flows.Flow{
		OnRequest: func(r flows.Request) flows.Verdict {
			if r.Time().Before(closing) {
				return flows.Approve("office hours")
			}
			return flows.Ask()
		},
		Approvers: func(flows.Request) flows.Route { return managersOnCall },
	}))
	modal := form(s.kim).Fill("Reason", "the invoice page fails")
	modal.Pick("Account", "Acme").WaitText("You're in at once: office hours.")
	s.jump(2 * time.Hour)
	modal.Submit()
	s.kim.Inbox().Wait("Waiting for @Mia Falk").WaitText("The form said that you'd be in at once (time of the request =").WaitText("What it looked at has changed since")
	s.kim.Modal().WaitText("The form said that you'd be in at once")
}

// TestHowSoonTheFormSaysIt measures, on loopback and without trouble, the time
// from the choice of an account to what will come of it on the screen.
func TestHowSoonTheFormSaysIt(t *testing.T) {
	s := newStage(t, calm)
	s.ws.Calm()
	modal := form(s.kim)
	var times []time.Duration
	for i := range 100 {
		account, said := "Hooli", "at once"
		if i%2 == 1 {
			account, said = "Acme", "Goes to"
		}
		began := time.Now()
		modal.Pick("Account", account).WaitText(said)
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	if times[len(times)/2] > time.Second {
		t.Errorf("half of the previews took %v and more", times[len(times)/2])
	}
	t.Logf("from the choice to the preview: p50 %v, p99 %v", times[len(times)/2], times[len(times)*99/100])
}
