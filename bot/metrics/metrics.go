// Package metrics counts what the bot does, for Prometheus.
//
// A [Metrics] is one registry and nothing global. The rest of the bot doesn't
// know it: [bot.Watch], the two transports and the engine that are made here
// tell it what happens, as it happens, in plain Go values; and when somebody
// scrapes, it looks at the sockets and at what waits in the store.
//
// Two ideas keep a scrape cheap and right. What isn't over is read from the
// store at each scrape: live cases, dirty cards and notices to apps, few however
// many cases there ever were. What is over is counted once at the start, and from
// then on by the events that end a case, of which every case has one. So the
// gauges are right after a restart, while counters and histograms begin at zero,
// as Prometheus expects. When a case was asked for and when its first card was
// posted come from the store too: a restart loses no measurement that is under way.
//
// No label holds what a person typed or is called: labels are flows, apps,
// statuses, kinds, Slack's methods and codes of errors. Each has a bound, whatever
// Slack answers. Durations between two points of a wall clock that was set back
// meanwhile count as zero.
package metrics

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/store"
)

// Metrics are the counts of one bot.
type Metrics struct {
	registry  *prometheus.Registry
	followed  atomic.Pointer[store.Ledger]
	now       func() time.Time
	cases     *cases
	acks      *acks
	delivery  *delivery
	notices   *prometheus.CounterVec // by app and result
	slack     *slackCalls
	pagerDuty *pagerDuty
	commits   *commits
	log       zerolog.Logger
}

// New makes the metrics of a bot that tells time by now.
func New(now func() time.Time, log zerolog.Logger) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), now: now, log: log}
	factory := promauto.With(m.registry)
	m.cases = newCases(factory)
	m.acks = newAcks(factory)
	m.delivery = newDelivery(factory)
	m.notices = newNotices(factory)
	m.slack = newSlackCalls(factory)
	m.pagerDuty = newPagerDuty(factory, now)
	m.commits = newCommits(factory)
	m.registry.MustRegister(buildInfo(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Watch is what the bot tells.
func (m *Metrics) Watch() bot.Watch {
	return bot.Watch{Committed: m.cases.committed, Handled: m.acks.handled, Delivery: m.attempted, Notice: m.told}
}

// Handler answers a scrape. What can't be found out just then, such as the
// backlog of a store that is closed, is left out of the answer, and logged.
func (m *Metrics) Handler() http.Handler {
	gathered := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      complaints{m.log},
		Registry:      m.registry,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.beginFlows(r.Context())
		gathered.ServeHTTP(w, r)
	})
}

// complaints are what promhttp has to say, in the bot's log.
type complaints struct{ log zerolog.Logger }

func (c complaints) Println(words ...any) {
	c.log.Warn().Any("problem", words).Msg("answering a scrape")
}

// seconds is how long after the start the end was. A clock that was set back
// makes no negative duration.
func seconds(start, end time.Time) float64 { return max(0, end.Sub(start).Seconds()) }
