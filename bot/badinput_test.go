package bot_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store/storetest"
)

// The tests of this file are the rows of the table "When things fail".

func TestErrorsAtTheFieldsOfTheForm(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm) // else a form may open without the account that it was asked for
	s.kim.Types("/impersonate acct_42")
	form := s.kim.Modal()
	for _, test := range []struct {
		name, field, want string
		spoil             func()
	}{
		{"blank reason", "Reason", "", func() {
			form.Forge("Reason", map[string]any{"type": "plain_text_input", "value": " \n \t  x "})
		}},
		{"long reason", "Reason", "", func() { form.Forge("Reason", text(strings.Repeat("x", 501))) }},
		{"unknown account", "Account", "", func() { form.Fill("Reason", "the invoice").Forge("Account", option("acct_none")) }},
		{"duration that isn't offered", "For how long", "", func() {
			form.Pick("Account", "Acme").Forge("For how long", option("8760h0m0s"))
		}},
	} {
		test.spoil()
		form.Submit()
		if problems := form.Errors(); len(problems) != 1 || problems[test.field] == "" {
			t.Errorf("%s: the form says %q, want one error at %s", test.name, problems, test.field)
		}
	}
	if cases, err := s.ledger.Cases(t.Context(), "", 10); len(cases) != 0 || err != nil {
		t.Errorf("%d cases were stored, %v", len(cases), err)
	}
}

func text(value string) map[string]any {
	return map[string]any{"type": "plain_text_input", "value": value}
}

func option(value string) map[string]any {
	return map[string]any{"selected_option": map[string]any{"text": map[string]any{"type": "plain_text", "text": value}, "value": value}}
}

// directory is an account service that may be down.
func directory(t *testing.T) (down *atomic.Bool, set setting) {
	down = new(atomic.Bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		acme := `{"id":"acct_42","name":"Acme","plan":"enterprise","is_assigned":false}`
		switch {
		case down.Load():
			http.Error(w, "down", http.StatusServiceUnavailable)
		case r.URL.Path == "/facts":
			_, _ = w.Write([]byte(`{"account":` + acme + `}`))
		default:
			_, _ = w.Write([]byte(`{"accounts":[` + acme + `]}`))
		}
	}))
	t.Cleanup(server.Close)
	remote, err := accounts.OpenURL(server.URL, "", false)
	if err != nil {
		t.Fatal(err)
	}
	return down, func(_ *stage, c *bot.Config) { c.Accounts, c.Patience = remote, 4*time.Second }
}

func TestADirectoryThatComesBack(t *testing.T) {
	t.Parallel()
	down, set := directory(t)
	s := newStage(t, set, patience(time.Minute))
	s.kim.Types("/impersonate")
	form := s.kim.Modal().Pick("Account", "Acme").Fill("Reason", "the invoice page fails")
	down.Store(true)
	form.Submit()
	s.kim.Inbox().Wait("the account directory")
	down.Store(false)
	s.kim.Inbox().Wait("Waiting for")
	s.mia.Inbox().Wait("Acme")
}

func patience(d time.Duration) setting { return func(_ *stage, c *bot.Config) { c.Patience = d } }

func TestADirectoryThatStaysAway(t *testing.T) {
	t.Parallel()
	down, set := directory(t)
	s := newStage(t, set)
	s.kim.Types("/impersonate")
	form := s.kim.Modal().Pick("Account", "Acme").Fill("Reason", "the invoice page fails")
	down.Store(true)
	form.Submit()
	s.kim.Inbox().Wait("efused").WaitText("the account directory hasn't answered")
	if n := s.mia.Inbox().Len(); n != 0 {
		t.Errorf("a manager got %d messages", n)
	}
}

func TestAnAccountWithoutPlanIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Initech")
	s.kim.Inbox().Wait("customer_plan").WaitText("efused")
	s.kim.Modal().WaitText("customer_plan")
}

func TestPagerDutyIsDown(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.pager.Down(true)
	ask(s.kim, "Acme")
	s.kim.Inbox().Wait("efused").WaitText("isn't answering")
}

func TestPagerDutyIsDownAndTheRouteHasAnElse(t *testing.T) {
	t.Parallel()
	s := newStage(t, withRules(flows.Flow{
		Params:    flows.Params{"manager_schedule": flows.Schedule},
		Approvers: func(r flows.Request) flows.Route { return flows.OnCall("PMGRS01").OrElse(flows.Group("support-leads")) },
	}))
	s.ws.AddGroup("support-leads", s.lee)
	s.pager.Down(true)
	ask(s.kim, "Acme")
	s.lee.Inbox().Wait("Acme").Click("Approve")
	s.kim.Inbox().Wait("Lee Chan")
}

func TestNobodyIsOnCall(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.pager.SetOnCall("PMGRS01")
	ask(s.kim, "Acme")
	s.kim.Inbox().Wait("nobody is on call in Support managers")
}

func TestOnlyTheRequesterIsOnCall(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.pager.SetOnCall("PMGRS01", s.miaPager)
	ask(s.mia, "Acme")
	s.mia.Inbox().Wait("only the requester")
}

func TestAManagerWithoutSlackIsNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	zoe := s.pager.AddUser("Zoe Zander", "zoe@elsewhere.example")
	s.pager.SetOnCall("PMGRS01", s.miaPager, zoe)
	ask(s.kim, "Acme")
	s.mia.Inbox().Wait("Acme").WaitText("Zoe Zander")
}

func TestAManagerWhoLeftMeanwhile(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.ws.Deactivate(s.ola)
	ask(s.kim, "Acme")
	s.mia.Inbox().Wait("Acme").WaitText("Ola Nordmann")
}

func TestAClickThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	s.ola.Inbox().Wait("Acme")
	s.faults.OnUpdate(func(int) storetest.Fault { return storetest.Before })
	card.Click("Approve")
	s.mia.WaitNotice("nothing was changed")
	s.faults.OnUpdate(nil)
	card.Click("Approve")
	card.WaitGone("Approve")
	s.kim.Inbox().Wait("Mia Falk")
}

func TestASubmissionThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.kim.Types("/impersonate")
	form := s.kim.Modal().Pick("Account", "Acme").Fill("Reason", "the invoice page fails")
	s.faults.OnUpdate(func(int) storetest.Fault { return storetest.Before })
	form.Submit()
	if problems := form.Errors(); len(problems) != 1 {
		t.Errorf("the form says %q, want that it couldn't be saved", problems)
	}
	s.faults.OnUpdate(nil)
	form.Submit()
	s.mia.Inbox().Wait("Acme")
}

func TestAGuestMayNotAsk(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.sam.Types("/impersonate hooli")
	s.sam.WaitNotice("guests")
}

func TestAClickBySomebodyElse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	card.ClickAs(s.lee, "Approve")
	s.lee.WaitNotice("Mia Falk")
	if got := card.Buttons(); len(got) != 4 {
		t.Errorf("the card has the buttons %q after a click that doesn't count", got)
	}
}

func TestASecondRequestShowsTheFirst(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	s.mia.Inbox().Wait("Acme")
	s.kim.Modal().Close()
	ask(s.kim, "Acme")
	s.kim.Modal().WaitText("Waiting for")
	if n := s.mia.Inbox().Len(); n != 1 {
		t.Errorf("the manager got %d messages", n)
	}
}

func TestRulesThatReadAGroupThatDoesNotExist(t *testing.T) {
	t.Parallel()
	s := newStage(t, withRules(flows.Flow{
		OnRequest: func(r flows.Request) flows.Verdict {
			if r.InGroup("nobodys") {
				return flows.Deny("not for them")
			}
			return flows.Approve("everybody else")
		},
	}))
	ask(s.kim, "Acme")
	s.kim.Inbox().Wait("efused").WaitText("in group nobodys, which doesn't exist")
}

func TestRulesThatReadASomebodyWhomSlackDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := newStage(t, withRules(flows.Flow{
		OnRequest: func(r flows.Request) flows.Verdict {
			if r.IsOnCall("PMGRS01") {
				return flows.Deny("not for them")
			}
			return flows.Approve("everybody else")
		},
	}))
	s.pager.SetOnCall("PMGRS01", s.pager.AddUser("Kim B.", "kim@elsewhere.example"))
	ask(s.kim, "Acme")
	s.kim.Inbox().Wait("efused").WaitText("can't be known, because of Kim B.")
}

func TestAClickThatIsPerhapsSaved(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	s.ola.Inbox().Wait("Acme")
	s.faults.OnUpdate(func(int) storetest.Fault { return storetest.After })
	card.Click("Approve")
	s.mia.WaitNotice("isn't known whether")
	s.faults.OnUpdate(nil)
	card.WaitGone("Approve").WaitText("Approved by you")
}

func TestPatienceBeginsWithTheFirstTry(t *testing.T) {
	t.Parallel()
	down, set := directory(t)
	s := newStage(t, set, patience(time.Minute))
	s.kim.Types("/impersonate")
	form := s.kim.Modal().Pick("Account", "Acme").Fill("Reason", "the invoice page fails")
	down.Store(true)
	form.Submit()
	s.kim.Inbox().Wait("the account directory")
	cases, err := s.ledger.Cases(t.Context(), "", 1)
	if err != nil || len(cases) != 1 || cases[0].DelayedAt.IsZero() {
		t.Errorf("%v, %v", cases, err)
	}
}

func TestAButtonOfAnotherVersionIsAnswered(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	client := slack.New(s.ws.BotToken(), slack.OptionAPIURL(s.ws.APIURL()))
	label := slack.NewTextBlockObject(slack.PlainTextType, "Vote", false, false)
	old := slack.NewActionBlock("decide:case-1", slack.NewButtonBlockElement("vote", "case-1", label))
	err := errors.New("not tried")
	for range 10 { // the workspace limits rates now and then
		if _, _, err = client.PostMessage(s.mia.ID(), slack.MsgOptionText("an old card", false), slack.MsgOptionBlocks(old)); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	s.mia.Inbox().Last().Click("Vote")
	s.mia.WaitNotice("doesn't know this button any more")
}
