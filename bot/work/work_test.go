package work_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/work"
)

// gathering is how long a look waits for what else comes.
const gathering = 10 * time.Millisecond

// pile is a store that hands out numbers, each when it is due.
type pile struct {
	mu      sync.Mutex
	due     map[int]time.Time
	changed chan struct{}
	looks   int
	fails   error
	began   map[int]time.Time
	now     int // pieces that are worked on
	most    int // … and could have been, with what was asked for
	slow    time.Duration
}

func newPile() *pile {
	return &pile{due: map[int]time.Time{}, changed: make(chan struct{}), began: map[int]time.Time{}}
}

func (p *pile) put(piece int, due time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due[piece] = due
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *pile) next() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

func (p *pile) take(_ context.Context, now time.Time, limit int) (pieces []int, next time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looks++
	p.most = max(p.most, p.now+limit)
	if p.fails != nil {
		return nil, time.Time{}, p.fails
	}
	for piece, due := range p.due {
		switch {
		case due.After(now) && (next.IsZero() || due.Before(next)):
			next = due
		case !due.After(now) && len(pieces) < limit:
			pieces = append(pieces, piece)
			delete(p.due, piece)
		}
	}
	return pieces, next, nil
}

func (p *pile) do(_ context.Context, piece int) {
	p.mu.Lock()
	p.began[piece] = time.Now()
	p.now++
	p.mu.Unlock()
	time.Sleep(p.slow + time.Duration(piece)*time.Millisecond)
	p.mu.Lock()
	p.now--
	p.mu.Unlock()
}

func (p *pile) queue() work.Queue[int] {
	return work.Queue[int]{Name: "numbers", Together: 3, Changed: p.next, Take: p.take, Do: p.do, Now: time.Now, Log: zerolog.Nop()}
}

// run works on the pile for a while.
func (p *pile) run(t *testing.T, while time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), while)
	defer cancel()
	p.queue().Run(ctx)
}

func TestEveryPieceIsBegunWhenItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := newPile(), time.Now()
		p.put(0, start)
		p.put(1, start.Add(1300*time.Millisecond))
		time.AfterFunc(2500*time.Millisecond, func() { p.put(2, time.Now()) }) // between two polls
		p.run(t, 4*time.Second)
		for piece, want := range []time.Duration{0, 1300 * time.Millisecond, 2500*time.Millisecond + gathering} {
			if got := p.began[piece].Sub(start); got != want {
				t.Errorf("piece %d was begun after %s, want %s", piece, got, want)
			}
		}
	})
}

func TestWhatIsAnnouncedDuringALookIsntMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := newPile(), time.Now()
		q := p.queue()
		q.Idle = func(context.Context) {
			if p.looks == 1 {
				p.put(0, time.Now()) // after the look, before the wait
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		q.Run(ctx)
		if began, ok := p.began[0]; !ok || !began.Equal(start.Add(gathering)) {
			t.Errorf("it was begun after %s", began.Sub(start))
		}
	})
}

func TestOnlyWhatCanBeBegunIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := newPile(), time.Now()
		p.slow = 10 * time.Second
		for piece := range 9 {
			p.put(piece, start)
		}
		p.run(t, 15*time.Second) // it ends while the second three are at work
		if len(p.began) != 6 || len(p.due) != 3 || p.most != 3 || p.now != 0 {
			t.Errorf("%d were begun and %d left, %d at a time, %d of them never ended", len(p.began), len(p.due), p.most, p.now)
		}
	})
}

func TestAStoreThatFailsIsAskedNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPile()
		p.fails = errors.New("the disk is full")
		announce := time.NewTicker(time.Millisecond)
		defer announce.Stop()
		go func() {
			for i := range 1000 {
				<-announce.C
				p.put(i, time.Now())
			}
		}()
		p.run(t, 5500*time.Millisecond)
		if !slices.Contains([]int{5, 6, 7}, p.looks) {
			t.Errorf("it was asked %d times in five seconds", p.looks)
		}
	})
}

func TestABurstIsOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPile()
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { p.queue().Run(ctx) })
		synctest.Wait()
		before := p.looks
		for piece := range 2 {
			p.put(piece, time.Now())
			time.Sleep(time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if looks := p.looks - before; looks != 2 || len(p.began) != 2 { // one that takes both, and one that finds no more
			t.Errorf("%d looks for %d pieces", looks, len(p.began))
		}
		stop()
		running.Wait()
	})
}
