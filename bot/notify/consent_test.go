package notify_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

var (
	kim      = approval.Person{ID: "UKIM", Name: "Kim Berg", Email: "kim@example.com"}
	mia      = approval.Person{ID: "UMIA", Name: "Mia Falk", Email: "mia@example.com"}
	acme     = approval.Account{ID: "acct_42", Name: "Acme"}
	customer = acme.Customer()
)

// consults has Mia and the customer asked about the case c1, of which the portal
// is told as c1_2.
func (s *scene) consults() {
	s.t.Helper()
	route := flows.OnCall("PMGRS01").WithConsent()
	s.do("c1", approval.Submit{
		ID: "c1", Requester: kim, Account: acme, Reason: "Invoice 1042 shows twice.", Duration: 15 * time.Minute,
		Flow: approval.FlowVersion{Name: "impersonation", Policy: approval.Policy{Timeout: time.Hour}, App: &approval.App{Name: "portal", Webhook: "https://portal.example.com/hook"}},
	})
	s.do("c1", approval.Rule{
		Ruling: approval.Ruling{Account: acme, Outcome: flows.Outcome{Result: flows.Asked, Route: &route}},
		Found: approval.Found{Route: route, Approvers: []approval.Approver{
			{Person: mia, Leg: route.Legs[0], Asked: true}, {Person: customer, Leg: flows.Leg{Kind: flows.ConsentLeg}, Asked: true},
		}},
	})
}

func (s *scene) status() approval.Status {
	s.t.Helper()
	c, err := s.ledger.Case(s.t.Context(), "c1")
	if err != nil {
		s.t.Fatal(err)
	}
	return c.Status
}

// goesOn is what a bot does with a case whose customer wasn't asked.
func (s *scene) goesOn(ctx context.Context, caseID, why string) error {
	_, err := s.ledger.Do(ctx, store.Change{Case: caseID, Command: approval.Miss{ID: approval.CustomerID, Why: why}}, s.now())
	if _, rejected := errors.AsType[*approval.Rejection](err); rejected {
		return nil
	}
	return err
}

func TestTheAppHearsWhatToAskAndWhatCameOfIt(t *testing.T) {
	yes := func(p approval.Person) approval.Command { return approval.Approve{By: p} }
	asCustomer, asMia := &notify.Person{Name: "Acme (the customer)"}, &notify.Person{Email: mia.Email, Name: mia.Name}
	for name, tt := range map[string]struct {
		ahead time.Duration
		then  []approval.Command
		want  notify.Consent
	}{
		"refused":          {0, []approval.Command{approval.Deny{By: customer}}, notify.Consent{Status: approval.Denied, By: asCustomer}},
		"denied by Mia":    {0, []approval.Command{yes(customer), approval.Deny{By: mia}}, notify.Consent{Status: approval.Denied, By: asMia}},
		"agreed last":      {0, []approval.Command{yes(mia), yes(customer)}, notify.Consent{Status: approval.Active, By: asCustomer}},
		"agreed first":     {0, []approval.Command{yes(customer), yes(mia)}, notify.Consent{Status: approval.Active, By: asMia}},
		"cancelled":        {0, []approval.Command{yes(mia), approval.Cancel{By: kim}}, notify.Consent{Status: approval.Cancelled, By: &notify.Person{Email: kim.Email, Name: kim.Name}}},
		"nobody answered":  {time.Hour, []approval.Command{approval.TimeOut{}}, notify.Consent{Status: approval.TimedOut}},
		"no more managers": {0, []approval.Command{approval.Miss{ID: mia.ID, Why: "gone"}}, notify.Consent{Status: approval.Refused}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, func(*http.Request) (*http.Response, error) { return answers(204, nil) })
			s.consults()
			s.runs(time.Second)
			asked := notify.Consent{URL: "https://bot.example.com/consent/c1", Until: s.sent[0].body.Timestamp.Add(time.Hour), Duration: "15m0s"}
			same(t, name+": asked", asked, *s.sent[0].body.Data.Consent)
			s.ahead += tt.ahead
			for _, command := range tt.then {
				s.do("c1", command)
			}
			s.runs(time.Second)
			if len(s.sent) != 2 || s.sent[1].body.Type != approval.ConsentOver {
				t.Fatalf("%s: %d notices are sent: %v", name, len(s.sent), s.ids())
			}
			same(t, name, tt.want, *s.sent[1].body.Data.Consent)
			same(t, "left", 0, len(s.left()))
		})
	}
}

// TestAnAppHasFiveMinutesToAskItsCustomer because somebody waits.
func TestAnAppHasFiveMinutesToAskItsCustomer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(*http.Request) (*http.Response, error) {
			return answers(503, http.Header{"Retry-After": {"3600"}})
		})
		s.consults()
		began := time.Now()
		s.runs(5*time.Minute - time.Second)
		same(t, "before", approval.Pending, s.status())
		s.runs(2 * time.Second)
		same(t, "after", approval.Refused, s.status())
		if last := s.sent[len(s.sent)-1]; last.at.Sub(began) != 5*time.Minute {
			t.Errorf("the last try came after %s", last.at.Sub(began))
		}
		if left := s.left(); len(left) != 1 || left[0].Failed.IsZero() || left[0].Why != "the app answered 503 Service Unavailable" {
			t.Errorf("left: %+v", left)
		}
	})
}

// TestACaseGoesOnWhoseCustomerIsntAsked wherever a crash falls.
func TestACaseGoesOnWhoseCustomerIsntAsked(t *testing.T) {
	for name, tt := range map[string]struct {
		cut        func(s *scene, goOn func() error) error
		sent, left int
	}{
		"no crash":          {func(_ *scene, goOn func() error) error { return goOn() }, 1, 1},
		"before it goes on": {func(*scene, func() error) error { return store.ErrFull }, 2, 1},
		"it isn't known":    {func(_ *scene, goOn func() error) error { return errors.Join(goOn(), store.ErrUnknown) }, 1, 0},
		"before it is kept": {func(s *scene, goOn func() error) error {
			defer s.engine.OnUpdate(func(int) storetest.Fault { return storetest.Before })
			return goOn()
		}, 1, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, func(*http.Request) (*http.Response, error) { return answers(http.StatusGone, nil) })
			s.consults()
			s.unasked = func(ctx context.Context, caseID, why string) error {
				return tt.cut(s, func() error { return s.goesOn(ctx, caseID, why) })
			}
			s.runs(time.Second)
			s.engine.OnUpdate(nil)
			s.unasked = s.goesOn
			s.runs(31 * time.Second) // the lease ends
			if s.status() != approval.Refused || len(s.sent) != tt.sent || len(s.left()) != tt.left {
				t.Errorf("%s: %s, sent %d times, left %+v", name, s.status(), len(s.sent), s.left())
			}
		})
	}
}

// TestAnAppRemindsItsCustomer with the same link; one that doesn't leaves the
// question as it was, and none is reminded who has answered.
func TestAnAppRemindsItsCustomer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status := 204
		s := newScene(t, func(*http.Request) (*http.Response, error) { return answers(status, nil) })
		s.consults()
		s.runs(time.Second)
		s.ahead += approval.NudgePause
		s.do("c1", approval.Nudge{By: kim})
		s.runs(time.Second)
		if len(s.sent) != 2 || s.sent[1].body.Type != approval.ConsentReminded {
			t.Fatalf("%d notices are sent: %v", len(s.sent), s.ids())
		}
		same(t, "the link", *s.sent[0].body.Data.Consent, *s.sent[1].body.Data.Consent)

		status = http.StatusGone
		s.ahead += approval.NudgePause
		s.do("c1", approval.Nudge{By: kim})
		s.runs(time.Second)
		same(t, "the case", approval.Pending, s.status())
		same(t, "given up", 1, len(s.left()))

		status = http.StatusInternalServerError
		s.ahead += approval.NudgePause
		s.do("c1", approval.Nudge{By: kim})
		s.runs(time.Second)
		tries := len(s.sent)
		s.do("c1", approval.Approve{By: customer})
		s.runs(time.Minute)
		same(t, "tries", tries, len(s.sent)) // also not what is left of the one that failed
	})
}

// TestAQuestionThatIsAnsweredIsntAsked again, nor is it one that failed.
func TestAQuestionThatIsAnsweredIsntAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		s.answer = func(*http.Request) (*http.Response, error) { return answers(500, nil) }
		s.consults()
		s.runs(time.Second)
		s.do("c1", approval.Approve{By: customer})
		s.nowhere = true
		s.runs(time.Minute)
		same(t, "sent", []string{"c1_2"}, s.ids())
		same(t, "results", []notify.Result{notify.Retried}, s.attempts)
		same(t, "left", 0, len(s.left()))
		same(t, "the case", approval.Pending, s.status())
	})
}

// TestACustomerWhoHasNowhereToAnswerIsntAsked of a bot that was started without that.
func TestACustomerWhoHasNowhereToAnswerIsntAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		s.nowhere = true
		s.consults()
		s.runs(6 * time.Minute)
		if left := s.left(); s.status() != approval.Refused || len(s.sent) > 0 || len(left) != 1 || left[0].Why != "UNDERSTUDY_CONSENT_URL isn't set, so that there is no page where the customer could answer" {
			t.Errorf("%s, sent %d times, left %+v", s.status(), len(s.sent), left)
		}
	})
}
