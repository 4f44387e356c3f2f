package metrics

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// pagerDuty counts the calls of PagerDuty's API.
type pagerDuty struct {
	calls *prometheus.CounterVec // by answer
	last  atomic.Pointer[time.Time]
	now   func() time.Time
}

func newPagerDuty(factory promauto.Factory, now func() time.Time) *pagerDuty {
	p := &pagerDuty{
		calls: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "understudy_pagerduty_calls_total",
			Help: "Calls of PagerDuty's API, by answer: ok, 429, http_4xx, http_5xx, or network.",
		}, []string{"answer"}),
		now: now,
	}
	for _, answer := range []string{"ok", "429", "http_4xx", "http_5xx", "network"} {
		p.calls.WithLabelValues(answer)
	}
	p.answered()
	factory.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "understudy_pagerduty_answer_age_seconds",
		Help: "Time since PagerDuty's last good answer, or since the start before the first. It is asked when a request needs it.",
	}, func() float64 { return seconds(*p.last.Load(), now()) })
	return p
}

func (p *pagerDuty) answered() {
	now := p.now()
	p.last.Store(&now)
}

// PagerDuty carries the calls of PagerDuty's API over next, and counts them.
func (m *Metrics) PagerDuty(next http.RoundTripper) http.RoundTripper {
	return pagerTransport{next, m.pagerDuty}
}

type pagerTransport struct {
	next http.RoundTripper
	*pagerDuty
}

// RoundTrip is of [http.RoundTripper].
func (t pagerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	switch {
	case err != nil:
		t.calls.WithLabelValues("network").Inc()
	case response.StatusCode == http.StatusTooManyRequests:
		t.calls.WithLabelValues("429").Inc()
	case response.StatusCode >= http.StatusInternalServerError:
		t.calls.WithLabelValues("http_5xx").Inc()
	case response.StatusCode >= http.StatusBadRequest:
		t.calls.WithLabelValues("http_4xx").Inc()
	default:
		t.calls.WithLabelValues("ok").Inc()
		t.answered()
	}
	return response, err
}
