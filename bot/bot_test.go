package bot_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/understudyhq/understudy/bot/slacksim"
)

func TestAFreeAccountIsAllowedAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Hooli")
	s.kim.Inbox().Wait("free tier account")
	s.kim.Modal().WaitText("free tier account")
	for _, p := range []*slacksim.Person{s.mia, s.ola} {
		if n := p.Inbox().Len(); n != 0 {
			t.Errorf("%s got %d messages about a request that nobody has to decide", p.Name(), n)
		}
	}
}

func TestAnAssignedAccountIsApprovedByTheRequester(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Globex")
	card := s.kim.Inbox().Wait("you approve it yourself")
	card.Click("Approve")
	card.WaitGone("Approve")
	card.WaitText("Globex")
	s.kim.Modal().WaitText("You")
	if n := s.mia.Inbox().Len(); n != 0 {
		t.Errorf("a manager got %d messages", n)
	}
}

func TestEverythingElseGoesToTheManagersOnCall(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	s.kim.Inbox().Wait("Waiting for")
	card := s.mia.Inbox().Wait("Acme")
	for _, want := range []string{"Kim Berg", "Acme", "acct_42", "enterprise", "the invoice page fails", "15 minutes", "on-call managers"} {
		if !strings.Contains(card.Text(), want) {
			t.Errorf("the manager's card lacks %q:\n%s", want, card.Text())
		}
	}
	if got := card.Buttons(); !slices.Equal(got, []string{"Approve", "Deny", "I'm looking at it", "History"}) {
		t.Errorf("buttons %q", got)
	}
	other := s.ola.Inbox().Wait("Acme")
	card.Click("Approve")
	card.WaitGone("Approve").WaitText("Approved by you")
	other.WaitGone("Approve").WaitText("Approved by @Mia Falk")
	s.kim.Inbox().Wait("Approved by @Mia Falk")
	s.kim.Modal().WaitText("Mia Falk")
}

func TestADenial(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	other := s.mia.Inbox().Wait("Acme")
	s.ola.Inbox().Wait("Acme").Click("Deny")
	s.ola.Modal().Fill("Reason", "share the screen instead").Submit()
	s.kim.Inbox().Wait("@Ola Nordmann denied this").WaitText("share the screen instead")
	other.WaitGone("Approve").WaitText("Ola Nordmann")
}

func TestALateClickHearsWhoDecided(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	card, other := s.mia.Inbox().Wait("Acme"), s.ola.Inbox().Wait("Acme")
	stale := other.Freeze()
	card.Click("Approve")
	other.WaitGone("Approve")
	stale.Click("Deny")
	s.ola.WaitNotice("Mia Falk")
	other.WaitText("Mia Falk")
}

func TestTwoManagersAtTheSameInstant(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	cards := []*slacksim.Card{s.mia.Inbox().Wait("Acme"), s.ola.Inbox().Wait("Acme")}
	var both sync.WaitGroup
	both.Go(func() { cards[0].Click("Approve") })
	both.Go(func() { cards[1].Click("Deny") })
	both.Wait()
	for _, card := range cards {
		card.WaitGone("Deny")
	}
	approved := strings.Contains(cards[0].Text(), "pproved")
	if also := strings.Contains(cards[1].Text(), "pproved"); also != approved {
		t.Errorf("two outcomes:\n%s\n\n%s", cards[0].Text(), cards[1].Text())
	}
	events, err := s.ledger.Cases(t.Context(), "", 10)
	if err != nil || len(events) != 1 || len(events[0].Approvals) > 1 {
		t.Errorf("%v, %v", events, err)
	}
}
