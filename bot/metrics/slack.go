package metrics

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// mostCodes is how many of Slack's codes of errors get a label of their own, in
// the order in which they turn up. Slack may invent any number.
const mostCodes = 50

// slackCalls count the calls of Slack's Web API.
type slackCalls struct {
	calls   *prometheus.CounterVec   // by method and answer
	took    *prometheus.HistogramVec // by method
	waiting *prometheus.CounterVec   // by method
	codes   *codes
}

func newSlackCalls(factory promauto.Factory) *slackCalls {
	return &slackCalls{
		calls: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "understudy_slack_calls_total",
			Help: "Calls of Slack's Web API, by method and answer: ok, a code of Slack's, 429, http_4xx, http_5xx, network, or unreadable.",
		}, []string{"method", "answer"}),
		took: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "understudy_slack_call_seconds",
			Help:    "Time until Slack's Web API answered, by method.",
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"method"}),
		waiting: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "understudy_slack_retry_after_seconds_total",
			Help: "Time that Slack asked to wait by its 429 answers, by method.",
		}, []string{"method"}),
		codes: &codes{},
	}
}

// Slack carries the calls of Slack's Web API over next, and counts them. It
// changes nothing about them.
func (m *Metrics) Slack(next http.RoundTripper) http.RoundTripper {
	return slackTransport{next, m.slack}
}

type slackTransport struct {
	next http.RoundTripper
	*slackCalls
}

// RoundTrip is of [http.RoundTripper].
func (t slackTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	method, began := methodOf(r.URL.Path), time.Now()
	response, err := t.next.RoundTrip(r)
	answer := "network"
	if err == nil {
		answer = t.answer(response)
	}
	t.took.WithLabelValues(method).Observe(time.Since(began).Seconds())
	t.calls.WithLabelValues(method, answer).Inc()
	if answer == "429" {
		asked, _ := strconv.Atoi(response.Header.Get("Retry-After")) // none is none
		t.waiting.WithLabelValues(method).Add(float64(max(0, asked)))
	}
	return response, err
}

// methodOf is a method that the bot calls. No other part of an address becomes
// a label: it might be a secret.
func methodOf(address string) string {
	if method := path.Base(address); slices.Contains(methods(), method) {
		return method
	}
	return other
}

func methods() []string {
	return []string{
		"apps.connections.open", "auth.test", "chat.postEphemeral", "chat.postMessage", "chat.update",
		"conversations.history", "conversations.list", "conversations.open",
		"usergroups.list", "usergroups.users.list", "users.info", "users.lookupByEmail",
		"views.open", "views.publish", "views.push", "views.update",
	}
}

// answer is a short word for what Slack said. The response's body can be read
// as before.
func (t slackTransport) answer(r *http.Response) string {
	switch {
	case r.StatusCode == http.StatusTooManyRequests:
		return "429"
	case r.StatusCode >= http.StatusInternalServerError:
		return "http_5xx"
	case r.StatusCode != http.StatusOK:
		return "http_4xx"
	}
	data, err := io.ReadAll(r.Body)
	r.Body = &body{io.MultiReader(bytes.NewReader(data), failing{err}), r.Body}
	if err != nil {
		return "network"
	}
	var said struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	switch {
	case json.Unmarshal(data, &said) != nil:
		return "unreadable"
	case said.OK:
		return "ok"
	}
	return t.codes.label(said.Error)
}

// body is what was read of a response, and the error that ended it.
type body struct {
	io.Reader
	io.Closer
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// codes are the codes of errors that have a label.
type codes struct {
	mu    sync.Mutex
	known []string
}

func (c *codes) label(code string) string {
	if code == "" || len(code) > 50 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return other
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.known, code) {
		return code
	}
	if len(c.known) == mostCodes {
		return other
	}
	c.known = append(c.known, code)
	return code
}
