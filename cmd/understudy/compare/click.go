package compare

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

func (s *stage) approve(ctx context.Context, w waiting) error {
	return s.press(ctx, s.mia, w.Cards[0].TS, w.ID, "approve")
}

func (s *stage) press(ctx context.Context, who *slacksim.Person, ts, id, action string) error {
	return s.ws.Press(ctx, who.ID(), slacksim.Press{MessageTS: ts, BlockID: "decide:" + id, ActionID: action})
}

// storm clicks on every case, with so many clicks in flight, and says how long
// each took to be acked, or for how long somebody waited in vain.
func (s *stage) storm(ctx context.Context, cases []waiting, inFlight int) (took []time.Duration, unanswered int, err error) {
	took = make([]time.Duration, len(cases))
	var late atomic.Int64
	together(inFlight, len(cases), func(n int) {
		began := time.Now()
		if s.approve(ctx, cases[n]) != nil {
			late.Add(1)
		}
		took[n] = time.Since(began)
	})
	return took, int(late.Load()), errors.Join(ctx.Err(), s.process.died())
}

// together does a number of things, so many at the same time.
func together(workers, things int, do func(n int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(things); n = next.Add(1) - 1 {
				do(int(n))
			}
		})
	}
	all.Wait()
}

// steady clicks at a rate, whoever has been answered, while a socket is
// refreshed now and then. It gives the cases whose clicks were acked.
func (s *stage) steady(ctx context.Context, cases []waiting, rate int, refresh time.Duration) (acked []waiting) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	again := time.NewTicker(refresh)
	defer again.Stop()
	good := make([]bool, len(cases))
	var all sync.WaitGroup
	for n := 0; n < len(cases) && ctx.Err() == nil; {
		select {
		case <-ctx.Done():
		case <-again.C:
			s.ws.RefreshSocket()
		case <-tick.C:
			at := n
			all.Go(func() { good[at] = s.approve(ctx, cases[at]) == nil })
			n++
		}
	}
	all.Wait()
	for n, ok := range good {
		if ok {
			acked = append(acked, cases[n])
		}
	}
	return acked
}

// kill kills the app as soon as so many clicks are acked, with more in flight,
// starts it again, and says how many of the acked decisions are there.
func (s *stage) kill(ctx context.Context, enough int) (acked, there int, err error) {
	cases := s.next(enough + manyInFlight)
	good := make([]bool, len(cases))
	var next, done atomic.Int64
	var all sync.WaitGroup
	var once sync.Once
	for range manyInFlight {
		all.Go(func() {
			for done.Load() < int64(enough) {
				n := next.Add(1) - 1
				if n >= int64(len(cases)) || s.approve(ctx, cases[n]) != nil {
					return
				}
				good[n] = true
				if done.Add(1) >= int64(enough) {
					once.Do(s.process.kill)
				}
			}
		})
	}
	all.Wait()
	var decided []waiting
	for n, ok := range good {
		if ok {
			decided = append(decided, cases[n])
		}
	}
	if err := s.until(ctx, "the end of the sockets", func() bool { return s.ws.Connections() == 0 }); err != nil && !errors.Is(err, errDied) {
		return 0, 0, err
	}
	if err := s.launched(ctx, true); err != nil {
		return 0, 0, fmt.Errorf("starting again: %w", err)
	}
	there, err = s.decided(ctx, decided)
	return len(decided), there, err
}

// ask has Ola click on her copy, again if the app has no socket just then.
func (s *stage) ask(ctx context.Context, w waiting) error {
	for tries := 1; ; tries++ {
		err := s.press(ctx, s.ola, w.Cards[1].TS, w.ID, "approve")
		if err == nil || tries == 5 {
			return err
		}
		if err := s.until(ctx, "a socket", func() bool { return s.ws.Connections() > 0 }); err != nil {
			return err
		}
	}
}

// decided asks from outside which of the decisions are there: Ola clicks on
// her copies, and reads for how many of them that Mia has decided.
func (s *stage) decided(ctx context.Context, cases []waiting) (there int, err error) {
	before := len(s.ola.Notices())
	var unanswered atomic.Int64
	together(8, len(cases), func(n int) {
		if s.ask(ctx, cases[n]) != nil {
			unanswered.Add(1)
		}
	})
	if n := unanswered.Load(); n > 0 {
		return 0, fmt.Errorf("%d of %d clicks that ask for the decision weren't answered", n, len(cases))
	}
	var answers []string
	quiet := time.Now()
	err = s.until(ctx, "the private answers", func() bool {
		now := s.ola.Notices()[before:]
		if len(now) != len(answers) {
			answers, quiet = now, time.Now()
		}
		// A click on a case that isn't decided gets no answer: it decides.
		return len(answers) >= len(cases) || time.Since(quiet) > 3*time.Second
	})
	for _, answer := range answers {
		if strings.Contains(answer, s.mia.Name()) {
			there++
		}
	}
	return there, err
}
