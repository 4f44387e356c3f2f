package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

const hook = "https://portal.example.com/hook"

// told is a ledger whose app has yet to be told of an opening and an end.
func told(t *testing.T, engine store.Engine) *store.Ledger {
	t.Helper()
	l := open(t, engine)
	for _, change := range openedAndRevoked("c1", "acct_1") {
		must(t, l, change, noon)
	}
	return l
}

func openedAndRevoked(id, account string) []store.Change {
	change := submit(id, account)
	s, _ := change.Command.(approval.Submit)
	s.Flow.App = &approval.App{Name: "portal", URL: "https://portal.example.com", Webhook: hook}
	change.Command = s
	return []store.Change{
		change, ask(id, mia), {Case: id, Command: approval.Approve{By: mia}}, {Case: id, Command: approval.Open{By: s.Requester, Session: "one"}},
		{Case: id, Command: approval.Revoke{By: mia, Why: "not any more"}},
	}
}

func webhooks(t *testing.T, l *store.Ledger) (ids []string) {
	t.Helper()
	all, damaged, err := l.Webhooks(t.Context())
	if err != nil || len(damaged) > 0 {
		t.Fatal(damaged, err)
	}
	for _, w := range all {
		ids = append(ids, w.ID)
	}
	return ids
}

func taken(t *testing.T, l *store.Ledger, now time.Time) (ids []string) {
	t.Helper()
	all, _, err := l.TakeWebhooks(t.Context(), now, 10, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range all {
		ids = append(ids, w.ID)
	}
	return ids
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// works fails the test for an error.
func works(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestANoticeWaitsUntilItIsTaken(t *testing.T) {
	engine := storetest.NewMemory()
	l := told(t, engine)
	sound(t, l)
	both := []string{"c1_5", "c1_6"}
	same(t, "taken", both, taken(t, l, noon))
	same(t, "taken at once again", []string(nil), taken(t, l, noon))
	works(t, l.DropWebhook(t.Context(), "c1_5"))
	works(t, l.RetryWebhook(t.Context(), "c1_5", "no answer", noon, noon)) // by whoever sent it too
	same(t, "left", []string{"c1_6"}, webhooks(t, l))
	works(t, l.RetryWebhook(t.Context(), "c1_6", "no answer", noon, noon.Add(time.Hour)))
	same(t, "before its time", []string(nil), taken(t, l, noon.Add(time.Hour-1)))
	l = open(t, engine)
	works(t, l.Reclaim(t.Context(), noon))
	same(t, "by another process", []string{"c1_6"}, taken(t, l, noon))
	n, err := l.Notice(t.Context(), "c1_6")
	if err != nil || n.Kind != approval.GrantOver || n.URL != hook || n.Case.Closed.Why != "not any more" {
		t.Errorf("%+v, %v", n, err)
	}
	n, err = l.Notice(t.Context(), "c1_5") // as it was then
	if err != nil || n.Kind != approval.GrantOpened || n.Case.Status != approval.Active {
		t.Errorf("%+v, %v", n, err)
	}
	sound(t, l)
}

func TestAFailedNoticeIsSentAgain(t *testing.T) {
	l := told(t, storetest.NewMemory())
	works(t, l.DropWebhook(t.Context(), "c1_5"))
	works(t, l.FailWebhook(t.Context(), "c1_6", "no answer", noon))
	works(t, l.Reclaim(t.Context(), noon))
	same(t, "tried", []string(nil), taken(t, l, noon.Add(store.FailedKept-1)))
	for _, c := range []struct {
		app  string
		want int
	}{{"wiki", 0}, {"portal", 1}, {"", 0}} {
		if n, err := l.ReplayFailed(t.Context(), c.app, noon); n != c.want || err != nil {
			t.Errorf("of %q: %d, %v", c.app, n, err)
		}
	}
	same(t, "tried again", []string{"c1_6"}, taken(t, l, noon))
	if w, err := l.ReplayWebhook(t.Context(), "c1_5", noon); err != nil || w.App != "portal" {
		t.Errorf("one that was taken: %+v, %v", w, err)
	}
	same(t, "that one", []string{"c1_5"}, taken(t, l, noon))
	for _, id := range []string{"c1_4", "c1_0", "c1_7", "c1_-1", "c1", "", "c2_1", "c1_5x"} {
		if _, err := l.ReplayWebhook(t.Context(), id, noon); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	sound(t, l)
}

// consulted is a ledger whose app has yet to be told to ask the customer.
func consulted(t *testing.T) *store.Ledger {
	t.Helper()
	l := open(t, storetest.NewMemory())
	change := openedAndRevoked("c1", "acct_1")[0]
	must(t, l, change, noon)
	question := ask("c1", mia)
	rule, _ := question.Command.(approval.Rule)
	rule.Found.Route = rule.Found.Route.WithConsent()
	rule.Found.Approvers = append(rule.Found.Approvers, approval.Approver{Person: customer, Leg: flows.Leg{Kind: flows.ConsentLeg}, Asked: true})
	question.Command = rule
	must(t, l, question, noon)
	return l
}

var customer = approval.Account{ID: "acct_1", Name: "acct_1"}.Customer()

// TestAQuestionIsMootOnceItIsAnswered by the customer, or by whoever decided; not
// because others have.
func TestAQuestionIsMootOnceItIsAnswered(t *testing.T) {
	for name, tt := range map[string]struct {
		then []approval.Command
		moot bool
	}{
		"asked":              {nil, false},
		"a manager approved": {[]approval.Command{approval.Approve{By: mia}}, false},
		"given up":           {[]approval.Command{approval.Miss{ID: customer.ID, Why: "gone"}}, true}, // the case is refused
		"agreed":             {[]approval.Command{approval.Approve{By: customer}}, true},
		"both":               {[]approval.Command{approval.Approve{By: customer}, approval.Approve{By: mia}}, true},
		"refused":            {[]approval.Command{approval.Deny{By: customer}}, true},
		"denied":             {[]approval.Command{approval.Deny{By: mia}}, true},
		"cancelled":          {[]approval.Command{approval.Cancel{By: kim}}, true},
	} {
		l := consulted(t)
		for _, command := range tt.then {
			must(t, l, store.Change{Case: "c1", Command: command}, noon)
		}
		n, err := l.Notice(t.Context(), "c1_2")
		if err != nil || n.Kind != approval.ConsentAsked || n.Moot != tt.moot || n.Case.Status != approval.Pending {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
		sound(t, l)
	}
}

// TestANoticeKeepsItsKind by which it is judged: also one that is sent again, as new.
func TestANoticeKeepsItsKind(t *testing.T) {
	l := consulted(t)
	later := noon.Add(time.Hour)
	kept := func(what string, since time.Time) {
		t.Helper()
		all, damaged, err := l.Webhooks(t.Context())
		if err != nil || len(damaged) > 0 || len(all) != 1 || all[0].Kind != approval.ConsentAsked || !all[0].Since.Equal(since) || all[0].Case() != "c1" {
			t.Errorf("%s: %+v, %v, %v", what, all, damaged, err)
		}
	}
	kept("new", noon)
	works(t, l.FailWebhook(t.Context(), "c1_2", "gone", noon))
	if n, err := l.ReplayFailed(t.Context(), "", later); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	kept("failed, and sent again", later)
	if _, err := l.ReplayWebhook(t.Context(), "c1_2", later.Add(time.Hour)); err != nil {
		t.Error(err)
	}
	kept("sent again", later.Add(time.Hour))
}

// TestTheCustomerHasNoCards nor a Home: they aren't of the workspace.
func TestTheCustomerHasNoCards(t *testing.T) {
	l := consulted(t)
	cards, err := l.CardsOf(t.Context(), "c1")
	works(t, err)
	if len(cards) == 0 {
		t.Error("nobody has a card")
	}
	for _, card := range cards {
		if _, _, person := card.ID.Parts(); person == customer.ID {
			t.Errorf("there is %s", card.ID)
		}
	}
	if cases, err := l.Open(t.Context(), customer.ID); err != nil || len(cases) > 0 {
		t.Errorf("they take part in %v, %v", cases, err)
	}
}

// TestAWrongAddressIsMended for notices that wait as well.
func TestAWrongAddressIsMended(t *testing.T) {
	l := open(t, storetest.NewMemory())
	provision := func(app *approval.App) store.Flow {
		f, err := l.Provision(t.Context(), store.Flow{Name: "impersonation", Policy: approval.Policy{Timeout: time.Hour}, App: app}, store.AnyVersion, noon)
		works(t, err)
		return f
	}
	change := submit("c1", "acct_1")
	s, _ := change.Command.(approval.Submit)
	s.Flow = provision(&approval.App{Name: "portal", Webhook: hook}).Pin()
	change.Command = s
	must(t, l, change, noon)
	must(t, l, ask("c1", mia), noon)
	must(t, l, store.Change{Case: "c1", Command: approval.Approve{By: mia}}, noon)
	must(t, l, store.Change{Case: "c1", Command: approval.Misuse{App: "portal", Email: "eve@example.com"}}, noon)
	address := func() string {
		n, err := l.Notice(t.Context(), "c1_5")
		works(t, err)
		return n.URL
	}
	same(t, "as pinned", hook, address())
	for want, app := range map[string]*approval.App{hook + "2": {Name: "portal", Webhook: hook + "2"}, "": {Name: "portal"}, hook: {Name: "wiki", Webhook: hook + "3"}} {
		provision(app)
		same(t, "as the flow says", want, address())
	}
	provision(&approval.App{Name: "portal", Webhook: hook + "4"})
	works(t, l.DeleteFlow(t.Context(), "impersonation", store.AnyVersion, "an admin", true, noon))
	provision(&approval.App{Name: "portal", Webhook: hook + "5"})
	same(t, "of a flow that isn't any more", hook, address())
}

func TestADamagedNoticeHoldsUpNoOther(t *testing.T) {
	engine := storetest.NewMemory()
	l := told(t, engine)
	works(t, engine.Update(t.Context(), func(tx store.Tx) error { return tx.Put("webhook/c1_5", []byte(`{"id":"c1_6"}`)) }))
	works(t, l.Reclaim(t.Context(), noon))
	all, _, err := l.TakeWebhooks(t.Context(), noon, 10, time.Minute)
	if !errors.Is(err, store.ErrCorrupt) || len(all) != 1 || all[0].ID != "c1_6" {
		t.Errorf("took %v, %v", all, err)
	}
	all, damaged, err := l.Webhooks(t.Context())
	if err != nil || len(damaged) != 1 || len(all) != 1 {
		t.Errorf("%v, %v, %v", all, damaged, err)
	}
}

func TestCheckNoticesNotices(t *testing.T) {
	for name, spoil := range map[string]func(store.Tx) error{
		"damaged":    func(tx store.Tx) error { return tx.Put("webhook/c1_5", []byte("no notice")) },
		"never sent": func(tx store.Tx) error { return tx.Delete("queue/webhook/id/c1_5") },
		"nothing":    func(tx store.Tx) error { return tx.Put("webhook/c1_4", []byte(`{"id":"c1_4","app":"portal"}`)) },
		"another's":  func(tx store.Tx) error { return tx.Put("webhook/c1_5", []byte(`{"id":"c1_5","app":"wiki"}`)) },
		"another kind": func(tx store.Tx) error {
			return tx.Put("webhook/c1_5", []byte(`{"id":"c1_5","app":"portal","kind":"consent.asked"}`))
		},
		"without a case": func(tx store.Tx) error { return tx.Put("webhook/c9_5", []byte(`{"id":"c9_5","app":"portal"}`)) },
	} {
		engine := storetest.NewMemory()
		l := told(t, engine)
		works(t, engine.Update(t.Context(), spoil))
		if report, err := l.Check(t.Context()); err != nil || !strings.Contains(strings.Join(report.Problems, "\n"), "c1_") && !strings.Contains(strings.Join(report.Problems, "\n"), "c9_5") {
			t.Errorf("%s: %v, %v", name, report.Problems, err)
		}
	}
}
