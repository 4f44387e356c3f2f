package bot_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/metrics"
	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/store"
)

// withMetrics has the stage's bot counted, as understudy serve does.
func withMetrics(m *metrics.Metrics) setting {
	return func(s *stage, c *bot.Config) {
		s.t.Helper()
		pager := httptest.NewServer(s.pager)
		s.t.Cleanup(pager.Close)
		c.Slack = slack.New(s.ws.BotToken(), slack.OptionAPIURL(s.ws.APIURL()), slack.OptionAppLevelToken(s.ws.AppToken()),
			slack.OptionHTTPClient(&http.Client{Transport: m.Slack(http.DefaultTransport)}))
		c.People = people.New(people.Options{
			Slack: c.Slack, PagerDutyToken: pagersim.Token, PagerDutyURL: pager.URL, TeamID: s.ws.TeamID(),
			Transport: m.PagerDuty(http.DefaultTransport), Log: c.Log,
		})
		ledger, err := store.Open(s.t.Context(), m.Engine(s.faults))
		if err != nil {
			s.t.Fatal(err)
		}
		if err := m.Follow(s.t.Context(), ledger); err != nil {
			s.t.Fatal(err)
		}
		c.Ledger, s.ledger, c.Watch = ledger, ledger, m.Watch()
	}
}

// series is a value of /metrics: its name and its labels.
type series struct {
	name   string
	labels map[string]string
	value  float64
}

// exposition is what /metrics says.
type exposition []series

func (s *stage) exposition(m *metrics.Metrics) (said exposition, text string) {
	s.t.Helper()
	w := httptest.NewRecorder()
	api.Handler(s.bot.Ready, m.Handler(), nil, nil).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusOK {
		s.t.Fatalf("/metrics says %d: %s", w.Code, w.Body)
	}
	return parseExposition(s.t, w.Body.String()), w.Body.String()
}

func parseExposition(t *testing.T, text string) (all exposition) {
	t.Helper()
	line := regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$`)
	label := regexp.MustCompile(`([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"`)
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, "#") {
			continue
		}
		found := line.FindStringSubmatch(strings.TrimSpace(l))
		if found == nil {
			t.Fatalf("/metrics has the line %q", l)
		}
		one := series{name: found[1], labels: map[string]string{}}
		for _, pair := range label.FindAllStringSubmatch(found[2], -1) {
			one.labels[pair[1]] = pair[2]
		}
		value, err := strconv.ParseFloat(found[3], 64)
		if err != nil {
			t.Fatalf("/metrics has the value %q", l)
		}
		one.value = value
		all = append(all, one)
	}
	return all
}

// sum is that of all series of the name that have these labels.
func (e exposition) sum(name string, labels ...string) (sum float64) {
	for _, one := range e {
		all := maps.Clone(one.labels)
		for i := 0; i < len(labels); i += 2 {
			if all[labels[i]] != labels[i+1] {
				all = nil
				break
			}
		}
		if one.name == name && all != nil {
			sum += one.value
		}
	}
	return sum
}

// story has people ask and decide, while Slack and PagerDuty fail a little.
func (s *stage) story() {
	s.t.Helper()
	ask(s.kim, "Hooli")
	s.kim.Inbox().Wait("free tier account")
	s.kim.Modal().Close()
	ask(s.kim, "Globex")
	s.kim.Inbox().Wait("you approve it yourself").Click("Approve")
	s.kim.Modal().Close()
	ask(s.kim, "Initech")
	s.kim.Inbox().Wait("customer_plan")
	s.kim.Modal().Close()
	s.pager.Fail(1, 503)
	s.ws.Fail("chat.postMessage", 1, slacksim.RateLimited(time.Second))
	s.ws.Fail("chat.update", 1, slacksim.Status(503))
	ask(s.kim, "Acme")
	s.ola.Inbox().Wait("Acme")
	s.mia.Inbox().Wait("Acme").Click("Approve")
	s.ola.Inbox().Wait("Approved").WaitGone("Approve")
	s.kim.Inbox().Wait("Approved: Acme")
}

// quiet waits until no card waits for delivery.
func (s *stage) quiet() {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) { // the store has no event for this
		standing, err := s.ledger.Standing(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if standing.Dirty == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d cards are still to be delivered", standing.Dirty)
		}
	}
}

func TestMetricsOfAStory(t *testing.T) {
	t.Parallel()
	m := metrics.New(time.Now, zerolog.New(zerolog.NewTestWriter(t)))
	s := newStage(t, withMetrics(m))
	m.Sockets(s.bot.Sockets)
	m.StoreSize(func() int64 { return 4096 })
	s.story()
	s.quiet()
	got, text := s.exposition(m)
	for _, want := range []struct {
		is     float64
		name   string
		labels []string
	}{
		{4, "understudy_submissions_total", []string{"flow", "impersonation"}},
		{1, "understudy_requests_total", []string{"flow", "impersonation", "outcome", "allowed_by_rule"}},
		{1, "understudy_requests_total", []string{"outcome", "approved_by_requester"}},
		{1, "understudy_requests_total", []string{"outcome", "refused"}},
		{1, "understudy_requests_total", []string{"outcome", "approved"}},
		{4, "understudy_requests_total", nil},
		{3, "understudy_cases", []string{"status", "active"}},
		{1, "understudy_cases", []string{"status", "refused"}},
		{4, "understudy_cases", nil},
		{1, "understudy_first_card_seconds_count", nil},
		{1, "understudy_decision_seconds_count", nil},
		{0, "understudy_delivery_backlog", nil},
		{0, "understudy_delivery_oldest_change_seconds", nil},
		{1, "understudy_slack_calls_total", []string{"method", "chat.update", "answer", "http_5xx"}},
		{0, "understudy_slack_calls_total", []string{"method", "other"}},
		{1, "understudy_pagerduty_calls_total", []string{"answer", "http_5xx"}},
		{0, "understudy_envelopes_unacked_total", nil},
		{0, "understudy_store_commit_failures_total", nil},
		{4096, "understudy_store_size_bytes", nil},
		{1, "understudy_build_info", nil},
	} {
		if value := got.sum(want.name, want.labels...); value != want.is {
			t.Errorf("%s %q is %v, not %v", want.name, want.labels, value, want.is)
		}
	}
	for _, more := range []struct {
		least  float64
		name   string
		labels []string
	}{
		{1, "understudy_sockets_connected", nil},
		{1, "understudy_sockets_held", nil},
		{4, "understudy_ack_seconds_count", []string{"type", "slash_commands"}},
		{6, "understudy_ack_seconds_count", []string{"type", "interactive"}},
		{10, "understudy_envelopes_received_total", nil},
		{10, "understudy_acks_sent_total", nil},
		{1, "understudy_delivery_attempts_total", []string{"kind", "approver", "result", "done"}},
		{1, "understudy_delivery_attempts_total", []string{"result", "retried"}},
		{1, "understudy_slack_calls_total", []string{"method", "chat.postMessage", "answer", "429"}},
		{1, "understudy_slack_retry_after_seconds_total", []string{"method", "chat.postMessage"}},
		{4, "understudy_slack_calls_total", []string{"method", "views.open", "answer", "ok"}},
		{1, "understudy_pagerduty_calls_total", []string{"answer", "ok"}},
		{10, "understudy_store_commit_seconds_count", nil},
		{1, "go_goroutines", nil},
		{1, "process_start_time_seconds", nil},
	} {
		if value := got.sum(more.name, more.labels...); value < more.least {
			t.Errorf("%s %q is %v, less than %v", more.name, more.labels, value, more.least)
		}
	}
	after := metrics.New(time.Now, zerolog.Nop()) // the next process's
	if err := after.Follow(t.Context(), s.ledger); err != nil {
		t.Fatal(err)
	}
	recounted, _ := s.exposition(after)
	for _, one := range recounted {
		if one.name == "understudy_cases" && got.sum(one.name, "status", one.labels["status"]) != one.value {
			t.Errorf("after a restart there are %v cases that are %s", one.value, one.labels["status"])
		}
	}
	names := regexp.MustCompile(`(?i)kim|mia|acme|invoice|acct_|xox|example`)
	for _, one := range got {
		if text := fmt.Sprint(one); names.MatchString(text) {
			t.Errorf("/metrics names somebody or something: %s", text)
		}
	}
	checkDashboard(t, got)
	checkAlerts(t, got)
	checkNames(t, text)
	checkOperating(t, got)
}
