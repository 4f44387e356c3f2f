package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/understudyhq/understudy/bot/deliver"
	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/store"
)

// other is the label of what nobody has foreseen.
const other = "other"

// acks measure how soon Slack hears that an envelope was handled. Slack waits
// 3 s.
type acks struct {
	latency *prometheus.HistogramVec // by type
	missing *prometheus.CounterVec   // by type
}

func newAcks(factory promauto.Factory) *acks {
	a := &acks{
		latency: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "understudy_ack_seconds",
			Help:    "Time from an envelope's arrival to its ack, by the envelope's type. Slack waits 3 s.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 3},
		}, []string{"type"}),
		missing: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "understudy_envelopes_unacked_total",
			Help: "Envelopes without an ack, because handling or acking them failed: Slack shows the person its error.",
		}, []string{"type"}),
	}
	for _, kind := range []string{"slash_commands", "interactive", "events_api"} {
		a.latency.WithLabelValues(kind)
		a.missing.WithLabelValues(kind)
	}
	return a
}

func (a *acks) handled(kind string, after time.Duration, acked bool) {
	switch kind {
	case "slash_commands", "interactive", "events_api":
	default:
		kind = other
	}
	if acked {
		a.latency.WithLabelValues(kind).Observe(after.Seconds())
		return
	}
	a.missing.WithLabelValues(kind).Inc()
}

// delivery counts what comes of cards.
type delivery struct {
	attempts *prometheus.CounterVec // by kind and result
	paced    prometheus.Counter
}

func newDelivery(factory promauto.Factory) *delivery {
	d := &delivery{
		attempts: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "understudy_delivery_attempts_total",
			Help: "Looks at a card that may have to show something else, by the card's kind and what came of it: done, put_off until it may be sent, retried later after a failure, or lost for good.",
		}, []string{"kind", "result"}),
		paced: factory.NewCounter(prometheus.CounterOpts{
			Name: "understudy_delivery_paced_seconds_total",
			Help: "Time for which cards were put off to stay under Slack's limits.",
		}),
	}
	for _, kind := range kinds() {
		for _, result := range []deliver.AttemptResult{deliver.Done, deliver.PutOff, deliver.Retried, deliver.Lost} {
			d.attempts.WithLabelValues(string(kind), string(result))
		}
	}
	return d
}

func kinds() []store.CardKind {
	return []store.CardKind{
		store.RequesterCard, store.OutcomeCard, store.ApproverCard, store.ReminderCard, store.WarningCard,
		store.RevokedCard, store.ChannelCard, store.ModalCard, store.HomeCard,
	}
}

func newNotices(factory promauto.Factory) *prometheus.CounterVec {
	return factory.NewCounterVec(prometheus.CounterOpts{
		Name: "understudy_webhooks_total",
		Help: "Tries to tell an app of its grants, by app and what came of it: taken, retried later, or failed for good.",
	}, []string{"app", "result"})
}

// beginNotices makes the app's series at zero, so that their first increase is seen.
func (m *Metrics) beginNotices(app string) {
	for _, result := range []notify.Result{notify.Taken, notify.Retried, notify.Failed} {
		m.notices.WithLabelValues(app, string(result))
	}
}

func (m *Metrics) told(a notify.Attempt) {
	m.notices.WithLabelValues(a.App, string(a.Result)).Inc()
}

func (m *Metrics) attempted(a deliver.Attempt) {
	id, kind, _ := a.Card.ID.Parts()
	m.delivery.attempts.WithLabelValues(string(kind), string(a.Result)).Inc()
	m.delivery.paced.Add(max(0, a.Paced.Seconds()))
	if a.Result == deliver.Done && kind == store.ApproverCard && a.Card.Stamp != "" {
		m.cases.posted(id, a.At)
	}
}
