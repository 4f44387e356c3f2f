package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// withBreakGlass has a second flow, which lets everybody in, for minutes.
func withBreakGlass(change func(*store.Flow)) setting {
	return func(s *stage, c *bot.Config) {
		rule := flows.Flow{Name: "break-glass", OnRequest: func(flows.Request) flows.Verdict { return flows.Approve("in an emergency") }}
		c.Rules = map[string]flows.Flow{"impersonation": flows.Impersonation, rule.Name: rule}
		second := store.Flow{
			Name: "break-glass", Fingerprint: rule.Fingerprint(), Durations: []time.Duration{5 * time.Minute, 10 * time.Minute},
			Default: 10 * time.Minute, Policy: approval.Policy{Timeout: time.Hour},
		}
		change(&second)
		s.provision(second)
	}
}

func (s *stage) provision(f store.Flow) {
	s.t.Helper()
	if _, err := s.ledger.Provision(s.t.Context(), f, store.AnyVersion, time.Now()); err != nil {
		s.t.Fatal(err)
	}
}

func TestOneChoosesAmongFlows(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm, withBreakGlass(func(*store.Flow) {}))
	modal := form(s.kim).Pick("Account", "Acme").WaitText("You're in at once: in an emergency.")
	if got := modal.Selected("For how long"); got != "10 minutes" {
		t.Errorf("preselected: %q", got)
	}
	modal.Pick("What you need", "Impersonation").WaitText("Goes to @Mia Falk and @Ola Nordmann")
	if got := modal.Options("For how long", ""); !slices.Equal(got, []string{"15 minutes", "1 hour"}) {
		t.Errorf("the other flow offers %q", got)
	}
	modal.Fill("Reason", "the invoice page fails").Pick("For how long", "1 hour").Submit()
	s.mia.Inbox().Wait("Acme").WaitText("1 hour")
	cases, err := s.ledger.Cases(t.Context(), "", 10)
	if err != nil || len(cases) != 1 || cases[0].Flow.Name != "impersonation" {
		t.Errorf("cases: %v, %v", cases, err)
	}
}

func TestAFlowHasACommandOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm, withBreakGlass(func(f *store.Flow) { f.Command = "/breakglass" }))
	s.kim.Types("/breakglass Acme because of an outage for 5m")
	modal := s.kim.Modal().WaitText("You're in at once: in an emergency.")
	if strings.Contains(modal.Text(), "What you need") {
		t.Errorf("there is nothing to choose:\n%s", modal.Text())
	}
	modal.Submit()
	s.kim.Inbox().Wait("in an emergency")
	modal.Close()
	s.kim.Types("/impersonate Acme")
	s.kim.Modal().WaitText("You already have this one")
}

func TestACommandWithoutAFlow(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	s.kim.Types("/refund acme")
	s.kim.WaitNotice("no flow is provisioned behind it")
}

func TestOnlyAGroupMayAsk(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm, func(s *stage, _ *bot.Config) {
		s.ws.AddGroup("support", s.lee)
		s.flow.Requesters = []string{"nobody-has-this", "support"}
	})
	form(s.kim).Pick("Account", "Hooli").WaitText("would be refused: only members of @nobody-has-this, @support may ask by the flow impersonation").
		Fill("Reason", "the invoice page fails").Submit()
	s.kim.Inbox().Wait("only members of")
	form(s.lee).Pick("Account", "Hooli").WaitText("You're in at once").Fill("Reason", "the invoice page fails").Submit()
	s.lee.Inbox().Wait("free tier account")
}

func TestAFlowThatWasDeletedWhileItsFormWasOpen(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	modal := form(s.kim).Pick("Account", "Hooli").Fill("Reason", "the invoice page fails")
	if err := s.ledger.DeleteFlow(t.Context(), "impersonation", store.AnyVersion, "ops", false, time.Now()); err != nil {
		t.Fatal(err)
	}
	modal.Submit()
	if problem := modal.Errors()["Account"]; !strings.Contains(problem, "isn't offered any more") {
		t.Errorf("the form says %q", problem)
	}
}

func TestAFlowsLongestAccessIsNotExtended(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm, withPolicy(approval.Policy{Timeout: time.Hour, Warn: 5 * time.Minute, Longest: 20 * time.Minute}))
	form(s.kim).Pick("Account", "Hooli").Fill("Reason", "the invoice page fails").Pick("For how long", "15 minutes").Submit()
	s.kim.Inbox().Wait("free tier account")
	s.jump(11 * time.Minute)
	warning := s.kim.Inbox().Wait("Ends soon").WaitText("To go on after it, it takes another request.")
	if buttons := warning.Buttons(); slices.Contains(buttons, "Extend") {
		t.Errorf("it offers %q", buttons)
	}
}

// TestTheFormSaysWhyNothingIsFilledIn: a command that names an account, while
// Slack doesn't say who types it.
func TestTheFormSaysWhyNothingIsFilledIn(t *testing.T) {
	t.Parallel()
	s := newStage(t, calm)
	s.ws.Fail("users.info", 1000, slacksim.Status(500))
	s.kim.Types("/impersonate acct_42")
	s.kim.Modal().WaitText("Slack isn't saying who you are just now, so no account is filled in.")
	s.ws.Heal()
}
