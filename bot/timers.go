package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/understudyhq/understudy/bot/work"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

const (
	// caseLease is how long a due case is this process's. It is longer than
	// caseTime, so that nobody else takes it meanwhile.
	caseLease = 40 * time.Second
	// caseTime is how long services are asked what to do with a case.
	caseTime = 30 * time.Second
	// casesTogether is how many due cases are worked on at the same time.
	casesTogether = 16
	// forgetEvery is how often old envelopes' names are dropped.
	forgetEvery = time.Hour
	// forgetAtOnce is how many of them one transaction drops.
	forgetAtOnce = 1000
)

// keepTime does what time itself does to cases, until ctx ends: routing them,
// escalating, timing out, ending grants. All of it is due times in the store.
func (b *Bot) keepTime(ctx context.Context) {
	var forgotten time.Time
	work.Queue[approval.Case]{
		Name: "due cases", Together: casesTogether, Changed: b.Ledger.Changed, Now: b.Now, Log: b.Log,
		Take: func(ctx context.Context, now time.Time, limit int) ([]approval.Case, time.Time, error) {
			return b.Ledger.TakeDue(ctx, now, limit, caseLease)
		},
		Do:   b.due,
		Idle: func(ctx context.Context) { forgotten = b.forget(ctx, forgotten) },
	}.Run(ctx)
}

// due does what is due to the case. A failure, or a crash at any point before
// the commit, leaves the case in the store; it comes back when its lease is over.
func (b *Bot) due(ctx context.Context, c approval.Case) {
	// The commit isn't in this time: services that hang take all of it.
	asking, cancel := context.WithTimeout(ctx, caseTime)
	defer cancel()
	overdue := c.Overdue(b.Now())
	if _, at, _ := c.Due(); len(overdue) == 0 {
		b.postpone(ctx, c, at)
		return
	}
	for _, timer := range overdue {
		change := b.changeFor(asking, timer, c)
		if ctx.Err() != nil {
			return // it is the bot that ends, and no service that failed
		}
		if change.Command == nil {
			continue // what can't be done yet holds up nothing that can
		}
		_, err := b.commit(ctx, change)
		if _, rejected := errors.AsType[*approval.Rejection](err); rejected || err == nil {
			return // the commit, or that of somebody faster, set the next due time
		}
		if ctx.Err() == nil {
			b.Log.Error().Err(err).Str("case", c.ID).Str("timer", string(timer)).Msg("committing what was due")
		}
		break
	}
	b.postpone(ctx, c, b.Now().Add(b.Patience/tries))
}

func (b *Bot) postpone(ctx context.Context, c approval.Case, at time.Time) {
	if err := b.Ledger.Postpone(ctx, c, at); err != nil && ctx.Err() == nil {
		b.Log.Error().Err(err).Str("case", c.ID).Msg("putting off a case") // its lease ends, too
	}
}

func (b *Bot) changeFor(ctx context.Context, timer approval.Timer, c approval.Case) store.Change {
	change := store.Change{Case: c.ID}
	switch timer {
	case approval.RouteTimer:
		return b.route(ctx, c)
	case approval.EscalateTimer:
		change.Command = b.more(ctx, c, c.Route.Escalations[c.Escalations].Route, func(found approval.Found) approval.Command {
			return approval.Escalate{Found: found}
		})
	case approval.ShiftTimer:
		change.Command = b.more(ctx, c, onShift(c), func(found approval.Found) approval.Command {
			return approval.ChangeShift{Found: found}
		})
	case approval.RemindTimer:
		change.Command = approval.Remind{}
	case approval.ClaimTimer:
		change.Command = approval.LookAway{}
	case approval.TimeOutTimer:
		change.Command = approval.TimeOut{}
	case approval.WarnTimer:
		change.Command = approval.Warn{}
	case approval.ExpireTimer:
		change.Command = approval.Expire{}
	}
	return change
}

// onShift is the route of all who should be asked by now, or may decide.
func onShift(c approval.Case) flows.Route {
	route := flows.Route{Legs: slices.Clone(c.Route.Legs), Also: c.Route.Also}
	for _, e := range c.Route.Escalations[:c.Escalations] {
		route.Legs = append(route.Legs, e.Route.Legs...)
	}
	return route
}

// more finds further people for a case that waits. While a service doesn't
// answer there is no command: the case comes back, until it times out.
func (b *Bot) more(ctx context.Context, c approval.Case, route flows.Route, command func(approval.Found) approval.Command) approval.Command {
	search := b.resolve(ctx, c, route)
	if search.unsure {
		return nil
	}
	if search.empty() && len(search.found.Unreachable) == 0 {
		search.found.Unreachable = []approval.Unreached{{Person: approval.Person{Name: route.String()}, Why: search.why()}}
	}
	return command(search.found)
}

// forget drops old names of envelopes, now and then. While there are more than
// one transaction should drop, the next round goes on.
func (b *Bot) forget(ctx context.Context, last time.Time) time.Time {
	if b.Now().Sub(last) < forgetEvery {
		return last
	}
	dropped, err := b.Ledger.Forget(ctx, b.Now(), forgetAtOnce)
	if err != nil && ctx.Err() == nil {
		b.Log.Error().Err(err).Msg("dropping what Slack doesn't repeat any more")
	}
	if dropped == forgetAtOnce {
		return last
	}
	return b.Now()
}
