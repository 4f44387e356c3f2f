package metrics

import (
	"context"
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// scrapeTime is how long a scrape looks into the store, at most.
const scrapeTime = 5 * time.Second

// Follow counts the ledger's cases, and from then on those that are committed.
// It comes before the bot runs.
func (m *Metrics) Follow(ctx context.Context, ledger *store.Ledger) error {
	if err := m.cases.load(ctx, ledger); err != nil {
		return err
	}
	m.registry.MustRegister(&standing{ledger: ledger, cases: m.cases, now: m.now})
	m.followed.Store(ledger)
	return nil
}

// beginFlows begins the series of flows that were provisioned since.
func (m *Metrics) beginFlows(ctx context.Context) {
	ledger := m.followed.Load()
	if ledger == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, scrapeTime)
	defer cancel()
	provisioned, err := ledger.Flows(ctx)
	if err != nil {
		m.log.Warn().Err(err).Msg("reading the flows for a scrape")
	}
	for _, flow := range provisioned {
		m.cases.begin(flow.Name)
		if flow.App != nil && flow.App.Webhook != "" {
			m.beginNotices(flow.App.Name)
		}
	}
}

// standing is what the store holds at a scrape.
type standing struct {
	ledger *store.Ledger
	cases  *cases
	now    func() time.Time
}

func casesDesc() *prometheus.Desc {
	return prometheus.NewDesc("understudy_cases", "Cases in the store, by status.", []string{"status"}, nil)
}

func backlogDesc() *prometheus.Desc {
	return prometheus.NewDesc("understudy_delivery_backlog", "Cards that may have to show something else than Slack has.", nil, nil)
}

func oldestDesc() *prometheus.Desc {
	return prometheus.NewDesc("understudy_delivery_oldest_change_seconds", "Since when a card should show something else: the age of the oldest undelivered change, 0 without one.", nil, nil)
}

func noticesDesc() *prometheus.Desc {
	return prometheus.NewDesc("understudy_webhook_backlog", "Notices that apps haven't taken, by state: waiting to be sent, or failed in the last 30 days.", []string{"state"}, nil)
}

// Describe is of [prometheus.Collector].
func (s *standing) Describe(descs chan<- *prometheus.Desc) {
	descs <- casesDesc()
	descs <- backlogDesc()
	descs <- oldestDesc()
	descs <- noticesDesc()
}

// Collect is of [prometheus.Collector].
func (s *standing) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	now, err := s.ledger.Standing(ctx)
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(backlogDesc(), err)
		return
	}
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	counts := s.cases.over()
	maps.Copy(counts, now.Live)
	for _, status := range statuses() {
		gauge(casesDesc(), float64(counts[status]), string(status))
	}
	gauge(backlogDesc(), float64(now.Dirty))
	gauge(noticesDesc(), float64(now.Untaken), "waiting")
	gauge(noticesDesc(), float64(now.Failed), "failed")
	age := 0.0
	if !now.Oldest.IsZero() {
		age = seconds(now.Oldest, s.now())
	}
	gauge(oldestDesc(), age)
}

func statuses() []approval.Status {
	return []approval.Status{
		approval.Routing, approval.Pending, approval.Active, approval.Ended,
		approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused,
	}
}

// Sockets tells of the bot's connections at each scrape.
func (m *Metrics) Sockets(sockets func() bot.Sockets) {
	m.gauge("understudy_sockets_connected", "Sockets that Slack has greeted and not closed.", func() float64 { return float64(sockets().Connected) })
	m.gauge("understudy_sockets_held", "Sockets that are open or being opened.", func() float64 { return float64(sockets().Held) })
	m.counter("understudy_envelopes_received_total", "Envelopes that came from Slack.", func() float64 { return float64(sockets().Stats.Received) })
	m.counter("understudy_acks_sent_total", "Envelopes whose ack was sent.", func() float64 { return float64(sockets().Stats.Acked) })
	m.counter("understudy_ack_failures_total", "Envelopes that were handled, and whose ack couldn't be sent.", func() float64 { return float64(sockets().Stats.AckFailures) })
	m.counter("understudy_socket_reconnects_total", "Sockets opened in the place of another.", func() float64 { return float64(sockets().Stats.Reconnects) })
}

// StoreSize tells how large the store is, in bytes, at each scrape.
func (m *Metrics) StoreSize(bytes func() int64) {
	m.gauge("understudy_store_size_bytes", "Size of the store.", func() float64 { return float64(bytes()) })
}

func (m *Metrics) gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

func (m *Metrics) counter(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
}
