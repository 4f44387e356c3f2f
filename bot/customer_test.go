package bot_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/consent"
	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// customer is who an app hands its links to. They read the bot's page, and answer
// by what is written on its buttons.
type customer struct {
	t   *testing.T
	app *receiver
}

// withCustomer has an app that asks its customer, by the page of the bot.
func withCustomer(t *testing.T, r flows.Route) (*customer, setting) {
	c := &customer{t: t, app: receive(t)}
	close(c.app.down)
	return c, func(s *stage, config *bot.Config) {
		keys, err := grant.OpenKeyring(filepath.Join(t.TempDir(), "keys"), s.now())
		if err != nil {
			t.Fatal(err)
		}
		page := &consent.Page{
			Ledger: func() *store.Ledger { return s.ledger }, IsSeal: keys.IsConsent, Now: s.now, Log: zerolog.Nop(),
			Barred:    func(ctx context.Context, c approval.Case) (bool, error) { return s.bot.Barred(ctx, c) },
			Committed: func(result store.Result) { s.bot.Told(result) },
		}
		server := httptest.NewServer(page.Handler())
		t.Cleanup(server.Close)
		config.Answer = func(caseID string) string { return keys.ConsentURL(server.URL, caseID) }
		c.app.withHook(func(a *approval.App) { a.Title = "Harbor Billing" })(s, config)
		route(r)(s, config)
	}
}

// asked is the link that the app was told to hand over.
func (c *customer) asked() string {
	c.t.Helper()
	return c.app.next(approval.ConsentAsked).Consent.URL
}

// reads is the page's text.
func (c *customer) reads(link string) (status int, text string) {
	c.t.Helper()
	response, err := http.Get(link)
	if err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, textOf(c.t, response)
}

func textOf(t *testing.T, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err == nil {
		err = response.Body.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	_, main, _ := strings.Cut(string(body), "<main>")
	return main
}

var button = regexp.MustCompile(`<button name="answer" value="(\w+)"[^>]*>([^<]+)</button>`)

// clicks sends the form by the button with this label, and reads what comes of it.
func (c *customer) clicks(link, label string) (text string) {
	c.t.Helper()
	_, page := c.reads(link)
	for _, b := range button.FindAllStringSubmatch(page, -1) {
		if html.UnescapeString(b[2]) == label {
			return c.sends(link, b[1])
		}
	}
	c.t.Fatalf("no button %q on the page:\n%s", label, page)
	return ""
}

func (c *customer) sends(link, answer string) (text string) {
	c.t.Helper()
	response, err := http.PostForm(link, url.Values{"answer": {answer}})
	if err != nil {
		c.t.Fatal(err)
	}
	return textOf(c.t, response)
}

func (c *customer) must(text, part string) {
	c.t.Helper()
	if !strings.Contains(text, part) {
		c.t.Fatalf("the page doesn't say %q:\n%s", part, text)
	}
}

func TestTheCustomerAgreesAndEndsIt(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.Customer())
	s := newStage(t, setting)
	ask(s.kim, "Acme")
	s.kim.Modal().WaitText("Waiting for Acme (the customer). The customer's app hands them a link").Close()
	told := customer.app.next(approval.ConsentAsked)
	if want := (notify.Subject{ID: "acct_42", Name: "Acme"}); told.Subject != want || told.Consent.Duration != "15m0s" || !told.Until.IsZero() {
		t.Errorf("the app is told %+v, %+v", told, told.Consent)
	}
	link := told.Consent.URL
	s.jump(approval.NudgePause)
	s.kim.Inbox().Last().Click("Nudge")
	if again := customer.app.next(approval.ConsentReminded); again.Consent.URL != link {
		t.Errorf("the app is told to remind the customer of %+v", again.Consent)
	}
	s.kim.Inbox().Last().WaitText("sent a reminder to all who haven't decided")
	_, text := customer.reads(link)
	for _, part := range []string{"May Kim Berg sign in as you?", "Kim Berg, who helps customers of Harbor Billing, asks to sign in there as Acme, for 15 minutes", "They could look at everything, and change nothing", "Unless you agree, they aren&#39;t let in", "the invoice page fails"} {
		customer.must(text, part)
	}
	customer.must(customer.clicks(link, "Agree"), "Kim Berg may sign in as Acme for 15 minutes")
	if over := customer.app.next(approval.ConsentOver); over.Consent.Status != approval.Active || over.Consent.By.Name != "Acme (the customer)" {
		t.Errorf("the app is told that it is over: %+v", over.Consent)
	}
	card := s.kim.Inbox().Wait("Approved by Acme (the customer)")
	card.Click("Open as Acme")
	if _, err := s.redeem(codeOf(t, s.kim, "Open Harbor Billing as Acme"), "kim@example.com"); err != nil {
		t.Fatal(err)
	}
	customer.app.next(approval.GrantOpened)
	text = customer.sends(link, "agree") // twice does nothing
	customer.must(text, "Kim Berg is signed in as Acme, until")
	customer.must(text, "They can look at everything, and change nothing.")
	customer.must(customer.clicks(link, "End it now"), "You ended the access")
	s.kim.Inbox().Wait("Acme (the customer) revoked the access")
	if ended := customer.app.next(approval.GrantOver); ended.End.By.Name != "Acme (the customer)" {
		t.Errorf("the app is told that it ended: %+v", ended.End)
	}
}

func TestWithConsentAManagerAloneLetsNobodyIn(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.OnCall("PMGRS01").WithConsent())
	s := newStage(t, setting)
	ask(s.kim, "Acme")
	s.kim.Modal().WaitText("Waiting for @Mia Falk or @Ola Nordmann, and for Acme (the customer)").Close()
	link := customer.asked()
	card := s.mia.Inbox().Wait("One person must approve, and the customer must agree.")
	card.Click("Approve")
	s.mia.Inbox().Wait("You approved this already; it still waits for Acme (the customer)")
	s.kim.Inbox().Wait("Waiting for Acme (the customer). The customer's app hands them a link")
	customer.must(customer.clicks(link, "Refuse"), "You refused")
	s.kim.Inbox().Wait("Acme (the customer) denied this")
	s.mia.Inbox().Wait("Acme (the customer) denied this")
}

func TestFirstTheCustomerThenAManager(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.OnCall("PMGRS01").WithConsent())
	s := newStage(t, setting)
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	customer.must(customer.clicks(customer.asked(), "Agree"), "Kim Berg isn&#39;t let in yet")
	s.mia.Inbox().Wait("So far: Acme (the customer).").Click("Approve")
	s.kim.Inbox().Wait("Approved by Acme (the customer)")
}

// TestWhatTheCustomerReadsAfterwards is true of what the others did since.
func TestWhatTheCustomerReadsAfterwards(t *testing.T) {
	t.Parallel()
	managers := flows.OnCall("PMGRS01")
	for name, tt := range map[string]struct {
		route           flows.Route
		question, after string
		then            func(*stage)
		told            string // to Kim, by when it is so
	}{
		"a manager refuses": {managers.WithConsent(), "Unless you agree, they aren&#39;t let in.", "Somebody else refused, so Kim Berg wasn&#39;t let in.",
			func(s *stage) {
				s.mia.Inbox().Wait("Acme").Click("Deny")
				s.mia.Modal().Submit()
			}, "@Mia Falk denied this"},
		"nobody else answers": {managers.WithConsent(), "Unless you agree", "Nobody else approved it in time, so Kim Berg wasn&#39;t let in.",
			func(s *stage) { s.jump(61 * time.Minute) }, "Timed out"},
		"who agreed is in and out": {flows.Customer().And(managers), "If you don&#39;t answer, somebody else may let them in.", "Kim Berg never signed in as Acme, and can&#39;t any more.",
			func(s *stage) { s.kim.Inbox().Wait("Approved by Acme").Click("End now") }, "Access ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customer, setting := withCustomer(t, tt.route)
			s := newStage(t, setting)
			ask(s.kim, "Acme")
			s.kim.Modal().Close()
			link := customer.asked()
			_, question := customer.reads(link)
			customer.must(question, tt.question)
			customer.must(customer.clicks(link, "Agree"), "You agreed")
			tt.then(s)
			s.kim.Inbox().Wait(tt.told)
			_, after := customer.reads(link)
			customer.must(after, tt.after)
			customer.must(after, "That was on ")
		})
	}
}

// TestWhereNoCustomerCanBeAsked the route goes on, or the request is refused.
func TestWhereNoCustomerCanBeAsked(t *testing.T) {
	t.Parallel()
	const noWebhook = "the flow has no app with a webhook"
	for name, tt := range map[string]struct {
		route flows.Route
		want  string
	}{
		"refused":           {flows.Customer(), noWebhook},
		"refused, consent":  {flows.OnCall("PMGRS01").WithConsent(), noWebhook},
		"goes on":           {flows.Customer().OrElse(flows.OnCall("PMGRS01")), "Waiting for @Mia Falk or @Ola Nordmann"},
		"goes on, without":  {flows.OnCall("PMGRS01").WithConsent().OrElse(flows.Person("mia@example.com")), "Waiting for @Mia Falk."},
		"of others, beside": {flows.Customer().And(flows.Person("mia@example.com")), "Waiting for @Mia Falk."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, withApp(func(*approval.App) {}), route(tt.route))
			ask(s.kim, "Acme")
			s.kim.Modal().WaitText(tt.want)
		})
	}
	t.Run("no page", func(t *testing.T) {
		t.Parallel()
		_, setting := withCustomer(t, flows.Customer())
		s := newStage(t, setting, func(_ *stage, config *bot.Config) { config.Answer = nil })
		ask(s.kim, "Acme")
		s.kim.Modal().WaitText("UNDERSTUDY_CONSENT_URL isn't set")
	})
}

// TestNoCustomerIsAskedBeforeTheOthersAreKnown: while Slack doesn't say who they are,
// nobody is asked, and no OrElse is taken, though that one could be: the customer isn't
// in Slack.
func TestNoCustomerIsAskedBeforeTheOthersAreKnown(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.Person("mia@example.com").WithConsent().OrElse(flows.Customer()))
	s := newStage(t, setting)
	s.ws.FailSome("users.lookupByEmail", 1, slacksim.RateLimited(time.Second))
	ask(s.kim, "Acme")
	s.kim.Modal().WaitText("Slack hasn't answered").Close()
	c := live(t, s)
	if c.Status != approval.Routing || len(c.Approvers) > 0 || len(customer.app.told) > 0 {
		t.Errorf("%s, asked are %v, the app heard %d notices", c.Status, c.Approvers, len(customer.app.told))
	}
	s.ws.Heal()
	s.jump(10 * time.Second) // to the next try
	customer.must(customer.clicks(customer.asked(), "Agree"), "Kim Berg isn&#39;t let in yet")
	s.mia.Inbox().Wait("So far: Acme (the customer).").Click("Approve")
	s.kim.Inbox().Wait("Approved by Acme (the customer)")
}

// live is the only case.
func live(t *testing.T, s *stage) approval.Case {
	t.Helper()
	cases, err := s.ledger.Cases(t.Context(), "", 1)
	if err != nil || len(cases) != 1 {
		t.Fatal(cases, err)
	}
	return cases[0]
}

// TestAnAppThatDoesntAskItsCustomer is like an approver who can't be reached.
func TestAnAppThatDoesntAskItsCustomer(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	t.Cleanup(gone.Close)
	_, setting := withCustomer(t, flows.Customer().OrElse(flows.OnCall("PMGRS01")))
	s := newStage(t, setting, func(s *stage, _ *bot.Config) { s.flow.App.Webhook = gone.URL })
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	s.mia.Inbox().Wait("Couldn't be asked: Acme (the customer) (the app answered 410 Gone)").Click("Approve")
	s.kim.Inbox().Wait("Approved by @Mia Falk")
}

// TestOnlyTheLinkAnswersForTheCustomer and looking at it doesn't.
func TestOnlyTheLinkAnswersForTheCustomer(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.Customer())
	s := newStage(t, setting)
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	link := customer.asked()
	ask(s.lee, "Globex")
	s.lee.Modal().Close()
	other := customer.asked()
	swapped := other[:strings.LastIndexByte(other, '/')] + link[strings.LastIndexByte(link, '/'):]
	for _, bad := range []string{swapped, link[:len(link)-1], link + "A", link[:strings.LastIndexByte(link, '/')] + "/", strings.Replace(link, "/consent/", "/consent/x", 1)} {
		if status, text := customer.reads(bad); status != http.StatusNotFound || strings.Contains(text, "Kim") {
			t.Errorf("%s leads to %d:\n%s", bad, status, text)
		}
		customer.sends(bad, "agree")
	}
	customer.sends(link, "approve")
	for _, who := range []string{link, other} {
		if _, text := customer.reads(who); !strings.Contains(text, "sign in as you?") {
			t.Errorf("it was answered:\n%s", text)
		}
	}
	s.kim.Inbox().Wait("Waiting for approval").Click("Cancel")
	s.kim.Inbox().Wait("Cancelled")
	customer.must(customer.sends(link, "agree"), "The question is over")
}

func TestTheCustomerAgreesToMoreTime(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.Customer())
	s := newStage(t, setting, withPolicy(approval.Policy{Timeout: time.Hour, Warn: 5 * time.Minute}))
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	first := customer.asked()
	customer.clicks(first, "Agree")
	customer.app.next(approval.ConsentOver)
	s.kim.Inbox().Wait("Approved by Acme").Click("Open as Acme")
	if _, err := s.redeem(codeOf(t, s.kim, "Open Harbor Billing as Acme"), "kim@example.com"); err != nil {
		t.Fatal(err)
	}
	customer.app.next(approval.GrantOpened)
	s.kim.Modal().Close()
	s.jump(11 * time.Minute)
	s.kim.Inbox().Wait("⏳ Ends soon").Click("Extend")
	second := customer.asked()
	customer.must(customer.clicks(second, "Agree"), "Kim Berg is signed in as Acme, until") // the page of the first
	customer.must(customer.clicks(second, "End it now"), "You ended the access")
	if _, text := customer.reads(first); !strings.Contains(text, "You ended the access") {
		t.Errorf("the first link says\n%s", text)
	}
}
