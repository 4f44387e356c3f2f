// Package work does what the store hands out, some of it at a time.
//
// What the store hands out comes back after a while unless it was done, so
// nothing is lost by a crash. A [Queue] takes only what it can begin at once,
// because that while runs from then; it looks again as soon as a commit of this
// process leaves work, and now and then for what nobody announces: commits of
// other processes, and clocks that jump.
package work

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// poll is how often the store is asked though nothing announced a change.
	poll = time.Second
	// gather is how long a look waits for what comes together: one look for a
	// burst of commits, whose acks need the processor more.
	gather = 10 * time.Millisecond
)

// Queue is where work comes from, and what is done with it.
type Queue[T any] struct {
	Name string // of the work, for the log
	// Together is how many pieces are worked on at the same time.
	Together int
	// Changed is closed at the next commit that may leave work.
	Changed func() <-chan struct{}
	// Take hands out at most limit pieces that are due now, and says when the
	// next one is: zero if none waits.
	Take func(ctx context.Context, now time.Time, limit int) (pieces []T, next time.Time, err error)
	Do   func(context.Context, T)
	// Idle, if set, runs when there is nothing to begin. The queue waits for it.
	Idle func(context.Context)
	Now  func() time.Time
	Log  zerolog.Logger
}

// Run works until ctx ends, and waits for what it has begun.
func (q Queue[T]) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, q.Together)
	for ctx.Err() == nil {
		changed := q.Changed() // before the look: what comes after it wakes the wait
		select {
		case slots <- struct{}{}: // there is a free one
			<-slots
		case <-ctx.Done():
			return
		}
		pieces, next, err := q.Take(ctx, q.Now(), q.Together-len(slots))
		if err != nil && ctx.Err() == nil {
			q.Log.Error().Err(err).Msg("taking " + q.Name)
			changed, next = nil, time.Time{} // not again at once
		}
		for _, piece := range pieces {
			slots <- struct{}{}
			running.Go(func() {
				defer func() { <-slots }()
				q.Do(ctx, piece)
			})
		}
		if len(pieces) > 0 {
			continue
		}
		if q.Idle != nil {
			q.Idle(ctx)
		}
		q.wait(ctx, changed, next)
	}
}

func (q Queue[T]) wait(ctx context.Context, changed <-chan struct{}, next time.Time) {
	pause := poll
	if !next.IsZero() {
		pause = max(0, min(poll, next.Sub(q.Now())))
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-changed:
		timer.Reset(gather)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
}
