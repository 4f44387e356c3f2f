package provision

import (
	"cmp"
	"context"
	"errors"
	"math"
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
	// OutOfTime says that this is because it would have taken too long.
	OutOfTime bool `json:"out_of_time,omitempty"`
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
	replayListed = 50 // of each kind
	replayPage   = 500
	// replayTime is how long past cases are read and replayed, at most.
	replayTime = 15 * time.Second
)

// NewReplay is a replay of the cases since then, without any case yet.
func NewReplay(since time.Time) *Replay {
	return &Replay{Since: since.UTC(), Changed: []Replayed{}, Unknown: []Replayed{}}
}

// replay runs the flow's past cases through it, or all cases if the flow is new.
func (p *Planner) replay(ctx context.Context, rule flows.Flow, f store.Flow, isNew bool) (*Replay, error) {
	r := NewReplay(p.Window.since(p.Now()))
	reading, cancel := context.WithTimeout(ctx, cmp.Or(p.ReplayTime, replayTime))
	defer cancel()
	of := f.Name
	if isNew {
		of = ""
	}
	past, err := p.past(reading, r, of)
	if err != nil && reading.Err() == nil || ctx.Err() != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	if p.Window.Days == 0 && len(past) > 0 && p.Window.Last > 0 {
		r.Since = past[0].AskedAt
	}
	for _, one := range past {
		if reading.Err() != nil {
			break
		}
		r.Try(rule, f.Params, one)
	}
	if reading.Err() != nil {
		r.Cut, r.OutOfTime = true, true
	}
	return r, nil
}

// past are the cases of a flow, or of all, that are to be replayed.
func (p *Planner) past(ctx context.Context, r *Replay, flow string) (past []Past, err error) {
	if p.Window.Last == 0 {
		past, r.Cut, err = p.between(ctx, flow, r.Since, time.Time{}, mostReplayed)
		return past, err
	}
	// The newest are found from the end, in steps that grow: nobody knows how long
	// ago they were asked, and the ledger is read forwards only.
	until := time.Time{}
	for from, step := p.Now(), 7*24*time.Hour; from.After(r.Since); step *= 2 {
		from = from.Add(-step)
		if from.Before(r.Since) {
			from = r.Since
		}
		more, _, err := p.between(ctx, flow, from, until, math.MaxInt)
		past = append(more, past...)
		if err != nil || len(past) >= p.Window.Last {
			return past[max(0, len(past)-p.Window.Last):], err
		}
		until = from
	}
	return past, nil
}

// between are the cases that were asked from a time on and before another one,
// if that isn't zero. Cut says that there are more than most.
func (p *Planner) between(ctx context.Context, flow string, from, until time.Time, most int) (past []Past, cut bool, err error) {
	last := ""
	if !until.IsZero() {
		last = FirstID(until.Add(2 * idSlack))
	}
	for after := FirstID(from); ; {
		page, err := p.Ledger.Cases(ctx, after, replayPage)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return past, false, err
		}
		for _, c := range page {
			after = c.ID
			one := PastOf(c)
			if flow != "" && c.Flow.Name != flow || c.AskedAt.Before(from) || !until.IsZero() && !c.AskedAt.Before(until) || !one.Told() {
				continue
			}
			if len(past) == most {
				return past, true, nil
			}
			past = append(past, one)
		}
		if len(page) < replayPage || last != "" && after > last {
			return past, false, nil
		}
	}
}

// idSlack is how far the clock of ids may be from that of cases.
const idSlack = 24 * time.Hour

// FirstID is before the id of every case of that time: ids are UUIDs of version
// 7, which begin with the time. The clock of ids may be behind that of cases by
// a day.
func FirstID(since time.Time) string {
	var id uuid.UUID
	ms := uint64(max(since.Add(-idSlack).UnixMilli(), 0))
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
