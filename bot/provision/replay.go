package provision

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// Replay is how past cases would have been decided by other rules or
// parameters, from the facts that were recorded when they were.
type Replay struct {
	Since time.Time `json:"since"` // the cases that were asked from then on
	Cases int       `json:"cases"`
	// Changed would have been decided otherwise, the oldest first.
	Changed []Replayed `json:"changed"`
	// Unknown can't be told: the rules read what wasn't recorded then.
	Unknown []Replayed `json:"unknown"`
	// MoreChanged and MoreUnknown are those that aren't listed.
	MoreChanged int `json:"more_changed,omitempty"`
	MoreUnknown int `json:"more_unknown,omitempty"`
	// Cut says that there are more cases, which weren't replayed.
	Cut bool `json:"cut,omitempty"`
}

// Replayed is one case, then and now.
type Replayed struct {
	Case      string    `json:"case"`
	Flow      string    `json:"flow"`
	Requester string    `json:"requester"`
	Account   string    `json:"account"`
	AskedAt   time.Time `json:"asked_at"`
	Before    string    `json:"before"`
	After     string    `json:"after"`
}

const (
	replayDays   = 30
	replayCases  = 10_000 // at most
	replayListed = 50     // of each kind
	replayPage   = 500
)

// NewReplay is a replay of these days before now, without any case yet.
func NewReplay(now time.Time, days int) *Replay {
	return &Replay{Since: now.AddDate(0, 0, -days).UTC(), Changed: []Replayed{}, Unknown: []Replayed{}}
}

// replay runs the flow's past cases through it, or all cases if the flow is new.
func (p *Planner) replay(ctx context.Context, rule flows.Flow, f store.Flow, isNew bool) (*Replay, error) {
	r := NewReplay(p.Now(), replayDays)
	for after := FirstID(r.Since); ; {
		page, err := p.Ledger.Cases(ctx, after, replayPage)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			after = c.ID
			past := PastOf(c)
			if !isNew && c.Flow.Name != f.Name || c.AskedAt.Before(r.Since) || !past.Told() {
				continue
			}
			if r.Cases == replayCases {
				r.Cut = true
				return r, nil
			}
			r.Try(rule, f.Params, past)
		}
		if len(page) < replayPage {
			return r, nil
		}
	}
}

// FirstID is before the id of every case of that time: ids are UUIDs of version
// 7, which begin with the time. The clock of ids may be behind that of cases by
// a day.
func FirstID(since time.Time) string {
	var id uuid.UUID
	ms := uint64(max(since.Add(-24*time.Hour).UnixMilli(), 0))
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i))) //nolint:gosec // one byte of it
	}
	return id.String()
}

// Past is a case that was decided, with what its rules read and said then.
type Past struct {
	Replayed

	Facts   flows.Facts
	Outcome flows.Outcome
}

// PastOf is the case as a replay takes it.
func PastOf(c approval.Case) Past {
	return Past{Replayed{Case: c.ID, Flow: c.Flow.Name, Requester: c.Requester.Name, Account: c.Account.Name, AskedAt: c.AskedAt}, c.Facts, c.Outcome}
}

// Told says whether the case's rules came to an outcome.
func (p Past) Told() bool {
	return p.Facts.Fields != nil && p.Outcome.Result != "" && p.Outcome.Result != flows.NeedsFact
}

// Try notes what the rules would have said to the case, with these parameters.
func (r *Replay) Try(rule flows.Flow, params map[string]string, past Past) {
	facts := past.Facts
	facts.Params = params
	now := flows.Evaluate(rule, facts)
	r.Cases++
	entry := past.Replayed
	entry.Before, entry.After = past.Outcome.Explain(), now.Explain()
	switch {
	case now.Result == flows.NeedsFact:
		r.Unknown, r.MoreUnknown = listed(r.Unknown, r.MoreUnknown, entry)
	case !same(past.Outcome, now):
		r.Changed, r.MoreChanged = listed(r.Changed, r.MoreChanged, entry)
	}
}

func listed(all []Replayed, more int, entry Replayed) ([]Replayed, int) {
	if len(all) == replayListed {
		return all, more + 1
	}
	return append(all, entry), more
}

// same says whether a requester would have met the same: let in, turned away,
// or waiting for the same people. Why they were refused doesn't matter.
func same(a, b flows.Outcome) bool {
	route := func(o flows.Outcome) string {
		if o.Route == nil {
			return ""
		}
		return o.Route.String()
	}
	return a.Result == b.Result && route(a) == route(b)
}
