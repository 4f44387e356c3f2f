package metrics

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// cases count requests, and follow them from the submission to the decision.
type cases struct {
	submitted *prometheus.CounterVec // by flow
	outcomes  *prometheus.CounterVec // by flow and outcome
	grants    *prometheus.CounterVec // by flow and end
	firstCard prometheus.Histogram
	decision  prometheus.Histogram

	// What follows was read from the store at the start, and is kept by what is
	// committed since.
	mu      sync.Mutex
	ended   map[approval.Status]int
	waiting map[string]waiting // by case
}

// waiting is a case that nobody has decided yet.
type waiting struct {
	asked time.Time
	first time.Time // when the first approver's card was posted; zero before
}

func newCases(factory promauto.Factory) *cases {
	return &cases{
		submitted: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "understudy_submissions_total",
			Help: "Requests that were sent and saved, by flow.",
		}, []string{"flow"}),
		outcomes: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "understudy_requests_total",
			Help: "Requests whose outcome is known, by flow and outcome.",
		}, []string{"flow", "outcome"}),
		grants: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "understudy_grants_ended_total",
			Help: "Grants that are over, by flow and how they ended.",
		}, []string{"flow", "end"}),
		firstCard: factory.NewHistogram(prometheus.HistogramOpts{
			Name:    "understudy_first_card_seconds",
			Help:    "Time from a submission to the first card posted to an approver who isn't the requester.",
			Buckets: []float64{0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800},
		}),
		decision: factory.NewHistogram(prometheus.HistogramOpts{
			Name:    "understudy_decision_seconds",
			Help:    "Time from the first card posted to an approver to the decision of people.",
			Buckets: []float64{5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400},
		}),
		ended:   map[approval.Status]int{},
		waiting: map[string]waiting{},
	}
}

// outcome is how a request came out.
type outcome string

const (
	allowedByRule       outcome = "allowed_by_rule"
	deniedByRule        outcome = "denied_by_rule"
	approvedByPeople    outcome = "approved"
	approvedByRequester outcome = "approved_by_requester"
	deniedByPeople      outcome = "denied"
	deniedByRequester   outcome = "denied_by_requester"
	refused             outcome = "refused"
	cancelled           outcome = "cancelled"
	timedOut            outcome = "timed_out"
)

func outcomes() []outcome {
	return []outcome{allowedByRule, deniedByRule, approvedByPeople, approvedByRequester, deniedByPeople, deniedByRequester, refused, cancelled, timedOut}
}

// begin makes the flow's series at zero, so that their first increase is seen.
func (c *cases) begin(flow string) {
	c.submitted.WithLabelValues(flow)
	for _, o := range outcomes() {
		c.outcomes.WithLabelValues(flow, string(o))
	}
	for _, end := range []approval.GrantEnd{approval.Expired, approval.Released, approval.Revoked} {
		c.grants.WithLabelValues(flow, string(end))
	}
}

// load reads what the process before this one has left.
func (c *cases) load(ctx context.Context, ledger *store.Ledger) error {
	ended, err := ledger.Ended(ctx)
	if err != nil {
		return fmt.Errorf("counting the cases for metrics: %w", err)
	}
	undecided, err := ledger.Undecided(ctx)
	if err != nil {
		return fmt.Errorf("reading the undecided cases for metrics: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = ended
	for _, u := range undecided {
		c.waiting[u.Case] = waiting{u.AskedAt, u.FirstCard}
	}
	return nil
}

// committed counts the events of a commit. They may be of several cases, and
// each event comes here once, in whatever order commits follow each other.
func (c *cases) committed(r store.Result) {
	flow := r.Case.Flow.Name
	allowed := map[string]bool{} // by a rule, in this commit
	for _, e := range r.Events {
		if s := approval.Apply(approval.Case{}, e).Status; s.Over() {
			c.end(s)
		}
		alone := r.Case.ID == e.Case && r.Case.SelfApproved()
		switch body := e.Body.(type) {
		case approval.Submitted:
			c.submitted.WithLabelValues(flow).Inc()
			c.wait(e.Case, e.At)
		case approval.Allowed:
			allowed[e.Case] = true
			c.decided(flow, allowedByRule, e)
		case approval.Granted:
			if !allowed[e.Case] {
				c.decided(flow, by(alone, approvedByRequester, approvedByPeople), e)
			}
		case approval.Rejected:
			c.decided(flow, deniedByRule, e)
		case approval.RefusedCase:
			c.decided(flow, refused, e)
		case approval.DeniedCase:
			c.decided(flow, by(alone, deniedByRequester, deniedByPeople), e)
		case approval.CancelledCase:
			c.decided(flow, cancelled, e)
		case approval.TimedOutCase:
			c.decided(flow, timedOut, e)
		case approval.GrantEnded:
			c.grants.WithLabelValues(flow, string(body.End)).Inc()
		}
	}
}

func by(alone bool, requester, people outcome) outcome {
	if alone {
		return requester
	}
	return people
}

func (c *cases) decided(flow string, o outcome, e approval.Event) {
	c.outcomes.WithLabelValues(flow, string(o)).Inc()
	if o == approvedByPeople || o == deniedByPeople {
		c.posted(e.Case, e.At) // a click in the Home, or one that overtakes the record of its card
	}
	w := c.forget(e.Case)
	if !w.first.IsZero() && (o == approvedByPeople || o == deniedByPeople) {
		c.decision.Observe(seconds(w.first, e.At))
	}
}

// posted notes that an approver's card of the case was posted.
func (c *cases) posted(id string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, undecided := c.waiting[id]
	if !undecided || !w.first.IsZero() {
		return
	}
	w.first = at
	c.waiting[id] = w
	c.firstCard.Observe(seconds(w.asked, at))
}

func (c *cases) wait(id string, asked time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting[id] = waiting{asked: asked}
}

func (c *cases) forget(id string) waiting {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.waiting[id]
	delete(c.waiting, id)
	return w
}

func (c *cases) end(s approval.Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended[s]++
}

func (c *cases) over() map[approval.Status]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.ended)
}
