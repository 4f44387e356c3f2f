package bot_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// rude is an app that has what it is told, and says that it doesn't want it.
func rude(t *testing.T, told *receiver) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told.ServeHTTP(httptest.NewRecorder(), r)
		w.WriteHeader(http.StatusGone)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestTheCustomersYesIsNoApproval where the rules have others decide: the app told
// the customer, although it said that it hadn't, and the case went on without them.
func TestTheCustomersYesIsNoApproval(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.Person("lee@example.com").WithConsent().OrElse(flows.OnCall("PMGRS01")))
	s := newStage(t, setting, func(s *stage, _ *bot.Config) { s.flow.App.Webhook = rude(t, customer.app) })
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	link := customer.asked()
	card := s.mia.Inbox().Wait("Couldn't be asked: Acme (the customer)")
	customer.must(customer.clicks(link, "Agree"), "Kim Berg isn&#39;t let in yet")
	card.Click("Approve")
	s.kim.Inbox().Wait("and @Mia Falk")
}

// TestTheCustomersLinkGoesWhereItsRequestBegan whatever the flow says since, and
// however often it is sent: who may change flows answers for nobody.
func TestTheCustomersLinkGoesWhereItsRequestBegan(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.Customer())
	s := newStage(t, setting)
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	told := customer.app.next(approval.ConsentAsked)
	thief := receive(t)
	close(thief.down)
	stolen := *s.flow.App
	stolen.Webhook, s.flow.App = thief.address, &stolen
	s.provision(s.flow)
	s.waits("the notice is recorded as taken", func() bool {
		waiting, _, err := s.ledger.Webhooks(t.Context())
		return err == nil && len(waiting) == 0
	})
	customer.app.seen.Clear() // it lost what it had
	if _, err := s.ledger.ReplayWebhook(t.Context(), told.Case+"_2", s.now()); err != nil {
		t.Fatal(err)
	}
	if again := customer.asked(); again != told.Consent.URL {
		t.Errorf("sent again: %s, at first %s", again, told.Consent.URL)
	}
	customer.clicks(told.Consent.URL, "Refuse")
	thief.next(approval.ConsentOver) // which has no link
}

func TestTheCustomerLetsNobodyInWhoHasLeft(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.Customer())
	s := newStage(t, setting)
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	link := customer.asked()
	s.ws.Deactivate(s.kim)
	s.bot.People.Forget(s.kim.ID()) // what Slack said a moment ago
	customer.must(customer.clicks(link, "Agree"), "Kim Berg can&#39;t be let in any more")
	customer.must(customer.clicks(link, "Refuse"), "You refused")
}

// TestMoreTimeIsAgreedToByANewerFlow for a grant that began without an app.
func TestMoreTimeIsAgreedToByANewerFlow(t *testing.T) {
	t.Parallel()
	customer, setting := withCustomer(t, flows.Customer().OrElse(flows.OnCall("PMGRS01")))
	var app *approval.App
	s := newStage(t, setting, withPolicy(approval.Policy{Timeout: time.Hour, Warn: 5 * time.Minute}),
		func(s *stage, _ *bot.Config) { app, s.flow.App = s.flow.App, nil })
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	s.mia.Inbox().Wait("Your decision is needed").Click("Approve")
	s.kim.Inbox().Wait("Approved by @Mia Falk")
	s.flow.App = app
	s.provision(s.flow)
	s.jump(11 * time.Minute)
	s.kim.Inbox().Wait("⏳ Ends soon").Click("Extend")
	link := customer.asked()
	customer.must(customer.clicks(link, "Agree"), "Kim Berg may sign in as Acme until")
	customer.must(customer.clicks(link, "End it now"), "You ended the access")
}
