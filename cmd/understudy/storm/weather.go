package storm

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// weather is what goes wrong, and how often it did.
type weather struct {
	*Storm
	random *rand.Rand
	beside sync.WaitGroup // faults that last

	mu     sync.Mutex
	counts map[string]int
	full   []gap // when the disk was full
}

// fault is something that goes wrong.
type fault struct {
	name   string
	weight int
	strike func(*weather, context.Context)
}

func faults() []fault {
	return []fault{
		{"Slack answers 429", 20, func(w *weather, _ context.Context) { w.fail(slacksim.RateLimited(time.Second)) }},
		{"Slack answers 500", 12, func(w *weather, _ context.Context) { w.fail(slacksim.Status(500)) }},
		{"Slack hangs", 3, func(w *weather, _ context.Context) { w.fail(slacksim.Hang()) }},
		{"Slack's answer is lost", 14, func(w *weather, _ context.Context) { w.fail(slacksim.LoseAnswer()) }},
		{"envelopes delivered twice", 12, func(w *weather, _ context.Context) { w.town.ws.DeliverTwice(1 + w.random.IntN(8)) }},
		{"acks ignored", 4, func(w *weather, _ context.Context) { w.town.ws.ForgetAcks(1 + w.random.IntN(2)) }},
		{"socket cut", 6, func(w *weather, _ context.Context) { w.town.ws.CutSocket() }},
		{"socket refreshed", 6, func(w *weather, _ context.Context) { w.town.ws.RefreshSocket() }},
		{"kill -9", 3, func(w *weather, _ context.Context) { w.bot.kill() }},
		{"kill -9 at a call of Slack", 5, func(w *weather, _ context.Context) {
			w.town.light(1+w.random.IntN(12), w.random.IntN(2) == 0)
		}},
		{"redeployed", 2, (*weather).redeploy},
		{"suspended", 3, (*weather).suspend},
		{"clock jumps", 9, (*weather).jump},
		{"disk full", 6, (*weather).fill},
		{"PagerDuty down", 3, func(w *weather, ctx context.Context) { w.pager(ctx, w.town.pager.Down) }},
		{"PagerDuty hangs", 1, func(w *weather, ctx context.Context) { w.pager(ctx, w.town.pager.Hang) }},
		{"PagerDuty answers 429", 3, func(w *weather, _ context.Context) { w.town.pager.RateLimit(1 + w.random.IntN(4)) }},
		{"PagerDuty answers 500", 2, func(w *weather, _ context.Context) { w.town.pager.Fail(1+w.random.IntN(4), 500) }},
		{"shifts change", 5, func(w *weather, _ context.Context) { w.town.shifts(w.random, w.clock) }},
	}
}

// blow has faults strike until ctx ends, in gusts with lulls between them.
func (w *weather) blow(ctx context.Context) {
	defer w.beside.Wait()
	var all []fault
	for _, f := range faults() {
		for range f.weight {
			all = append(all, f)
		}
	}
	for gust := 0; sleep(ctx, between(w.random, 50*time.Millisecond, 500*time.Millisecond)); gust++ {
		if gust%12 == 11 && !sleep(ctx, between(w.random, 2*time.Second, 5*time.Second)) {
			return
		}
		f := all[w.random.IntN(len(all))]
		if f.name == "disk full" && (w.disk == nil || w.fullLately()) {
			continue
		}
		w.count(f.name)
		f.strike(w, ctx)
	}
}

func (w *weather) count(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[name]++
}

// fail has some calls of one method go wrong.
func (w *weather) fail(f slacksim.Fault) {
	methods := []string{
		"chat.postMessage", "chat.postMessage", "chat.postMessage", "chat.update", "chat.update", "chat.update",
		"views.open", "views.update", "views.publish", "users.info", "users.lookupByEmail", "usergroups.users.list",
		"conversations.open", "conversations.history", "apps.connections.open", "response_url",
	}
	w.town.ws.Fail(methods[w.random.IntN(len(methods))], 1+w.random.IntN(3), f)
}

func (w *weather) redeploy(context.Context) {
	w.beside.Go(func() {
		if err := w.bot.redeploy(); err != nil {
			w.violated("%v", err)
		}
	})
}

func (w *weather) suspend(context.Context) {
	d := between(w.random, 500*time.Millisecond, 5*time.Second)
	jumps := w.random.IntN(2) == 0
	by := minutes(w.random, 1, 15)
	w.beside.Go(func() {
		w.bot.suspend(d, func() {
			if jumps {
				w.jumpBy(by)
			}
		})
	})
}

func (w *weather) jump(context.Context) { w.jumpBy(minutes(w.random, 1, 7)) }

func (w *weather) jumpBy(by time.Duration) {
	if err := w.clock.jump(by); err != nil {
		w.violated("%v", err)
	}
}

// fill has commits fail for a while.
func (w *weather) fill(ctx context.Context) {
	d := between(w.random, time.Second, 4*time.Second)
	w.beside.Go(func() { w.fillFor(ctx, d) })
}

func (w *weather) fillFor(ctx context.Context, d time.Duration) {
	w.mu.Lock()
	w.full = append(w.full, gap{time.Now(), time.Now().Add(time.Hour)})
	w.mu.Unlock()
	err := w.disk.fill()
	sleep(ctx, d)
	if healed := w.disk.heal(); err != nil || healed != nil {
		w.violated("the storm can't fill and heal its disk: %v, %v", err, healed)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.full[len(w.full)-1].until = time.Now().Add(10 * time.Second)
}

// fullLately says whether the disk is full, or was a moment ago.
func (w *weather) fullLately() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.full)
	return n > 0 && time.Now().Before(w.full[n-1].until)
}

func (w *weather) pager(ctx context.Context, set func(bool)) {
	d := between(w.random, time.Second, 4*time.Second)
	set(true)
	w.beside.Go(func() {
		sleep(ctx, d)
		set(false)
	})
}

// clear ends all that goes wrong.
func (w *weather) clear() {
	w.town.light(0, false)
	w.town.ws.Heal()
	w.town.pager.Down(false)
	w.town.pager.Hang(false)
	w.town.pager.RateLimit(0)
	w.town.pager.Fail(0, 0)
}

// sleep is false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func between(random *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(random.Int64N(int64(most-least)))
}

func minutes(random *rand.Rand, least, most int) time.Duration {
	return between(random, time.Duration(least)*time.Minute, time.Duration(most)*time.Minute)
}
