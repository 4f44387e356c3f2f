package bot_test

import (
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// The tests of this file are what Slack does to cards on their way.

// all waits until the outcome is on every card, each of which is there once.
func (s *stage) all(t *testing.T) {
	t.Helper()
	s.kim.Inbox().Wait("Waiting for")
	s.mia.Inbox().Wait("Acme").Click("Approve")
	for _, manager := range []*slacksim.Person{s.mia, s.ola} {
		manager.Inbox().Wait("Approved").WaitGone("Approve")
		if n := manager.Inbox().Len(); n != 1 {
			t.Errorf("%s has %d cards", manager.Name(), n)
		}
	}
	s.kim.Inbox().Wait("Approved: Acme")
	if n := s.kim.Inbox().Len(); n != 2 {
		t.Errorf("%s has %d messages", s.kim.Name(), n)
	}
}

func TestPostsWhoseAnswersAreLostAreFoundAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.ws.Fail("chat.postMessage", 3, slacksim.LoseAnswer())
	ask(s.kim, "Acme")
	s.ola.Inbox().Wait("Acme")
	s.all(t)
}

func TestCallsThatFailAreMadeAgain(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]slacksim.Fault{
		"limited": slacksim.RateLimited(time.Second),
		"broken":  slacksim.Status(503),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.ws.Fail("conversations.open", 1, fault)
			s.ws.Fail("chat.postMessage", 1, fault)
			s.ws.Fail("chat.update", 2, fault)
			ask(s.kim, "Acme")
			s.ola.Inbox().Wait("Acme")
			s.all(t)
		})
	}
}

func TestEnvelopesThatComeTwiceCountOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.kim.Types("/impersonate")
	form := s.kim.Modal().Pick("Account", "Acme").Fill("Reason", "the invoice page fails")
	s.ws.DeliverTwice(2)
	form.Submit()
	s.ola.Inbox().Wait("Acme")
	s.all(t)
	cases, err := s.ledger.Cases(t.Context(), "", 10)
	if err != nil || len(cases) != 1 || len(cases[0].Approvals) != 1 {
		t.Errorf("%v, %v", cases, err)
	}
}

func TestACardThatWasDeletedIsNotPostedAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	s.mia.Inbox().Wait("Acme")
	s.ws.DeleteMessage(s.ola.Inbox().Wait("Acme"))
	s.mia.Inbox().Wait("Acme").Click("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
	if n := s.ola.Inbox().Len(); n != 0 {
		t.Errorf("Ola has %d cards", n)
	}
}
