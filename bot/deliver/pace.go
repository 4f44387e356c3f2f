package deliver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/store"
)

// pace keeps calls under Slack's limits, so that a 429 is the exception. The
// zero value is ready to use.
//
// A method's budget is what it takes in any minute; the first calls of a quiet
// time go out at once. A card for which the budget has nothing now is promised a
// time of its own, so that a hundred cards that wait don't all come back for the
// next call. The budget is shared out in lanes by how urgent a card is, so that
// what only looks nicer never delays what has become untrue.
//
// A method has seats as well: calls of one that hangs can't take the time of all.
//
// All of it is of this process, and a restart forgets it: the first minute may
// then have more calls than its budget, which a 429 corrects.
//
// Source: docs.slack.dev, "Rate limits": tier 3 is 50 calls a minute and more,
// tier 4 is 100 and more, each per method and workspace; a channel takes about
// one message a second, and more for a moment.
type pace struct {
	haste    int // how many times as fast as Slack allows; 0 means once
	mu       sync.Mutex
	budgets  map[string]*budget
	promises map[promised]promise
	forgot   time.Time // when what is over was dropped last
	seats    map[string]chan struct{}
}

// urgency says whose wait matters more.
type urgency int

const (
	// first are those who wait for just this: the requester, and whoever decided.
	first urgency = iota
	// soon are copies whose buttons don't count any more.
	soon
	// later is the rest: what they show is true, and could say more.
	later
	lanes
)

// call is what a call of Slack counts as.
type call struct {
	method  string
	channel string // whom it is for, where channels have limits of their own
	card    store.CardID
	urgency urgency
}

// key is what shares a limit with the call.
func (c call) key() string {
	if c.method == "chat.postMessage" {
		return c.method + " " + c.channel
	}
	return c.method
}

const (
	// minute is a little longer than Slack's: it counts calls when they arrive.
	minute = 61 * time.Second
	// longest is how long a card is put off at most whose turn may come sooner,
	// when the case changes.
	longest = 10 * time.Second
	// atOnce is how many calls of one method are made at the same time.
	atOnce = 16
	// seatTime is how long a card waits for one of them to end, and seatPause
	// how long until it asks again.
	seatTime  = 3 * time.Second
	seatPause = 5 * time.Second
)

// tooSoon says that Slack shouldn't be called yet. It is no failure.
type tooSoon struct {
	wait    time.Duration
	unpaced bool // it isn't Slack's limits that the call waits for
}

func (t *tooSoon) Error() string { return fmt.Sprintf("not before %s", t.wait) }

// seat waits for one of the method's seats. Whoever has it gives it back.
func (p *pace) seat(ctx context.Context, method string) (leave func(), err error) {
	seats := p.seatsOf(method)
	timer := time.NewTimer(seatTime)
	defer timer.Stop()
	select {
	case seats <- struct{}{}:
		return func() { <-seats }, nil
	case <-timer.C:
		return nil, &tooSoon{wait: seatPause, unpaced: true}
	case <-ctx.Done():
		return nil, &tooSoon{wait: seatPause, unpaced: true}
	}
}

func (p *pace) seatsOf(method string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seats == nil {
		p.seats = map[string]chan struct{}{}
	}
	if p.seats[method] == nil {
		p.seats[method] = make(chan struct{}, atOnce)
	}
	return p.seats[method]
}

// promised is whose promise it is: a card's, of a call that shares a limit.
type promised struct {
	card store.CardID
	key  string
}

type promise struct {
	at      time.Time
	urgency urgency
}

// take asks for the call now.
func (p *pace) take(c call) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, whose := time.Now(), promised{c.card, c.key()}
	b := p.budget(c, now)
	if now.Before(b.held) {
		return &tooSoon{wait: b.held.Sub(now)}
	}
	given, has := p.promises[whose]
	if !has || c.urgency < given.urgency && given.at.After(now) {
		given = promise{b.plan(c.urgency, now), c.urgency}
	}
	if wait := given.at.Sub(now); wait > 0 {
		p.promises[whose] = given
		if c.urgency == later {
			wait = min(wait, longest)
		}
		return &tooSoon{wait: wait}
	}
	delete(p.promises, whose)
	return nil
}

// hold keeps calls of this kind back for as long as Slack's 429 said, and
// everything that was promised after now by as much.
func (p *pace) hold(c call, failure error) {
	limited, ok := errors.AsType[*slack.RateLimitedError](failure)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	b := p.budget(c, now)
	b.spare++
	more := now.Add(limited.RetryAfter).Sub(latest(now, b.held))
	if more <= 0 {
		return
	}
	b.held = latest(now, b.held).Add(more)
	b.shift(now, more)
	for whose, given := range p.promises {
		if whose.key == c.key() && given.at.After(now) {
			p.promises[whose] = promise{given.at.Add(more), given.urgency}
		}
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (p *pace) budget(c call, now time.Time) *budget {
	if p.budgets == nil {
		p.budgets, p.promises = map[string]*budget{}, map[promised]promise{}
	}
	p.forget(now)
	key := c.key()
	if p.budgets[key] == nil {
		p.budgets[key] = newBudget(c.method)
		p.budgets[key].window /= time.Duration(max(1, p.haste))
	}
	return p.budgets[key]
}

// forget drops what is idle, and promises that no card came back for, since it
// shows what it should without the call.
func (p *pace) forget(now time.Time) {
	if now.Sub(p.forgot) < minute {
		return
	}
	p.forgot = now
	maps.DeleteFunc(p.budgets, func(_ string, b *budget) bool { return b.idle(now) })
	maps.DeleteFunc(p.promises, func(_ promised, given promise) bool { return now.Sub(given.at) > minute })
}

// budget is what a limit allows in any window of time.
type budget struct {
	window time.Duration
	lanes  [lanes]lane
	held   time.Time // after a 429, until when
	// spare counts the calls that Slack didn't take. They are made again before
	// those that were promised a time.
	spare int
}

// lane is a part of a budget: so many calls in any window.
type lane struct {
	size  int
	calls []time.Time // the last ones that were made or promised, in order
}

func newBudget(method string) *budget {
	switch {
	case method == "chat.postMessage":
		return &budget{window: 4 * time.Second, lanes: [lanes]lane{later: {size: 4}}}
	case method == "chat.update":
		return &budget{window: minute, lanes: [lanes]lane{first: {size: 5}, soon: {size: 15}, later: {size: 30}}}
	case method == "conversations.list":
		return &budget{window: minute, lanes: [lanes]lane{later: {size: 20}}}
	case strings.HasPrefix(method, "views."):
		return &budget{window: minute, lanes: [lanes]lane{later: {size: 100}}}
	}
	return &budget{window: minute, lanes: [lanes]lane{later: {size: 50}}}
}

// plan takes the first time from now on that the budget has for this urgency.
// The more urgent may use the lanes of the less urgent, not the other way round.
func (b *budget) plan(u urgency, now time.Time) time.Time {
	if b.spare > 0 {
		b.spare--
		return now
	}
	var best *lane
	for i := u; i < lanes; i++ {
		if l := &b.lanes[i]; l.size > 0 && (best == nil || l.next(now, b.window).Before(best.next(now, b.window))) {
			best = l
		}
	}
	at := best.next(now, b.window)
	best.calls = append(best.calls, at)
	if extra := len(best.calls) - best.size; extra > 0 {
		best.calls = best.calls[extra:]
	}
	return at
}

// next is the first time from now on when the lane has room.
func (l *lane) next(now time.Time, window time.Duration) time.Time {
	if len(l.calls) < l.size {
		return now
	}
	if at := l.calls[len(l.calls)-l.size].Add(window); at.After(now) {
		return at
	}
	return now
}

// shift moves what is promised after now.
func (b *budget) shift(now time.Time, by time.Duration) {
	for i := range b.lanes {
		for j, at := range b.lanes[i].calls {
			if at.After(now) {
				b.lanes[i].calls[j] = at.Add(by)
			}
		}
	}
}

func (b *budget) idle(now time.Time) bool {
	for _, l := range b.lanes {
		if n := len(l.calls); n > 0 && now.Sub(l.calls[n-1]) < b.window {
			return false
		}
	}
	return !now.Before(b.held)
}
