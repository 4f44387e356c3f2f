package bot_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/view"
)

// inSupport has everybody but the managers in #support, Kim and Lee in #secret,
// where the bot isn't, and the app as its manifest has it.
func inSupport(s *stage, _ *bot.Config) {
	manifest, err := os.ReadFile(filepath.Join("cli", "manifest.json"))
	if err == nil {
		err = s.ws.Configure(manifest)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.ws.AddChannel("support", s.kim, s.lee, s.sam)
	s.ws.AddPrivateChannel("secret", s.kim, s.lee)
}

// uses has the person use the shortcut on what Lee says.
func (s *stage) uses(p *slacksim.Person, said string) {
	s.lee.Channel("support").Says(said)
	p.Channel("support").Last().Shortcut(view.Shortcut)
}

func TestShortcutOnAComplaint(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSupport, calm)
	s.uses(s.kim, "“We can't pay since this morning” – acct_42")
	modal := s.kim.Modal().WaitText("Goes to @Mia Falk")
	if got := modal.Selected("Account"); got != "Acme" {
		t.Errorf("preselected: %q", got)
	}
	const link = "Asked in: https://simulated.slack.com/archives/C0"
	if got := modal.Typed("Reason"); !strings.HasPrefix(got, link) || !strings.HasSuffix(got, "\n") {
		t.Errorf("the reason begins with %q", got)
	}
	modal.Submit()
	if got := modal.Errors()["Reason"]; got != "Say why too: the link alone is no reason. Whoever decides reads it." {
		t.Errorf("a link alone is answered with %q", got)
	}
	if n := s.mia.Inbox().Len(); n > 0 {
		t.Fatalf("a shortcut alone made %d messages", n)
	}
	modal.Adds("Reason", "their invoice page fails").Submit()
	card := s.mia.Inbox().Wait("Acme").WaitText("their invoice page fails\n" + link)
	if got := card.Notification(); !strings.Contains(got, ": their invoice page fails Asked in: ") {
		t.Errorf("Mia's phone shows %q", got)
	}
	card.Click("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
}

func TestShortcutNeverGuesses(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSupport, calm)
	for _, c := range []struct{ said, account, notice string }{
		{"Globex can't log in", "Globex", ""},
		{"Who takes globex?", "Globex", ""},
		{"Somebody can't log in", "", "No customer's whole name or id was found in the message"},
		{"Acme Rockets can't log in", "", "The message names more than one customer (Acme, Acme Rockets)"},
		{"acct_42 can't log in, and acct_7 and Hooli can't pay", "", "more than one customer (Acme, Globex, Hooli)"},
		{"see https://app.example.com/c/acct_7", "Globex", ""},
		{"lee@globex.com wrote", "", "No customer's whole name"},
		{"Globex " + strings.Repeat("x", 4000), "", "The message is too long to look for a customer in it"},
	} {
		s.uses(s.kim, c.said)
		modal := s.kim.Modal().WaitText(c.notice)
		if got := modal.Selected("Account"); got != c.account {
			t.Errorf("%.80q preselects %q, want %q", c.said, got, c.account)
		}
		modal.Close()
	}
}

func TestShortcutWithoutALink(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSupport, calm)
	opensWithout := func(why string, p *slacksim.Post) {
		t.Helper()
		p.Shortcut(view.Shortcut)
		modal := s.kim.Modal().WaitText("Slack gave no link to the message, so the request won't lead to it.")
		if got := modal.Selected("Account") + modal.Typed("Reason"); got != "Globex" {
			t.Errorf("%s: the form holds %q", why, got)
		}
		modal.Close()
	}
	said := s.kim.Channel("support").Says("Globex can't log in")
	s.ws.Fail("chat.getPermalink", 1, slacksim.Status(500))
	opensWithout("it fails", said)
	s.ws.Fail("chat.getPermalink", 1, slacksim.RateLimited(5*time.Second))
	opensWithout("the rate is limited", said)
	s.ws.Fail("chat.getPermalink", 1, slacksim.Hang())
	opensWithout("it hangs", said)
	opensWithout("the bot isn't there", s.kim.Channel("secret").Says("Globex can't log in"))
}

func TestShortcutOfThoseWhoMayNotAsk(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSupport)
	visitor := s.ws.AddPerson("Vic Torres", "vic@other.example", slacksim.Stranger())
	s.ws.AddChannel("shared", s.lee, visitor)
	s.uses(s.sam, "Globex can't log in")
	s.sam.WaitNotice("guest")
	s.lee.Channel("shared").Says("Globex can't log in")
	visitor.Channel("shared").Last().Shortcut(view.Shortcut)
	visitor.WaitNotice("you're a member of another workspace")
	for _, p := range []*slacksim.Person{s.sam, visitor} {
		if got := s.ws.Screen(p.ID()); got.Opened > 0 || strings.Contains(strings.Join(p.Notices(), "\n"), "Globex") {
			t.Errorf("%s sees %d forms and reads %q", p.Name(), got.Opened, p.Notices())
		}
	}
}

func TestShortcutThatIsLate(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSupport, calm)
	s.ws.Fail("views.open", 1, slacksim.RateLimited(5*time.Second))
	s.uses(s.kim, "Globex can't log in")
	s.kim.WaitNotice("The form couldn't be opened, because Slack didn't answer in time. Nothing was asked. Try again, or type /impersonate.")
}

func TestShortcutDeliveredTwiceOpensOneForm(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSupport, calm)
	s.ws.DeliverTwice(1)
	s.uses(s.kim, "Globex can't log in")
	s.kim.Modal().WaitText("approve it yourself").Close()
	if got := s.ws.Screen(s.kim.ID()); got.Opened != 1 || len(got.Modals) > 0 {
		t.Errorf("%d forms were opened, and %d are open still", got.Opened, len(got.Modals))
	}
}
