package deliver

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"
)

// pace keeps calls under Slack's limits, so that a 429 is the exception. The
// zero value is ready to use.
//
// Source: docs.slack.dev, "Rate limits": tier 3 is 50 calls a minute and more,
// tier 4 is 100 and more, each per method and workspace; a channel takes about
// one message a second. The first calls of a quiet time go out at once.
type pace struct {
	mu       sync.Mutex
	limiters map[string]*rate.Limiter
	held     map[string]time.Time // after a 429, until when
}

// tooSoon says that Slack shouldn't be called yet. It is no failure.
type tooSoon struct {
	wait    time.Duration
	unpaced bool // it isn't Slack's limits that the call waits for
}

func (t *tooSoon) Error() string { return fmt.Sprintf("not before %s", t.wait) }

// take asks for one call of the method now.
func (p *pace) take(method, channel string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	key, limit, burst := allowance(method, channel)
	if until := p.held[key]; now.Before(until) {
		return &tooSoon{wait: until.Sub(now)}
	}
	reserved := p.limiter(key, limit, burst).ReserveN(now, 1)
	if wait := reserved.DelayFrom(now); wait > 0 {
		reserved.CancelAt(now)
		return &tooSoon{wait: wait}
	}
	return nil
}

// hold keeps calls of this kind back for as long as Slack's 429 said.
func (p *pace) hold(method, channel string, failure error) {
	limited, ok := errors.AsType[*slack.RateLimitedError](failure)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held = map[string]time.Time{}
	}
	key, _, _ := allowance(method, channel)
	p.held[key] = time.Now().Add(limited.RetryAfter)
}

// allowance is what shares a limit with this call, and the limit.
func allowance(method, channel string) (key string, limit rate.Limit, burst int) {
	switch {
	case method == "chat.postMessage":
		return method + " " + channel, 1, 4
	case strings.HasPrefix(method, "views."):
		return method, rate.Limit(100.0 / 60), 100
	}
	return method, rate.Limit(50.0 / 60), 50
}

func (p *pace) limiter(key string, limit rate.Limit, burst int) *rate.Limiter {
	if p.limiters == nil {
		p.limiters = map[string]*rate.Limiter{}
	}
	if p.limiters[key] == nil {
		p.forgetIdle()
		p.limiters[key] = rate.NewLimiter(limit, burst)
	}
	return p.limiters[key]
}

// forgetIdle drops full limiters once there are many: a new one is the same.
func (p *pace) forgetIdle() {
	if len(p.limiters) < 1000 {
		return
	}
	for key, l := range p.limiters {
		if l.Tokens() >= float64(l.Burst()) {
			delete(p.limiters, key)
		}
	}
}
