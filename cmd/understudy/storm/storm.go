// Package storm torments a bot, and checks afterwards what it owes to people.
//
// A [Storm] is a simulated workspace with some twenty people who ask, click,
// cancel, trespass and race each other, and a bot, as a process of its own, on
// which the weather is let loose: Slack that limits, fails, hangs and loses
// answers, envelopes that come twice, sockets that are cut, a clock that jumps
// over a suspended process, a full disk, kill -9 at any moment and at any call.
//
// It goes in rounds. After each the weather clears, the people rest, and the
// bot has a bounded time to make Slack show what its store says. Then it is
// stopped, and a reckoning compares from outside what everybody did, what they
// were shown and what the store has: nothing that was acked is lost, nothing
// happened that nobody did, every case kept the laws, every card tells the
// truth, and every act got an answer. What is settled is forgotten, so that a
// storm may last for hours.
//
// Every choice follows from a seed: who does what, and what goes wrong. The
// times of processes and networks don't, so the same seed gives the same kind
// of storm, and not the same storm to the letter.
package storm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// Options say what storm to make.
type Options struct {
	Seed  uint64
	For   time.Duration // in all, with the calm after each round
	Round time.Duration // of storm, before a calm
	Pause time.Duration // between two acts of a person, on average
	// Serve makes the command that runs the bot, which is started and killed.
	Serve func(World) *exec.Cmd
	// Copy copies the store of the running bot into a new file.
	Copy func(ctx context.Context, storePath, file string) error
	// Out is told how the storm goes.
	Out io.Writer
}

// World is where a bot finds what it runs on.
type World struct {
	AppToken, BotToken, SlackURL, PagerURL    string
	StorePath, AccountsPath, FlowsPath, Clock string
}

// Storm is a storm that was made.
type Storm struct {
	Options
	folder  string
	town    *town
	clock   *clock
	bot     *child
	log     *logbook
	disk    *disk // nil where no disk can be full
	world   World
	crowd   []*person
	pause   time.Duration
	diary   diary
	sky     *weather
	cleared time.Time // since when nothing goes wrong any more
	books   books
	result  Result

	mu      sync.Mutex
	removed map[string]bool      // cards that were deleted by hand
	tries   map[string]time.Time // when a form was first submitted, by view
}

// note runs f with what people share.
func (s *Storm) note(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// violated notes that the bot owes somebody something.
func (s *Storm) violated(format string, values ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	problem := fmt.Sprintf(format, values...)
	s.result.Violations = append(s.result.Violations, problem)
	fmt.Fprintf(s.Out, "  VIOLATION: %s\n", problem)
}

// Run storms until the time is over or ctx ends, or there are violations.
func Run(ctx context.Context, o Options) (result Result, err error) {
	s, tidy, err := prepare(ctx, o)
	defer func() { err = errors.Join(err, tidy()) }()
	if err != nil {
		return Result{Seed: o.Seed}, err
	}
	if err := s.bot.start(); err != nil {
		return s.result, err
	}
	defer func() { _ = s.bot.rest() }() // whatever it says now, the reckoning has been
	began := time.Now()
	for round := 1; ctx.Err() == nil && len(s.result.Violations) == 0; round++ {
		left := o.For - time.Since(began)
		if left < o.Round/4 && round > 1 {
			break
		}
		if err := s.round(ctx, round, min(o.Round, left)); err != nil {
			return s.finished(began), err
		}
	}
	return s.finished(began), nil
}

// round is a storm, a calm and a reckoning.
func (s *Storm) round(ctx context.Context, number int, length time.Duration) error {
	if err := s.connected(ctx); err != nil {
		return err
	}
	s.rage(ctx, length)
	took, err := s.calm(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	s.result.Calms = append(s.result.Calms, took)
	checked, err := s.reckon(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "  round %d: %d acts, calm after %s, %s\n", number, checked.acts, took.Round(100*time.Millisecond), checked)
	return s.bot.start()
}

// rage lets people and weather loose for a while.
func (s *Storm) rage(ctx context.Context, length time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var all sync.WaitGroup
	for _, p := range s.crowd {
		all.Go(func() { p.live(ctx) })
	}
	all.Go(func() {
		s.sky.blow(ctx)
		s.sky.clear()
		s.cleared = time.Now()
	})
	all.Wait()
}

// connected waits until the bot has its sockets.
func (s *Storm) connected(ctx context.Context) error {
	const patience = 30 * time.Second
	for deadline := time.Now().Add(patience); s.town.ws.Connections() == 0; {
		if time.Now().After(deadline) {
			return fmt.Errorf("the bot isn't connected %s after it was started; its log is %s", patience, s.result.Log)
		}
		if !sleep(ctx, 20*time.Millisecond) {
			return ctx.Err()
		}
	}
	return nil
}
