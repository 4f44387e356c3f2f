package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/understudyhq/understudy/store"
)

// commits measure the store.
type commits struct {
	took     prometheus.Histogram
	failures *prometheus.CounterVec // by reason
}

func newCommits(factory promauto.Factory) *commits {
	c := &commits{
		took: factory.NewHistogram(prometheus.HistogramOpts{
			Name:    "understudy_store_commit_seconds",
			Help:    "Time that a change of the store took until it was durable, waiting for its turn included.",
			Buckets: []float64{0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5},
		}),
		failures: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "understudy_store_commit_failures_total",
			Help: "Changes of the store that failed, by reason.",
		}, []string{"reason"}),
	}
	for _, reason := range []string{"full", "unknown", "corrupt", "closed", "timeout", other} {
		c.failures.WithLabelValues(reason)
	}
	return c
}

// Engine is the engine, with its commits measured.
func (m *Metrics) Engine(e store.Engine) store.Engine { return measured{e, m.commits} }

type measured struct {
	store.Engine
	*commits
}

// Update is as [store.Engine] says.
func (m measured) Update(ctx context.Context, fn func(store.Tx) error) error {
	var declined error // what the function itself said, last
	began := time.Now()
	err := m.Engine.Update(ctx, func(tx store.Tx) error {
		declined = fn(tx)
		return declined
	})
	if err == nil {
		m.took.Observe(time.Since(began).Seconds())
	} else if reason := reasonOf(err, declined); reason != "" {
		m.failures.WithLabelValues(reason).Inc()
	}
	return err
}

// reasonOf is empty for what isn't the store's failure: the ledger declines
// what a case doesn't allow, and a process that ends gives up waiting.
func reasonOf(err, declined error) string {
	switch {
	case errors.Is(err, store.ErrFull):
		return "full"
	case errors.Is(err, store.ErrUnknown):
		return "unknown"
	case errors.Is(err, store.ErrCorrupt):
		return "corrupt"
	case errors.Is(err, store.ErrClosed):
		return "closed"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case declined != nil, errors.Is(err, context.Canceled):
		return ""
	}
	return other
}
