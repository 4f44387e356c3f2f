package metrics_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/deliver"
	"github.com/understudyhq/understudy/bot/metrics"
	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

var (
	noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	kim  = approval.Person{ID: "UKIM", Name: "Kim Berg", Email: "kim@example.com"}
	mia  = approval.Person{ID: "UMIA", Name: "Mia Falk"}
)

// scrape is what /metrics says: the values by series.
func scrape(t testing.TB, m *metrics.Metrics) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("the scrape got %d: %s", w.Code, w.Body)
	}
	values := map[string]float64{}
	for _, line := range regexp.MustCompile(`(?m)^([a-z_]+(?:\{.*\})?) (\S+)$`).FindAllStringSubmatch(w.Body.String(), -1) {
		value, err := strconv.ParseFloat(line[2], 64)
		if err != nil {
			t.Fatalf("the value of %s: %v", line[1], err)
		}
		values[line[1]] = value
	}
	return values
}

func expect(t *testing.T, got map[string]float64, series string, want float64) {
	t.Helper()
	if value, there := got[series]; !there || value != want {
		t.Errorf("%s is %v (there: %v), not %v", series, value, there, want)
	}
}

// process is one life of a bot over a store: its metrics and its ledger.
type process struct {
	t *testing.T
	*metrics.Metrics
	ledger *store.Ledger
	now    time.Time
}

func begin(t *testing.T, engine store.Engine, now time.Time) *process {
	t.Helper()
	p := &process{t: t, now: now}
	p.Metrics = metrics.New(func() time.Time { return p.now }, zerolog.New(zerolog.NewTestWriter(t)))
	ledger, err := store.Open(t.Context(), p.Engine(engine))
	if err != nil {
		t.Fatal(err)
	}
	p.ledger = ledger
	provision(t, engine, "impersonation")
	if err := p.Follow(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	return p
}

// provision is what another part of the bot does, which counts no commits here.
func provision(t *testing.T, engine store.Engine, name string) {
	t.Helper()
	ledger, err := store.Open(t.Context(), engine)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Provision(t.Context(), store.Flow{Name: name}, store.AnyVersion, noon); err != nil {
		t.Fatal(err)
	}
}

// TestAFlowThatIsProvisionedLater begins at zero too: without that, its first
// request is no increase.
func TestAFlowThatIsProvisionedLater(t *testing.T) {
	engine := storetest.NewMemory()
	p := begin(t, engine, noon)
	provision(t, engine, "vip")
	got := scrape(t, p.Metrics)
	expect(t, got, `understudy_submissions_total{flow="vip"}`, 0)
	expect(t, got, `understudy_requests_total{flow="vip",outcome="approved"}`, 0)
	expect(t, got, `understudy_grants_ended_total{end="expired",flow="vip"}`, 0)
}

func (p *process) do(id string, command approval.Command) {
	p.t.Helper()
	result, err := p.ledger.Do(p.t.Context(), store.Change{Case: id, Command: command}, p.now)
	if err != nil {
		p.t.Fatalf("%T: %v", command, err)
	}
	p.Watch().Committed(result)
}

func (p *process) submit(id string) { p.t.Helper(); p.extend(id, "") }

// extend asks to prolong the grant of another case, if one is named.
func (p *process) extend(id, other string) {
	p.t.Helper()
	p.do(id, approval.Submit{
		ID: id, Requester: kim, Account: approval.Account{ID: "acct_" + cmp.Or(other, id), Name: "Acme"}, Reason: "the invoice page",
		Duration: time.Hour, Extends: other,
		Flow: approval.FlowVersion{ID: "f", Name: "impersonation", Version: 1, Policy: approval.Policy{Timeout: time.Hour}},
	})
}

func (p *process) ask(id string, person approval.Person) {
	p.t.Helper()
	route := flows.OnCall("PMGRS01")
	if person.ID == kim.ID {
		route = flows.Requester("assigned to the account")
	}
	p.do(id, approval.Rule{
		Ruling: approval.Ruling{Outcome: flows.Outcome{Result: flows.Asked, Route: &route}},
		Found:  approval.Found{Route: route, Approvers: []approval.Approver{{Person: person, Leg: route.Legs[0], Asked: true}}},
	})
}

// deliver brings every card that is due up to date.
func (p *process) deliver() {
	p.t.Helper()
	cards, _, err := p.ledger.TakeDirty(p.t.Context(), p.now, 100, time.Minute)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, card := range cards {
		card.Channel, card.Stamp = "D1", "1.2"
		if err := p.ledger.Delivered(p.t.Context(), card, p.now); err != nil {
			p.t.Fatal(err)
		}
		p.Watch().Delivery(deliver.Attempt{Card: card, At: p.now, Result: deliver.Done})
	}
}

func TestCasesAreRightAfterARestart(t *testing.T) {
	engine := storetest.NewMemory()
	p := begin(t, engine, noon)
	for i := range 6 {
		p.submit(strconv.Itoa(i))
	}
	p.do("1", approval.Refuse{Why: "no plan"})
	p.do("2", approval.Cancel{By: kim})
	p.ask("3", mia)
	p.ask("4", mia)
	p.ask("5", kim)
	p.now = noon.Add(5 * time.Second)
	p.deliver()
	p.do("4", approval.Approve{By: mia})
	p.do("5", approval.Approve{By: kim})
	p.now = noon.Add(2 * time.Hour)
	p.do("5", approval.Expire{})

	before := scrape(t, p.Metrics)
	expect(t, before, `understudy_submissions_total{flow="impersonation"}`, 6)
	for outcome, n := range map[string]float64{
		"refused": 1, "cancelled": 1, "approved": 1, "approved_by_requester": 1, "denied": 0, "timed_out": 0, "allowed_by_rule": 0,
	} {
		expect(t, before, `understudy_requests_total{flow="impersonation",outcome="`+outcome+`"}`, n)
	}
	expect(t, before, `understudy_first_card_seconds_count`, 2)
	expect(t, before, `understudy_first_card_seconds_sum`, 10)
	expect(t, before, `understudy_decision_seconds_count`, 1)
	expect(t, before, `understudy_grants_ended_total{end="expired",flow="impersonation"}`, 1)

	p = begin(t, engine, noon.Add(3*time.Hour))
	after := scrape(t, p.Metrics)
	for status, n := range map[string]float64{
		"routing": 1, "pending": 1, "active": 1, "ended": 1, "refused": 1, "cancelled": 1, "denied": 0, "timed_out": 0,
	} {
		series := `understudy_cases{status="` + status + `"}`
		expect(t, before, series, n)
		expect(t, after, series, n)
	}
	p.now = noon.Add(20 * time.Second) // before the hour is over
	p.do("3", approval.Deny{By: mia})
	p.deliver()
	end := scrape(t, p.Metrics)
	expect(t, end, `understudy_cases{status="denied"}`, 1)
	expect(t, end, `understudy_cases{status="pending"}`, 0)
	expect(t, end, `understudy_decision_seconds_sum`, 15)
	expect(t, end, `understudy_first_card_seconds_count`, 0) // it was posted in the life before
}

func TestAnExtensionIsACaseThatEnds(t *testing.T) {
	engine := storetest.NewMemory()
	p := begin(t, engine, noon)
	p.submit("1")
	p.ask("1", mia)
	p.do("1", approval.Approve{By: mia})
	p.now = p.now.Add(55 * time.Minute)
	p.extend("2", "1")
	p.ask("2", mia)
	p.do("2", approval.Approve{By: mia}) // its events are of both cases
	got := scrape(t, p.Metrics)
	expect(t, got, `understudy_requests_total{flow="impersonation",outcome="approved"}`, 2)
	expect(t, got, `understudy_cases{status="active"}`, 1)
	expect(t, got, `understudy_cases{status="ended"}`, 1)
	p.now = p.now.Add(time.Hour)
	p.extend("3", "1")
	p.do("1", approval.Release{By: kim}) // with what was to prolong it
	again := scrape(t, begin(t, engine, p.now).Metrics)
	for _, status := range []string{"routing", "pending", "active", "ended", "cancelled", "refused"} {
		series := `understudy_cases{status="` + status + `"}`
		expect(t, scrape(t, p.Metrics), series, again[series])
	}
}

func TestAClockThatIsSetBackMakesNoNegativeTime(t *testing.T) {
	p := begin(t, storetest.NewMemory(), noon)
	p.submit("1")
	p.ask("1", mia)
	p.deliver()
	p.now = noon.Add(-approval.ClockSlack)
	p.do("1", approval.Approve{By: mia})
	got := scrape(t, p.Metrics)
	expect(t, got, "understudy_decision_seconds_sum", 0)
	expect(t, got, "understudy_delivery_oldest_change_seconds", 0)
	expect(t, got, "understudy_pagerduty_answer_age_seconds", 0)
}

func TestTheOldestChangeHasAnAge(t *testing.T) {
	p := begin(t, storetest.NewMemory(), noon)
	p.submit("1")
	p.ask("1", mia)
	p.now = noon.Add(5 * time.Minute)
	got := scrape(t, p.Metrics)
	expect(t, got, "understudy_delivery_backlog", 2)
	expect(t, got, "understudy_delivery_oldest_change_seconds", 300)
	p.deliver()
	got = scrape(t, p.Metrics)
	expect(t, got, "understudy_delivery_backlog", 0)
	expect(t, got, "understudy_delivery_oldest_change_seconds", 0)
}

func TestAppsThatAreTold(t *testing.T) {
	p := begin(t, storetest.NewMemory(), noon)
	p.Watch().Notice(notify.Attempt{App: "portal", Result: notify.Retried})
	got := scrape(t, p.Metrics)
	expect(t, got, `understudy_webhooks_total{app="portal",result="retried"}`, 1)
	expect(t, got, `understudy_webhook_backlog{state="waiting"}`, 0)
	expect(t, got, `understudy_webhook_backlog{state="failed"}`, 0)
}

func TestAClickThatOvertakesTheRecordOfItsCard(t *testing.T) {
	p := begin(t, storetest.NewMemory(), noon)
	p.submit("1")
	p.ask("1", mia)
	p.now = noon.Add(3 * time.Second)
	p.do("1", approval.Approve{By: mia})
	p.deliver()
	got := scrape(t, p.Metrics)
	expect(t, got, "understudy_first_card_seconds_count", 1)
	expect(t, got, "understudy_first_card_seconds_sum", 3)
	expect(t, got, "understudy_decision_seconds_count", 1)
}

func TestAScrapeOfAClosedStoreSaysTheRest(t *testing.T) {
	engine := storetest.NewMemory()
	p := begin(t, engine, noon)
	p.submit("1")
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	got := scrape(t, p.Metrics)
	for series := range got {
		if strings.HasPrefix(series, "understudy_cases") || strings.HasPrefix(series, "understudy_delivery_backlog") {
			t.Errorf("%s is told of a store that is closed", series)
		}
	}
	expect(t, got, `understudy_submissions_total{flow="impersonation"}`, 1)
	got = scrape(t, p.Metrics)
	expect(t, got, `promhttp_metric_handler_errors_total{cause="gathering"}`, 1)
}

func TestNobodyIsNamed(t *testing.T) {
	p := begin(t, storetest.NewMemory(), noon)
	p.submit("1")
	p.ask("1", mia)
	p.deliver()
	p.do("1", approval.Approve{By: mia})
	p.Watch().Handled(fmt.Sprint("invented by ", mia.Name), time.Second, true)
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, secret := range []string{"Kim", "UKIM", "kim@", "Mia", "UMIA", "Acme", "acct_", "invoice"} {
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("/metrics says %q", secret)
		}
	}
}
