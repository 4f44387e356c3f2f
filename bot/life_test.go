package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// The tests of this file are what people and time do to a case while it lives.

var managersOnCall = flows.OnCall("PMGRS01")

// approved is a case of Kim's for Acme, approved by Mia.
func approved(s *stage) (requester, approver *slacksim.Card) {
	ask(s.kim, "Acme")
	requester = s.kim.Inbox().Wait("Waiting for")
	approver = s.mia.Inbox().Wait("Acme")
	approver.Click("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
	return requester, approver.WaitText("Approved by you")
}

func TestARequesterCancels(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	s.kim.Inbox().Wait("Waiting for").Click("Cancel")
	card.WaitGone("Approve").WaitText("@Kim Berg took the request back")
	s.kim.Inbox().Wait("You took the request back")
}

func TestARequesterNudges(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	s.mia.Inbox().Wait("Acme")
	own := s.kim.Inbox().Wait("Waiting for")
	own.Click("Nudge")
	reminder := s.mia.Inbox().Wait("🔔 Reminder")
	s.ola.Inbox().Wait("🔔 Reminder")
	own.WaitText("You sent a reminder")
	if want := "Reminder: Kim Berg still waits to sign in as Acme for 15 minutes: the invoice page fails"; reminder.Notification() != want {
		t.Errorf("the notification is %q, want %q", reminder.Notification(), want)
	}
	own.Click("Nudge")
	s.kim.WaitNotice("The next one is possible from")
	if n := s.mia.Inbox().Len(); n != 2 {
		t.Errorf("Mia has %d messages", n)
	}
	s.jump(approval.NudgePause)
	own.Click("Nudge")
	s.kim.Inbox().Wait("You sent a reminder")
	reminder.Click("Approve")
	reminder.WaitGone("Approve").WaitText("Approved by you")
}

func TestTheSilentAreRemindedAndTheCaseTimesOut(t *testing.T) {
	t.Parallel()
	s := newStage(t, withPolicy(approval.Policy{Timeout: time.Hour, Remind: []time.Duration{5 * time.Minute, 20 * time.Minute}}))
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	card.WaitText("If nobody decides by")
	s.jump(5 * time.Minute)
	first := s.mia.Inbox().Wait("🔔 Reminder")
	card.WaitText("All who haven't decided were reminded")
	s.jump(15 * time.Minute)
	s.until(t, "a second reminder", func() bool { return s.mia.Inbox().Len() == 3 })
	s.jump(40 * time.Minute)
	card.WaitGone("Approve").WaitText("Nobody decided within 1 hour")
	first.WaitGone("Approve").WaitText("Timed out")
	s.kim.Inbox().Wait("Talk to one of them, then ask again with /impersonate")
}

// until waits for what has no text on a screen.
func (s *stage) until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	changes := s.ws.Watch(t.Context())
	deadline := time.After(30 * time.Second)
	for !ready() {
		select {
		case <-changes:
		case <-deadline:
			t.Fatalf("waited for %s", what)
		}
	}
}

func TestSilenceGoesOnToTheNext(t *testing.T) {
	t.Parallel()
	s := newStage(t, route(managersOnCall.EscalateAfter(10*time.Minute, flows.Group("directors"))))
	s.ws.AddGroup("directors", s.lee)
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	s.jump(10 * time.Minute)
	director := s.lee.Inbox().Wait("Acme").WaitText("nobody else decided in time, and you're in the group @directors")
	card.WaitText("Nobody decided in time, so it went on to @Lee Chan as well.")
	s.kim.Inbox().Wait("so it went on to @Lee Chan as well")
	card.Click("Approve") // who was asked first may still decide
	director.WaitGone("Approve").WaitText("Approved by @Mia Falk")
}

func TestAnEscalationToNobodyIsSaid(t *testing.T) {
	t.Parallel()
	s := newStage(t, route(managersOnCall.EscalateAfter(10*time.Minute, flows.Group("directors"))))
	s.ws.AddGroup("directors")
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	s.jump(10 * time.Minute)
	card.WaitText("Couldn't be asked: the group @directors").Click("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
}

func TestTheNextShiftIsAsked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	change := time.Now().Add(4 * time.Second)
	s.pager.SetShifts("PMGRS01", pagersim.Shift{User: s.miaPager, Until: change}, pagersim.Shift{User: s.olaPager, From: change})
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	if n := s.ola.Inbox().Len(); n != 0 {
		t.Fatalf("Ola, who isn't on call yet, has %d messages", n)
	}
	s.ola.Inbox().Wait("Acme").WaitText("On call now: you. No longer on call, and may still decide: @Mia Falk.")
	card.WaitText("On call now: @Ola Nordmann. No longer on call, and may still decide: you.")
	s.kim.Inbox().Wait("On call now: @Ola Nordmann.")
	card.Click("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
}

func TestTheOthersSeeWhoIsLooking(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	card, other := s.mia.Inbox().Wait("Acme"), s.ola.Inbox().Wait("Acme")
	card.Click("I'm looking at it")
	other.WaitText("@Mia Falk is looking at it.")
	s.kim.Inbox().Wait("@Mia Falk is looking at it.")
	card.WaitText("You're looking at it").Click("Stop looking")
	s.until(t, "Mia to look away", func() bool { return !strings.Contains(other.Text(), "looking at it.") })
	card.WaitGone("Stop looking").Click("I'm looking at it")
	other.WaitText("@Mia Falk is looking at it.")
	s.jump(approval.ClaimTime)
	s.until(t, "the claim to lapse", func() bool { return !strings.Contains(other.Text(), "looking at it.") })
	other.Click("Approve") // it had blocked nobody
	s.kim.Inbox().Wait("Approved: Acme")
}

func TestARequesterEndsEarly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	own, card := approved(s)
	own.WaitText("may sign in as").Click("End now")
	own.WaitGone("End now").WaitText("You ended early the access to Acme")
	card.WaitGone("Revoke").WaitText("@Kim Berg ended early the access to Acme")
}

func TestAnApproverRevokes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	own, card := approved(s)
	card.Click("Revoke")
	s.mia.Modal().Fill("Reason", "the customer called it off").Submit()
	own.WaitGone("End now").WaitText("@Mia Falk revoked the access to Acme").WaitText("the customer called it off")
	s.until(t, "a message of its own", func() bool { return s.kim.Inbox().Len() == 3 })
	if got := s.kim.Inbox().Last().Text(); !strings.Contains(got, "@Mia Falk revoked") {
		t.Errorf("the newest message says %q", got)
	}
	s.ola.Inbox().Wait("Access ended")
}

func TestApprovalForLess(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	form(s.kim).Pick("Account", "Acme").Fill("Reason", "the invoice page fails").Pick("For how long", "1 hour").Submit()
	card := s.mia.Inbox().Wait("Acme")
	if got := card.Options("Approve for less…"); !slices.Equal(got, []string{"15 minutes"}) {
		t.Errorf("the menu has %q", got)
	}
	card.Pick("Approve for less…", "15 minutes")
	s.kim.Inbox().Wait("It is for 15 minutes instead of the 1 hour asked for.")
	cases, err := s.ledger.Cases(t.Context(), "", 1)
	if err != nil || len(cases) != 1 || cases[0].Grant.Until.Sub(cases[0].Grant.From) != 15*time.Minute {
		t.Errorf("%+v, %v", cases, err)
	}
}

func TestADenialThatNeedsAReason(t *testing.T) {
	t.Parallel()
	s := newStage(t, withPolicy(approval.Policy{Timeout: time.Hour, DenyReason: approval.ReasonRequired}))
	ask(s.kim, "Acme")
	s.mia.Inbox().Wait("Acme").Click("Deny")
	modal := s.mia.Modal()
	modal.Fill("Reason", "  ").Submit()
	if got := modal.Errors()["Reason"]; got == "" {
		t.Error("a blank reason was taken")
	}
	modal.Fill("Reason", "call them first").Submit()
	s.kim.Inbox().Wait("@Mia Falk denied this").WaitText("call them first")
}

func TestADenialThatCameTooLateSaysSoInItsWindow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	s.mia.Inbox().Wait("Acme").Click("Deny")
	modal := s.mia.Modal().Fill("Reason", "no")
	s.ola.Inbox().Wait("Acme").Click("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
	modal.Submit()
	s.mia.Modal().WaitText("is decided already. Approved by @Ola Nordmann")
}

func TestAnExtensionGoesThroughTheRulesAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, withPolicy(approval.Policy{Timeout: time.Hour, Warn: 5 * time.Minute}))
	own, _ := approved(s)
	s.jump(11 * time.Minute)
	warning := s.kim.Inbox().Wait("⏳ Ends soon")
	warning.Click("Extend")
	s.kim.WaitNotice("You asked for 15 minutes more of Acme")
	more := s.mia.Inbox().Wait("asks to stay signed in as Acme for 15 minutes more")
	warning.Click("Extend")
	s.kim.WaitNotice("You already have a request for Acme")
	more.Click("Approve")
	warning.WaitGone("Extend").WaitText("✅ Extended: your access to Acme now lasts until")
	more.WaitText("The access to Acme now lasts until")
	s.jump(15 * time.Minute) // past the first end, not past the second
	s.until(t, "a second warning", func() bool { return strings.Contains(s.kim.Inbox().Last().Text(), "Ends soon") })
	own.WaitText("The end is near")
	s.jump(5 * time.Minute)
	own.WaitGone("End now").WaitText("Its time is over")
}

func TestAnExtensionThatIsDecidedTooLateIsAGrantOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newStage(t, withPolicy(approval.Policy{Timeout: time.Hour, Warn: 5 * time.Minute}))
	own, _ := approved(s)
	s.jump(11 * time.Minute)
	s.kim.Inbox().Wait("⏳ Ends soon").Click("Extend")
	more := s.mia.Inbox().Wait("asks to stay signed in as Acme")
	s.jump(5 * time.Minute)
	own.WaitText("Its time is over")
	s.kim.Modal().Close()
	ask(s.kim, "Acme")
	s.kim.Inbox().Wait("You already have a request for Acme") // the extension has the place now
	s.kim.Modal().Close()
	more.Click("Approve")
	more.WaitGone("Approve").WaitText("may sign in as Acme until")
	report, err := s.ledger.Check(t.Context())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("%v, %v", report.Problems, err)
	}
}

func TestWhoIsDoneEarlyWantsNoMore(t *testing.T) {
	t.Parallel()
	s := newStage(t, withPolicy(approval.Policy{Timeout: time.Hour, Warn: 5 * time.Minute}))
	approved(s)
	s.jump(11 * time.Minute)
	warning := s.kim.Inbox().Wait("⏳ Ends soon")
	warning.Click("Extend")
	more := s.mia.Inbox().Wait("asks to stay signed in as Acme")
	warning.Click("End now")
	warning.WaitGone("End now")
	more.WaitGone("Approve").WaitText("took the request back")
}

func TestTwoMustApprove(t *testing.T) {
	t.Parallel()
	s := newStage(t, route(managersOnCall.Need(2)))
	ask(s.kim, "Acme")
	card, other := s.mia.Inbox().Wait("Acme"), s.ola.Inbox().Wait("Acme")
	card.Click("Approve")
	other.WaitText("2 people must approve. So far: @Mia Falk.")
	card.WaitGone("Approve").WaitText("You approved this already")
	s.kim.Inbox().Wait("Waiting for @Ola Nordmann")
	other.Click("Approve")
	s.kim.Inbox().Wait("Approved by @Mia Falk").WaitText("and @Ola Nordmann")
}

func TestOneDenialEndsWhatTwoMustApprove(t *testing.T) {
	t.Parallel()
	s := newStage(t, route(managersOnCall.Need(2)), withPolicy(approval.Policy{Timeout: time.Hour, DenyReason: approval.ReasonUnasked}))
	ask(s.kim, "Acme")
	card, other := s.mia.Inbox().Wait("Acme"), s.ola.Inbox().Wait("Acme")
	card.Click("Approve")
	other.WaitText("So far: @Mia Falk").Click("Deny")
	s.kim.Inbox().Wait("@Ola Nordmann denied this")
	card.WaitGone("Deny").WaitText("@Ola Nordmann denied this")
}

func TestWhoMayAlsoDecideIsNotPinged(t *testing.T) {
	t.Parallel()
	s := newStage(t, route(managersOnCall.MayAlso(flows.Group("leads"))))
	s.ws.AddGroup("leads", s.lee)
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme").WaitText("May also decide, but wasn't asked: Lee Chan.")
	if n := s.lee.Inbox().Len(); n != 0 {
		t.Errorf("Lee has %d messages", n)
	}
	s.lee.OpensHome().WaitText("Acme").Click("Approve")
	card.WaitGone("Approve").WaitText("Approved by @Lee Chan")
}

func TestAChannelFollowsTheCase(t *testing.T) {
	t.Parallel()
	s := newStage(t, route(managersOnCall.Show(flows.Channel("support-approvals"))))
	s.ws.AddChannel("support-approvals", s.lee)
	ask(s.kim, "Acme")
	channel := s.lee.Channel("support-approvals").WaitText("@Kim Berg asks to sign in as Acme")
	s.mia.Inbox().Wait("Acme").Click("Approve")
	channel.WaitText("Approved by @Mia Falk")
	for _, text := range channel.Texts() {
		if strings.Contains(text, "[") {
			t.Errorf("the channel's copy has buttons:\n%s", text)
		}
	}
	if n := len(channel.Texts()); n != 1 {
		t.Errorf("the channel has %d messages", n)
	}
}

func TestALostPostInAChannel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scopes []string
		most   int
	}{
		"that the bot may look into":     {[]string{"channels:read", "channels:history"}, 1},
		"that the bot may not look into": {nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, route(managersOnCall.Show(flows.Channel("support-approvals"))))
			s.ws.AddScopes(test.scopes...)
			s.ws.AddChannel("support-approvals", s.lee)
			s.ws.Fail("chat.postMessage", 4, slacksim.LoseAnswer()) // one of them is the channel's
			ask(s.kim, "Acme")
			s.mia.Inbox().Wait("Acme").Click("Approve")
			channel := s.lee.Channel("support-approvals").WaitText("Approved by @Mia Falk")
			if n := len(channel.Texts()); n > test.most {
				t.Errorf("the channel has %d messages", n)
			}
			if n := s.mia.Inbox().Len(); n != 1 {
				t.Errorf("Mia has %d messages", n)
			}
		})
	}
}

func TestWhatCanNotBeDoneYetHoldsUpNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, route(managersOnCall.EscalateAfter(10*time.Minute, flows.Group("directors"))),
		withPolicy(approval.Policy{Timeout: time.Hour, Remind: []time.Duration{12 * time.Minute}}))
	s.ws.AddGroup("directors", s.lee)
	ask(s.kim, "Acme")
	s.mia.Inbox().Wait("Acme")
	s.ws.Fail("usergroups.list", 1000, slacksim.Status(500))
	s.jump(12 * time.Minute)
	s.mia.Inbox().Wait("🔔 Reminder")
	if n := s.lee.Inbox().Len(); n != 0 {
		t.Errorf("Lee has %d messages though nobody knows who the directors are", n)
	}
	s.ws.Heal()
	s.lee.Inbox().Wait("nobody else decided in time")
}
