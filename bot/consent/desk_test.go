package consent_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
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

var (
	kim      = approval.Person{ID: "UKIM", Name: "Kim Berg", Email: "kim@example.com"}
	mia      = approval.Person{ID: "UMIA", Name: "Mia Falk", Email: "mia@example.com"}
	account  = approval.Account{ID: "acct_42", Name: "Acme"}
	customer = account.Customer()
	managers = flows.OnCall("PMGRS01")
)

// desk is a bot with one case, c1, and the page of its customer.
type desk struct {
	t      *testing.T
	ledger *store.Ledger
	faults *storetest.Faults
	page   *consent.Page
	now    time.Time
	told   int // events
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	faults := storetest.Faulty(storetest.NewMemory())
	ledger, err := store.Open(t.Context(), faults)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, ledger: ledger, faults: faults, now: noon}
	d.page = &consent.Page{
		Ledger: func() *store.Ledger { return d.ledger }, IsSeal: func(_, seal string) bool { return seal == "sealed" }, Now: func() time.Time { return d.now },
		Barred:    func(context.Context, approval.Case) (bool, error) { return false, nil },
		Committed: func(r store.Result) { d.told += len(r.Events) }, Log: zerolog.Nop(),
	}
	return d
}

// asked is a desk whose customer was asked along this route, beside these people.
func asked(t *testing.T, app approval.App, route flows.Route, beside ...approval.Person) *desk {
	t.Helper()
	d := newDesk(t)
	d.do(submission("c1", app), rule(route, beside...))
	return d
}

func portal() approval.App {
	return approval.App{Name: "Harbor Billing", Webhook: "https://portal.example.com/hook"}
}

func submission(id string, app approval.App) approval.Submit {
	return approval.Submit{
		ID: id, Requester: kim, Account: account, Reason: "Invoice 1042 shows twice.", Duration: time.Hour,
		Flow: approval.FlowVersion{Name: "impersonation", Policy: approval.Policy{Timeout: 30 * time.Minute}, App: &app},
	}
}

func rule(route flows.Route, beside ...approval.Person) approval.Rule {
	leg := flows.Leg{Kind: flows.CustomerLeg}
	if route.Consent {
		leg.Kind = flows.ConsentLeg
	}
	found := approval.Found{Route: route, Approvers: []approval.Approver{{Person: customer, Leg: leg, Asked: true}}}
	for _, person := range beside {
		found.Approvers = append(found.Approvers, approval.Approver{Person: person, Leg: managers.Legs[0], Asked: true})
	}
	return approval.Rule{Ruling: approval.Ruling{Account: account, Outcome: flows.Outcome{Result: flows.Asked, Route: &route}}, Found: found}
}

func (d *desk) do(commands ...approval.Command) *desk {
	d.t.Helper()
	for _, command := range commands {
		change := store.Change{Case: "c1", Command: command}
		if submit, ok := command.(approval.Submit); ok {
			change.Case = submit.ID
		}
		if _, err := d.ledger.Do(d.t.Context(), change, d.now); err != nil {
			d.t.Fatalf("%T: %v", command, err)
		}
	}
	return d
}

func (d *desk) after(t time.Duration) *desk {
	d.now = d.now.Add(t)
	return d
}

// gets is the page as it is looked at, answers what is led to by an answer.
func (d *desk) gets(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.page.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func (d *desk) answers(path, answer string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(url.Values{"answer": {answer}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	d.page.Handler().ServeHTTP(w, r)
	return w
}

const link = "/consent/c1/sealed"

func status(t *testing.T, d *desk) approval.Status {
	t.Helper()
	c, err := d.ledger.Case(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	return c.Status
}

// TestAnAnswerLeadsBackToThePage wherever something in front has put that.
func TestAnAnswerLeadsBackToThePage(t *testing.T) {
	d := asked(t, portal(), flows.Customer())
	w := d.answers(link, "agree")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "sealed" || status(t, d) != approval.Active || d.told != 2 {
		t.Errorf("%d to %q, %s, %d events told", w.Code, w.Header().Get("Location"), status(t, d), d.told)
	}
	if d.answers(link, "refuse"); status(t, d) != approval.Active || d.told != 2 {
		t.Errorf("too late: %s, %d events told", status(t, d), d.told)
	}
}

// TestThePageIsNobodysToKeep nor to frame, nor does it say where it is.
func TestThePageIsNobodysToKeep(t *testing.T) {
	app := portal()
	app.Name = `<script>alert(1)</script>`
	d := asked(t, app, flows.Customer())
	for path, want := range map[string]int{link: http.StatusOK, "/consent/c1/guessed": http.StatusNotFound, "/consent/": http.StatusNotFound} {
		w := d.gets(path)
		if w.Code != want || strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%s: %d\n%s", path, w.Code, w.Body)
		}
		for name, part := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"} {
			if !strings.Contains(w.Header().Get(name), part) {
				t.Errorf("%s, %s: %q", path, name, w.Header().Get(name))
			}
		}
	}
}

// TestOnlyACaseThatAsksItsCustomerHasAPage even for who could make seals.
func TestOnlyACaseThatAsksItsCustomerHasAPage(t *testing.T) {
	d := newDesk(t)
	others := rule(managers, mia)
	others.Found.Approvers = others.Found.Approvers[1:]
	d.do(submission("c1", portal()), others)
	for _, path := range []string{link, "/consent/c2/sealed"} {
		if w := d.gets(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// text is what people read of a page, with its buttons.
func text(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	_, main, found := strings.Cut(string(body), "<main>")
	main, _, ended := strings.Cut(main, "</main>")
	if !found || !ended {
		t.Fatalf("the page has no text:\n%s", body)
	}
	return fmt.Sprintf("%d\n%s", w.Code, plain(main))
}
