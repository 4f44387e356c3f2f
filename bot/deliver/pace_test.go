package deliver

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/store"
)

// line is many cards that want the same call, and come back when they are told to.
type line struct {
	pace  pace
	cards sync.WaitGroup

	mu    sync.Mutex
	tries int
	made  []time.Time // when calls were made, in order
}

// card calls once, as soon as it may, after a while.
func (l *line) card(c call, after time.Duration) {
	l.cards.Go(func() {
		time.Sleep(after)
		l.once(c)
	})
}

func (l *line) once(c call) {
	for {
		early, ok := errors.AsType[*tooSoon](l.try(c))
		if !ok {
			return
		}
		time.Sleep(early.wait)
	}
}

func (l *line) try(c call) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries++
	err := l.pace.take(c)
	if err == nil {
		l.made = append(l.made, time.Now())
	}
	return err
}

func update(n int, u urgency) call {
	return call{"chat.update", "", store.CardID(strconv.Itoa(n)), u}
}

func TestNoWindowHasMoreThanItsBudget(t *testing.T) {
	for _, c := range []struct {
		call   call
		most   int
		window time.Duration
	}{
		{call{method: "chat.update"}, 50, time.Minute},
		{call{method: "views.publish"}, 100, time.Minute},
		{call{method: "chat.postMessage", channel: "D1"}, 4, 4 * time.Second},
		{call{method: "conversations.history"}, 50, time.Minute},
		{call{method: "conversations.list"}, 20, time.Minute},
	} {
		t.Run(c.call.method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &line{}
				random := rand.New(rand.NewPCG(1, 2))
				for i := range 300 {
					next := c.call
					next.card, next.urgency = store.CardID(strconv.Itoa(i)), urgency(random.IntN(int(lanes)))
					l.card(next, time.Duration(random.IntN(int(2*time.Minute))))
				}
				l.cards.Wait()
				if len(l.made) != 300 {
					t.Fatalf("%d of 300 calls were made", len(l.made))
				}
				for i := c.most; i < len(l.made); i++ {
					if took := l.made[i].Sub(l.made[i-c.most]); took < c.window {
						t.Fatalf("%d calls in %s", c.most+1, took)
					}
				}
			})
		})
	}
}

func TestEveryWaitingCardHasATimeOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		began := time.Now()
		for i := range 200 {
			l.card(update(i, soon), 0)
		}
		l.cards.Wait()
		if took := l.made[199].Sub(began); took > 4*minute {
			t.Errorf("200 updates took %s, want 45 a minute", took)
		}
		if l.tries > 2*200 {
			t.Errorf("200 cards asked %d times for their turn", l.tries)
		}
	})
}

func TestTheUrgentDontWaitForTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		defer l.cards.Wait()
		for i := range 300 {
			l.card(update(i, later), 0)
		}
		time.Sleep(time.Second)
		for i := range 20 {
			u := soon
			if i%4 == 0 {
				u = first
			}
			if err := l.pace.take(update(1000+i, u)); err != nil {
				t.Errorf("card %d, of urgency %d: %v", i, u, err)
			}
		}
	})
}

func TestACardThatBecomesUrgentGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		defer l.cards.Wait()
		for i := range 300 {
			l.card(update(i, later), 0)
		}
		time.Sleep(time.Second)
		waiting := update(299, later)
		early, ok := errors.AsType[*tooSoon](l.pace.take(waiting))
		if !ok || early.wait > longest {
			t.Fatalf("a card that may become urgent isn't looked at for %v", early)
		}
		waiting.urgency = soon
		if err := l.pace.take(waiting); err != nil {
			t.Errorf("a card that became urgent: %v", err)
		}
	})
}

func TestA429MovesWhatWasPromised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		began := time.Now()
		var refused []call
		for i := range 90 {
			c := update(i, soon)
			if l.pace.take(c) == nil && i < 3 {
				refused = append(refused, c)
			}
		}
		for _, c := range refused {
			l.pace.hold(c, &slack.RateLimitedError{RetryAfter: 30 * time.Second})
		}
		for i := range 90 {
			if c := update(i, soon); i < 3 || i >= 45 {
				l.card(c, 0)
			}
		}
		l.cards.Wait()
		after := slices.IndexFunc(l.made, func(at time.Time) bool { return at.After(began.Add(30 * time.Second)) })
		if after != 3 || !l.made[0].Equal(began.Add(30*time.Second)) {
			t.Errorf("after the wait that Slack asked for come %d calls, want the three that it refused: %v", after, l.made[0].Sub(began))
		}
		if last := l.made[len(l.made)-1].Sub(began); last != minute+30*time.Second {
			t.Errorf("the last call was made after %s, want all to be moved by half a minute", last)
		}
	})
}

func TestPromisesThatNobodyCameBackForAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		for i := range 300 {
			_ = p.take(update(i, later))
			_ = p.take(call{method: "chat.postMessage", channel: strconv.Itoa(i)})
		}
		time.Sleep(time.Hour)
		if err := p.take(update(300, later)); err != nil {
			t.Error(err)
		}
		if len(p.promises) != 0 || len(p.budgets) != 1 {
			t.Errorf("after an hour there are %d promises and %d budgets", len(p.promises), len(p.budgets))
		}
	})
}

func TestAMethodHasSeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		for range atOnce {
			if _, err := p.seat(t.Context(), "chat.update"); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if _, err := p.seat(t.Context(), "chat.update"); err == nil || time.Since(began) != seatTime {
			t.Errorf("a seat more: %v after %s", err, time.Since(began))
		}
		if _, err := p.seat(t.Context(), "chat.postMessage"); err != nil {
			t.Errorf("another method's seat: %v", err)
		}
	})
}
