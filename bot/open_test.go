package bot_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// withApp has the flow's grants open an app.
func withApp(change func(*approval.App)) setting {
	return func(s *stage, _ *bot.Config) {
		s.flow.App = &approval.App{Name: "portal", URL: "https://portal.example.com/understudy/open"}
		change(s.flow.App)
	}
}

// codeOf is the code of the link in the modal that the person has open.
func codeOf(t *testing.T, p *slacksim.Person, button string) string {
	t.Helper()
	link, err := url.Parse(p.Modal().WaitText("works once").Link(button))
	if err != nil || !strings.HasPrefix(link.String(), "https://portal.example.com/understudy/open?") {
		t.Fatalf("the link is %s, %v", link, err)
	}
	return link.Query().Get("code")
}

// redeem is the app's part.
func (s *stage) redeem(code, email string) (store.Result, error) {
	return s.ledger.Redeem(s.t.Context(), store.Redemption{Hash: store.HashToken(code), App: "portal", Email: email, Session: "s" + code}, s.now())
}

func TestOpenAsTheCustomer(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp(func(*approval.App) {}))
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	s.mia.Inbox().Wait("look, and change nothing, in portal").Click("Approve")
	card := s.kim.Inbox().Wait("counted from when it's first opened")
	s.jump(10 * time.Minute)
	card.Click("Open as Acme")
	code := codeOf(t, s.kim, "Open portal as Acme")
	s.kim.Modal().Click("Open portal as Acme") // Slack tells of the click, and wants an ack
	result, err := s.redeem(code, "kim@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if lasts := result.Case.Grant.Until.Sub(s.now()); lasts < 14*time.Minute || lasts > 15*time.Minute {
		t.Errorf("the grant lasts %s", lasts)
	}
	s.kim.Inbox().Wait("First opened")
	s.kim.Modal().Close()
	card.Click("Open as Acme") // another window
	if second := codeOf(t, s.kim, "Open portal as Acme"); second == code {
		t.Error("the second link is the first one")
	}
	s.kim.Modal().Close()
	old := s.kim.Inbox().Wait("Open as Acme").Freeze() // an old window still shows it
	s.mia.Inbox().Wait("Approved by you").Click("Revoke")
	s.mia.Modal().Submit()
	s.kim.Inbox().Wait("revoked")
	old.Click("Open as Acme")
	s.kim.WaitNotice("Your click changed nothing")
}

func TestALinkIsForTheRequesterAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp(func(*approval.App) {}))
	ask(s.kim, "Hooli")
	s.kim.Modal().Close()
	card := s.kim.Inbox().Wait("counted from when it's first opened")
	card.ClickAs(s.lee, "Open as Hooli")
	s.lee.WaitNotice("@Kim Berg")
	card.Click("Open as Hooli")
	code := codeOf(t, s.kim, "Open portal as Hooli")
	if _, err := s.redeem(code, "lee@example.com"); !errors.Is(err, store.ErrLinkMisuse) {
		t.Errorf("by Lee: %v", err)
	}
	s.kim.Inbox().Wait("Somebody else had the link")
	s.kim.Modal().Close()
	card.Click("History")
	s.kim.Modal().WaitText("signed in there as lee@example.com")
}

// TestALinkWhoseClickCameTwiceWorks with the customer's name typed, and without.
func TestALinkWhoseClickCameTwiceWorks(t *testing.T) {
	t.Parallel()
	for name, confirm := range map[string]bool{"clicked": false, "typed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, calm, withApp(func(a *approval.App) { a.Confirm = confirm }))
			ask(s.kim, "Hooli")
			s.kim.Modal().Close()
			card := s.kim.Inbox().Wait("counted from when it's first opened")
			if confirm {
				card.Click("Open as Hooli")
				form := s.kim.Modal().WaitText("Type whose name it is").Fill("Customer", "Hooli")
				s.ws.DeliverTwice(1)
				form.Submit()
			} else {
				s.ws.DeliverTwice(1)
				card.Click("Open as Hooli")
			}
			code := codeOf(t, s.kim, "Open portal as Hooli")
			if _, err := s.redeem(code, "kim@example.com"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAWindowWhoseAnswerIsLost is sent again, to the bot that answered and to
// another one.
func TestAWindowWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		w.flow.App = &approval.App{Name: "portal", URL: "https://portal.example.com/understudy/open", Confirm: true}
		l := w.live(w.engine, w.ws)
		w.until("the bot connects", func() bool { return w.ws.Connections() == 2 })
		ask(w.kim, "Hooli")
		w.kim.Modal().Close()
		lost := func() *slacksim.Modal {
			w.kim.Inbox().Wait("Open as Hooli").Click("Open as Hooli")
			form := w.kim.Modal().WaitText("Type whose name it is").Fill("Customer", "Hooli")
			w.ws.ForgetAcks(1)
			form.Submit()
			w.kim.WaitNotice("trouble connecting")
			return form
		}
		lost().Submit()
		code := codeOf(t, w.kim, "Open portal as Hooli")
		if _, err := w.ledger().Redeem(t.Context(), store.Redemption{Hash: store.HashToken(code), App: "portal", Email: "kim@example.com", Session: "s1"}, time.Now()); err != nil {
			t.Error(err)
		}
		w.kim.Modal().Close()

		form := lost()
		if err := l.finish(); err != nil {
			t.Fatal(err)
		}
		w.stage()
		form.Submit()
		if errs := form.Errors(); !strings.Contains(errs["Customer"], "A link was made for this window already") {
			t.Errorf("errors: %v", errs)
		}
	})
}

func TestTheCustomersNameIsTyped(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp(func(a *approval.App) { a.Confirm = true }))
	ask(s.kim, "Hooli")
	s.kim.Modal().Close()
	s.kim.Inbox().Wait("counted from when it's first opened").Click("Open as Hooli")
	m := s.kim.Modal().WaitText("Type whose name it is")
	m.Fill("Customer", "Acme").Submit()
	if errs := m.Errors(); !strings.Contains(errs["Customer"], "isn't this customer's name") {
		t.Errorf("errors: %v", errs)
	}
	m.Fill("Customer", " hooli ").Submit()
	if _, err := s.redeem(codeOf(t, s.kim, "Open portal as Hooli"), "kim@example.com"); err != nil {
		t.Error(err)
	}
}

// TestALinkIsMadeForWhoSignsInAnew says in Slack what the app will want.
func TestALinkIsMadeForWhoSignsInAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp(func(a *approval.App) { a.FreshSignIn = 5 * time.Minute }))
	ask(s.kim, "Hooli")
	s.kim.Modal().Close()
	s.kim.Inbox().Wait("counted from when it's first opened").Click("Open as Hooli")
	s.kim.Modal().WaitText("Unless you signed in there within the last 5 minutes")
	r := store.Redemption{Hash: store.HashToken(codeOf(t, s.kim, "Open portal as Hooli")), App: "portal", Email: "kim@example.com", Session: "s1"}
	if _, err := s.ledger.Redeem(t.Context(), r, s.now()); err == nil {
		t.Error("it opens for who signed in nobody knows when")
	}
	r.SignedIn = approval.SignedIn{At: s.now(), How: []string{"hwk", "mfa"}}
	if _, err := s.ledger.Redeem(t.Context(), r, s.now()); err != nil {
		t.Error(err)
	}
	s.kim.Modal().Close()
	s.kim.Inbox().Wait("First opened").Click("History")
	s.kim.Modal().WaitText("by hwk, mfa")
}

// TestWhoLeavesLosesTheGrant as Slack tells of it.
func TestWhoLeavesLosesTheGrant(t *testing.T) {
	t.Parallel()
	s := newStage(t, inSupport, withApp(func(*approval.App) {}))
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	s.mia.Inbox().Wait("Your decision is needed").Click("Approve")
	s.mia.Inbox().Wait("Approved by you")
	s.ws.Deactivate(s.kim)
	s.mia.Inbox().Wait("The bot revoked the access")
	all, err := s.ledger.Cases(t.Context(), "", 10)
	if err != nil || len(all) != 1 || all[0].Grant.End != approval.Revoked || all[0].Closed.Why != "their Slack account is deactivated" {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestWhoLeftWhileNobodyListenedLosesTheGrant when the bot looks the next time.
func TestWhoLeftWhileNobodyListenedLosesTheGrant(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(s *stage, c *bot.Config) {
		kim := approval.Person{ID: s.kim.ID(), Name: "Kim Berg"}
		for _, command := range []approval.Command{
			approval.Submit{ID: "c1", Flow: s.flow.Pin(), Requester: kim, Account: approval.Account{ID: "acct_19"}, Duration: time.Hour},
			approval.Rule{Ruling: approval.Ruling{Outcome: flows.Outcome{Result: flows.Approved, Why: "free tier account"}}},
		} {
			if _, err := c.Ledger.Do(context.Background(), store.Change{Case: "c1", Command: command}, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		s.ws.Deactivate(s.kim)
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c, err := s.ledger.Case(t.Context(), "c1")
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%+v, %v", c.Grant, err)
		}
		if c.Status == approval.Ended {
			return
		}
	}
}

func TestAskingInAnApp(t *testing.T) {
	t.Parallel()
	s := newStage(t, withApp(func(*approval.App) {}))
	asking := api.Asking{App: "portal", Flow: "impersonation", Account: "acct_42", Reason: "invoice 1042", StaffEmail: "KIM@example.com"}
	c, err := s.bot.Ask(t.Context(), asking)
	if err != nil || c.Requester.Name != "Kim Berg" || c.Account.Name != "Acme" || c.Duration != 15*time.Minute {
		t.Fatalf("%+v, %v", c, err)
	}
	again, err := s.bot.Ask(t.Context(), asking)
	if err != nil || again.ID != c.ID {
		t.Errorf("again: %s, %v", again.ID, err)
	}
	s.mia.Inbox().Wait("Your decision is needed").Click("Approve")
	s.kim.Inbox().Wait("Approved by @Mia Falk")
	for field, change := range map[string]func(*api.Asking){
		"flow": func(a *api.Asking) { a.Flow = "vip" }, "account": func(a *api.Asking) { a.Account = "acct_0" },
		"reason": func(a *api.Asking) { a.Reason = " " }, "duration": func(a *api.Asking) { a.Duration = "7m" },
		"staff_email": func(a *api.Asking) { a.StaffEmail = "nobody@example.com" },
	} {
		wrong := asking
		change(&wrong)
		_, err := s.bot.Ask(t.Context(), wrong)
		if refused, ok := errors.AsType[*api.Refusal](err); !ok || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for name, change := range map[string]func(*api.Asking){
		"who is named by a user id of Slack": func(a *api.Asking) { a.StaffEmail, a.Account = s.kim.ID(), "acct_43" },
		"who is named by letters like Kim's": func(a *api.Asking) { a.StaffEmail, a.Account = "\u212aim@example.com", "acct_43" },
		"a guest":                            func(a *api.Asking) { a.StaffEmail = "sam@partner.example" }, "another app": func(a *api.Asking) { a.App = "wiki" },
	} {
		wrong := asking
		change(&wrong)
		if _, err := s.bot.Ask(t.Context(), wrong); err == nil {
			t.Errorf("%s may ask", name)
		}
	}
}
