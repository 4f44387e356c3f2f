package bot_test

import (
	"strings"
	"testing"
)

func TestTypedIntoTheForm(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	s.kim.Types("/impersonate acct_42 because the invoice page fails for 1h")
	modal := s.kim.Modal().WaitText("Goes to @Mia Falk")
	if got := modal.Selected("For how long"); got != "1 hour" {
		t.Errorf("the form asks for %q", got)
	}
	if n := s.mia.Inbox().Len(); n > 0 {
		t.Fatalf("a command alone made %d messages", n)
	}
	modal.Pick("Account", "Globex").WaitText("approve it yourself")
	modal.Submit()
	card := s.kim.Inbox().Wait("Globex")
	card.WaitText("the invoice page fails").WaitText("1 hour")
}

func TestTypedWhatIsNotOffered(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	s.kim.Types("/impersonate nobody at all because it fails for 45 minutes")
	s.kim.Modal().WaitText("No account matches “nobody at all”").WaitText("Access for 45 minutes isn't offered")
}

func TestHelpSaysWhatCanBeTyped(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	s.kim.Types("/impersonate help")
	s.kim.WaitNotice("/impersonate acct_42 because the invoice page fails for 30m")
}

func TestStatusAndEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	s.kim.Types("/impersonate status")
	s.kim.WaitNotice("no open request and no access")
	s.kim.Types("/impersonate end")
	s.kim.WaitNotice("You have no access that runs, so nothing was ended")
	ask(s.kim, "Hooli")
	s.kim.Inbox().Wait("Hooli")
	s.kim.Modal().Close()
	ask(s.kim, "Acme")
	s.mia.Inbox().Wait("Acme").Click("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
	s.kim.Modal().Close()
	s.kim.Types("/impersonate status")
	s.kim.WaitNotice("allowed until")
	s.kim.Types("/impersonate end")
	s.kim.WaitNotice("You have several accesses that run, so none was ended")
	s.lee.Types("/impersonate end acme")
	s.lee.WaitNotice("You have no access that runs for “acme”")
	s.kim.Types("/impersonate end ACME")
	s.kim.WaitNotice("Your access to Acme is over")
	s.mia.Inbox().Last().WaitText("ended")
	s.kim.Types("/impersonate end")
	s.kim.WaitNotice("Your access to Hooli is over")
	if notices := s.kim.Notices(); strings.Contains(strings.Join(notices, "\n"), "failed") {
		t.Errorf("Kim reads %q", notices)
	}
}
