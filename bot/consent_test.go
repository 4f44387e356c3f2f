package bot_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/flows"
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
