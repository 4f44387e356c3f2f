package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/metrics"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// answers is a service that gives these, one after the other.
type answers []any

func (a *answers) RoundTrip(*http.Request) (*http.Response, error) {
	next := (*a)[0]
	*a = (*a)[1:]
	switch next := next.(type) {
	case error:
		return nil, next
	case int:
		header := http.Header{"Retry-After": {"30"}}
		return &http.Response{StatusCode: next, Header: header, Body: io.NopCloser(strings.NewReader("sorry"))}, nil
	case io.Reader:
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(next)}, nil
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(fmt.Sprint(next)))}, nil
}

// call makes a call, and reads the answer.
func call(t *testing.T, transport http.RoundTripper, address string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return string(data), err
}

func TestSlacksAnswersAreCountedAndUnchanged(t *testing.T) {
	m := metrics.New(time.Now, zerolog.Nop())
	broken := errors.New("the connection broke")
	service := &answers{
		`{"ok":true,"channel":"D1"}`, `{"ok":false,"error":"channel_not_found"}`, `<html>`, 429, 503, 404, broken,
		io.MultiReader(strings.NewReader(`{"ok":true`), brokenReader{broken}),
	}
	slack := m.Slack(service)
	for _, want := range []string{`{"ok":true,"channel":"D1"}`, `{"ok":false,"error":"channel_not_found"}`, `<html>`, "sorry", "sorry", "sorry"} {
		if got, err := call(t, slack, "https://slack.example/api/chat.postMessage"); got != want || err != nil {
			t.Errorf("got %q, %v, not %q", got, err, want)
		}
	}
	if _, err := call(t, slack, "https://slack.example/api/chat.postMessage"); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got, err := call(t, slack, "https://slack.example/api/chat.postMessage"); got != `{"ok":true` || !errors.Is(err, broken) {
		t.Errorf("an answer that broke off is read as %q, %v", got, err)
	}
	got := scrape(t, m)
	for answer, n := range map[string]float64{"ok": 1, "channel_not_found": 1, "unreadable": 1, "429": 1, "http_5xx": 1, "http_4xx": 1, "network": 2} {
		expect(t, got, `understudy_slack_calls_total{answer="`+answer+`",method="chat.postMessage"}`, n)
	}
	expect(t, got, `understudy_slack_retry_after_seconds_total{method="chat.postMessage"}`, 30)
	expect(t, got, `understudy_slack_call_seconds_count{method="chat.postMessage"}`, 8)
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

func TestWhatSlackInventsMakesNoLabels(t *testing.T) {
	m := metrics.New(time.Now, zerolog.Nop())
	service := &answers{}
	slack := m.Slack(service)
	for i := range 500 {
		*service = answers{fmt.Sprintf(`{"ok":false,"error":"invented_%d"}`, i)}
		if _, err := call(t, slack, "https://slack.example/api/chat.update"); err != nil {
			t.Fatal(err)
		}
	}
	for _, code := range []string{"", "Kim Berg", "a-b", strings.Repeat("long", 100)} {
		*service = answers{fmt.Sprintf(`{"ok":false,"error":%q}`, code)}
		if _, err := call(t, slack, "https://slack.example/api/chat.update"); err != nil {
			t.Fatal(err)
		}
	}
	*service = answers{"ok"}
	if _, err := call(t, slack, "https://hooks.slack.example/actions/T1/42/a_secret"); err != nil {
		t.Fatal(err)
	}
	series := 0
	for name := range scrape(t, m) {
		if strings.HasPrefix(name, "understudy_slack_calls_total") {
			series++
		}
		if strings.Contains(name, "secret") || strings.Contains(name, "Kim") {
			t.Errorf("a label of %s", name)
		}
	}
	if series > 60 {
		t.Errorf("Slack's codes made %d series", series)
	}
	expect(t, scrape(t, m), `understudy_slack_calls_total{answer="other",method="chat.update"}`, 454)
}

func TestPagerDutysLastGoodAnswerHasAnAge(t *testing.T) {
	now := noon
	m := metrics.New(func() time.Time { return now }, zerolog.Nop())
	pager := m.PagerDuty(&answers{"{}", 503, 429, 401, errors.New("unreachable")})
	ask := func(after time.Duration, age float64) {
		t.Helper()
		now = now.Add(after)
		_, _ = call(t, pager, "https://pager.example/oncalls") // what it said is for others
		expect(t, scrape(t, m), "understudy_pagerduty_answer_age_seconds", age)
	}
	expect(t, scrape(t, m), "understudy_pagerduty_answer_age_seconds", 0)
	ask(time.Minute, 0)
	for i := range 4 {
		ask(time.Minute, float64(60*(i+1)))
	}
	got := scrape(t, m)
	for _, answer := range []string{"ok", "http_5xx", "429", "http_4xx", "network"} {
		expect(t, got, `understudy_pagerduty_calls_total{answer="`+answer+`"}`, 1)
	}
}

func TestTheStoresFailuresAreCounted(t *testing.T) {
	m := metrics.New(time.Now, zerolog.Nop())
	faults := storetest.Faulty(storetest.NewMemory())
	engine := m.Engine(faults)
	update := func(ctx context.Context, declined error) {
		t.Helper()
		err := engine.Update(ctx, func(tx store.Tx) error {
			return errors.Join(tx.Put("key", nil), declined)
		})
		if declined != nil && !errors.Is(err, declined) {
			t.Errorf("the error %v isn't %v", err, declined)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	late, stop := context.WithTimeout(t.Context(), -1)
	defer stop()
	update(t.Context(), nil)
	update(t.Context(), errors.New("somebody was faster")) // no failure of the store
	update(over, nil)                                      // nor is the end of the process
	update(late, nil)
	faults.OnUpdate(func(n int) storetest.Fault {
		return []storetest.Fault{storetest.Before, storetest.Lost, storetest.After}[n-1]
	})
	for range 3 {
		update(t.Context(), nil)
	}
	faults.OnUpdate(nil)
	if err := faults.Close(); err != nil {
		t.Fatal(err)
	}
	update(t.Context(), nil)
	got := scrape(t, m)
	expect(t, got, "understudy_store_commit_seconds_count", 1)
	for reason, n := range map[string]float64{"full": 1, "unknown": 2, "closed": 1, "timeout": 1, "corrupt": 0, "other": 0} {
		expect(t, got, `understudy_store_commit_failures_total{reason="`+reason+`"}`, n)
	}
}
