package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
)

const kimsPhoto = "https://avatars.slack-edge.com/2026-11-24/kim_72.png"

// withAgent has Nina, an agent whose profile says what she does.
func withAgent(agent **slacksim.Person) setting {
	return func(s *stage, _ *bot.Config) {
		*agent = s.ws.AddPerson("Nina Holm", "nina@example.com", slacksim.Title("Support agent, Nordics"), slacksim.Photo(kimsPhoto))
	}
}

func TestACardSaysWhatOneWouldAskAroundFor(t *testing.T) {
	t.Parallel()
	var nina *slacksim.Person
	s := newStage(t, withAgent(&nina), withPolicy(approval.Policy{Timeout: time.Hour, DenyReason: approval.ReasonUnasked}))
	ask(nina, "Acme")
	first := s.mia.Inbox().Wait("Acme").WaitText("this is their first request").WaitText("Nina Holm, Support agent, Nordics").WaitText("· eu ·")
	if want := "Nina Holm asks to sign in as Acme for 15 minutes: the invoice page fails"; first.Notification() != want {
		t.Errorf("the notification is %q, want %q", first.Notification(), want)
	}
	if screen := string(s.ws.Screen(s.mia.ID()).Messages[0].Blocks); !strings.Contains(screen, kimsPhoto) || !strings.Contains(screen, "Photo of Nina Holm") {
		t.Errorf("the card has no photo: %s", screen)
	}
	first.Click("Deny")
	nina.Inbox().Wait("⛔ Denied")
	nina.Modal().Close()
	ask(nina, "Acme")
	s.until(t, "a second card", func() bool { return s.mia.Inbox().Len() == 2 })
	s.mia.Inbox().Last().WaitText("1 time (0 approved, 1 denied").WaitText("for this account, and for no other.")
}

func TestAPhotoThatIsGoneTakesNobodyOutOfACase(t *testing.T) {
	t.Parallel()
	var nina *slacksim.Person
	s := newStage(t, withAgent(&nina))
	s.ws.LosePictures()
	ask(nina, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	if screen := string(s.ws.Screen(s.mia.ID()).Messages[0].Blocks); strings.Contains(screen, kimsPhoto) {
		t.Errorf("the card has the photo that is gone: %s", screen)
	}
	card.Click("Approve")
	nina.Inbox().Wait("Approved: Acme")
}

func TestTheHistoryOfACase(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	own, card := approved(s)
	card.Click("History")
	history := s.mia.Modal().WaitText("@Kim Berg asked to sign in as Acme for 15 minutes:").
		WaitText("The rules sent it to the on-call managers (Support managers): you and @Ola Nordmann").WaitText("You approved it for 15 minutes.")
	if history.Title() != "History" {
		t.Errorf("the window is called %q", history.Title())
	}
	card.ClickAs(s.lee, "History")
	s.lee.WaitNotice("The history of a request is for whoever asked")
	s.kim.Modal().WaitText("✅ Approved").Click("History") // in the window that follows the case
	s.until(t, "a window on top", func() bool { return len(s.ws.Screen(s.kim.ID()).Modals) == 2 })
	s.kim.Modal().WaitText("You asked to sign in as Acme").Close()
	s.kim.Modal().WaitText("✅ Approved").Close()
	own.Click("End now")
	own.WaitGone("End now").Click("History")
	s.kim.Modal().WaitText("You ended the access early.")
}

// TestOneSoundForWhatARuleAllows holds that who gets in at once is told once.
func TestOneSoundForWhatARuleAllows(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Hooli")
	card := s.kim.Inbox().Wait("✅ Allowed")
	if want := "✅ Allowed: Hooli for 15 minutes: free tier account"; card.Notification() != want {
		t.Errorf("the notification is %q, want %q", card.Notification(), want)
	}
	s.jump(15 * time.Minute)
	card.WaitText("Its time is over")
	if n := s.kim.Inbox().Len(); n != 1 {
		t.Errorf("Kim has %d messages", n)
	}
}

// TestASoundForAnAnswerThatTookLonger holds that a first message that says no
// more than that it takes long is followed by one with the outcome.
func TestASoundForAnAnswerThatTookLonger(t *testing.T) {
	t.Parallel()
	down, set := directory(t)
	s := newStage(t, set)
	s.kim.Types("/impersonate acct_42")
	form := s.kim.Modal().Fill("Reason", "the invoice page fails")
	down.Store(true)
	form.Submit()
	s.kim.Inbox().Wait("It takes longer than usual")
	s.jump(time.Hour)
	s.until(t, "a second message", func() bool { return s.kim.Inbox().Len() == 2 })
	if text := s.kim.Inbox().Last().Text(); !strings.Contains(text, "Refused") {
		t.Errorf("the second message says %q", text)
	}
}
