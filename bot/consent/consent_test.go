package consent_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/consent"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// page is the page of a desk with one case, c1, whose customer is asked.
type page struct {
	*desk
	*consent.Page
}

func newPage(t *testing.T, change func(*approval.Submit)) *page {
	t.Helper()
	d := newDesk(t)
	p := &page{d, d.page}
	submit := approval.Submit{
		ID: "c1", Requester: approval.Person{ID: "U0KIM", Name: "Kim Berg"}, Account: approval.Account{ID: "acct_42", Name: "Acme"},
		Reason: "the invoice page fails", Duration: 15 * time.Minute,
		Flow: approval.FlowVersion{Name: "impersonation", Policy: approval.Policy{Timeout: time.Hour}, App: &approval.App{Name: "portal", Webhook: "https://portal.example.com/hook"}},
	}
	change(&submit)
	route := flows.Customer().And(flows.Person("mia@example.com")).OrElse(flows.Group("leads"))
	p.do(submit, approval.Rule{
		Ruling: approval.Ruling{Account: submit.Account, Outcome: flows.Outcome{Result: flows.Asked, Route: &route}},
		Found:  approval.Found{Route: route, Approvers: []approval.Approver{{Person: submit.Account.Customer(), Leg: flows.Leg{Kind: flows.CustomerLeg}, Asked: true}}},
	})
	return p
}

// reads is what the page says.
func (p *page) reads(answer string) (status int, text string) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, link, nil)
	if answer != "" {
		r = form(http.MethodPost, "answer="+answer)
	}
	p.Handler().ServeHTTP(w, r)
	_, text, _ = strings.Cut(w.Body.String(), "<main>")
	return w.Code, text
}

func (p *page) must(answer string, status int, parts ...string) {
	p.t.Helper()
	got, text := p.reads(answer)
	if got != status {
		p.t.Errorf("%d, want %d", got, status)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			p.t.Errorf("the page doesn't say %q:\n%s", part, text)
		}
	}
}

// TestNothingTypedBreaksThePage or says another thing than it shows.
func TestNothingTypedBreaksThePage(t *testing.T) {
	const override, isolate = "\u202e", "\u2067"
	p := newPage(t, func(s *approval.Submit) {
		s.Requester.Name = "Kim\n\n" + override + "<b>Berg</b>\x00" + strings.Repeat("x", 3000)
		s.Account.Name = isolate + "\u05d0\u05d1"
		s.Reason = "first\nsecond " + override + "<form action=//evil.example>"
	})
	_, text := p.reads("")
	for _, bad := range []string{override, isolate, "<b>", "<form action", "\x00", strings.Repeat("x", 81)} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %q:\n%s", bad, text)
		}
	}
	p.must("", http.StatusOK, "<h1>May Kim &lt;b&gt;Berg&lt;/b&gt;xxx", "xx… sign in as you?", "as \u2068\u05d0\u05d1\u2069, for", "first\nsecond &lt;form")
	newPage(t, func(s *approval.Submit) { s.Requester.Name = " \u200b\n" }).must("", http.StatusOK, "May (somebody without a name) sign in")
}

func TestAnAnswerThatIsntKept(t *testing.T) {
	p := newPage(t, func(*approval.Submit) {})
	looks := 0
	p.Ledger = func() *store.Ledger { // another process takes it over, between a look and the answer
		if looks++; looks > 1 {
			return nil
		}
		return p.ledger
	}
	p.must("agree", http.StatusSeeOther)
	p.must("refuse", http.StatusServiceUnavailable, "nothing was changed")
	p = newPage(t, func(*approval.Submit) {})
	p.faults.OnUpdate(func(int) storetest.Fault { return storetest.After })
	p.must("refuse", http.StatusServiceUnavailable, "It isn&#39;t known whether your answer was kept")
	p.faults.OnUpdate(func(int) storetest.Fault { return storetest.None })
	p.must("", http.StatusOK, "You refused")
	p = newPage(t, func(*approval.Submit) {})
	p.Barred = func(context.Context, approval.Case) (bool, error) { return false, context.DeadlineExceeded }
	p.must("agree", http.StatusServiceUnavailable, "nothing was changed")
	p.must("", http.StatusOK, "sign in as you?")
	p.must("refuse", http.StatusSeeOther) // for which nobody is asked
}

// TestBetweenTwoRoutes no answer is taken, so none is offered.
func TestBetweenTwoRoutes(t *testing.T) {
	p := newPage(t, func(*approval.Submit) {})
	p.do(approval.Miss{ID: approval.CustomerID, Why: "the app answered 410 Gone"})
	p.must("", http.StatusOK, "Please open the link once more in a minute")
	if _, text := p.reads(""); strings.Contains(text, "<button") {
		t.Errorf("offered:\n%s", text)
	}
}

// TestTheClockIsSetBack after the grant, which it doesn't end.
func TestTheClockIsSetBack(t *testing.T) {
	p := newPage(t, func(*approval.Submit) {})
	p.must("agree", http.StatusSeeOther)
	p.now = noon.Add(-time.Hour)
	p.must("", http.StatusOK, "End it now")
	p.must("end", http.StatusSeeOther)
	p.must("", http.StatusOK, "You ended the access")
}

// TestAStrangerCostsNothing, whatever they send: no look at the store, no line of the log.
func TestAStrangerCostsNothing(t *testing.T) {
	p := newPage(t, func(*approval.Submit) {})
	var log bytes.Buffer
	p.Log, p.Ledger = zerolog.New(&log), func() *store.Ledger {
		t.Error("the store is looked at")
		return p.ledger
	}
	server := httptest.NewServer(p.Handler())
	t.Cleanup(server.Close)
	for _, path := range []string{"c1/Sealed", "c1/sealed/", "c1/", "c1", "", "c1%2fsealed", "c1/sealed%00", "x%2f..%2fc1/seale", "c1/%2573ealed", strings.Repeat("c", 5000) + "/x"} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"} {
			request, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/consent/"+path, strings.NewReader("answer=agree"))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close() // not read
			if response.StatusCode != http.StatusNotFound || response.Header.Get("Cache-Control") != "no-store" || response.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s %s: %s", method, path, response.Status)
			}
		}
	}
	if log.Len() > 0 {
		t.Errorf("logged:\n%s", log.String())
	}
}

// TestOnlyAFormAnswers and nothing that a page or a program could send unasked.
func TestOnlyAFormAnswers(t *testing.T) {
	for name, send := range map[string]func() *http.Request{
		"HEAD": func() *http.Request {
			return httptest.NewRequest(http.MethodHead, link+"?answer=agree", nil)
		},
		"GET": func() *http.Request { return httptest.NewRequest(http.MethodGet, link+"?answer=agree", nil) },
		"its query": func() *http.Request {
			return httptest.NewRequest(http.MethodPost, link+"?answer=agree", nil)
		},
		"PUT":         func() *http.Request { return form(http.MethodPut, "answer=agree") },
		"PATCH":       func() *http.Request { return form(http.MethodPatch, "answer=agree") },
		"a large one": func() *http.Request { return form(http.MethodPost, strings.Repeat("x", 1<<20)+"&answer=agree") },
		"another one": func() *http.Request { return form(http.MethodPost, "answer=approve") },
	} {
		p := newPage(t, func(*approval.Submit) {})
		p.Handler().ServeHTTP(httptest.NewRecorder(), send())
		if c, err := p.ledger.Case(t.Context(), "c1"); err != nil || c.Status != approval.Pending || len(c.Approvals) > 0 {
			t.Errorf("%s: %s, %v", name, c.Status, err)
		}
	}
}

func form(method, body string) *http.Request {
	r := httptest.NewRequest(method, link, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}
