// Package compare measures this bot beside the same app written with Slack's
// own framework, @slack/bolt, in one run that anybody can repeat.
//
// Both run as processes of their own, in turn, on the same simulated workspace
// in this process, and are clicked on by the same people. What is the same
// for both: the modal, cards with Approve and Deny for two managers, the first
// decision wins, a late click gets a private answer, all copies are updated.
// What the other app (app.js) doesn't do: it keeps nothing on disk, looks
// nobody up, has no rules, no timers, no log, no pacing, and no answer for
// somebody who lost the right to decide.
//
// The cases that are clicked on are made beforehand, as if they had been asked
// for a while ago: this bot finds them in its store, the other app in a file
// that it reads at its start. So each click is on a case of its own, commits a
// decision, and meets nothing left from preparing.
//
// What is measured, and why so:
//
//   - A click's round trip is from the press to the ack, seen from Slack. "In
//     flight" is how many people have clicked and not been answered; who is
//     answered clicks again at once. Rounds alternate between the two, so that
//     a busy machine is busy for both.
//   - A click is lost if the person reads Slack's own error, or if its decision
//     isn't there afterwards. Clicks come at a steady rate while a socket is
//     refreshed now and then; the wait for a new socket is the apps' own affair.
//   - Whether a decision is there is asked from outside, and of both alike: the
//     other manager clicks on her copy, and reads who decided.
//   - A kill is kill -9, at the moment when the last of some clicks is acked and
//     more are in flight.
//   - Memory is the resident set, as the system tells it: when the app has been
//     connected and left alone for a while, and after the clicks.
//   - What being durable costs is measured apart, with nothing else running: a
//     decision committed to the bot's store on this disk, and an append and
//     flush of as many bytes to a plain file beside it, in turn.
//
// Absolute figures are this machine's. The ratios are what can be compared.
package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim/npm"
)

// Options say how much to measure. The zero value of each but Self is good.
type Options struct {
	Self     string        // this program, whose serve is the bot
	Dir      string        // where the store is kept meanwhile; the current folder if empty
	Rounds   int           // of round trips, for each of the two
	Clicks   int           // in a round, for each number in flight
	For      time.Duration // how long clicks come while sockets are refreshed
	Refresh  time.Duration // how often one is
	Rate     int           // clicks a second meanwhile
	Kill     int           // acked clicks before a kill
	Rest     time.Duration // how long an app is left alone before its memory is read
	Commits  int           // decisions committed, and flushes, to compare them
	Progress io.Writer     // what is being done; nothing if nil
}

func (o Options) orDefaults() Options {
	o.Dir = cmp.Or(o.Dir, ".")
	o.Rounds, o.Clicks = cmp.Or(o.Rounds, 2), cmp.Or(o.Clicks, 1000)
	o.For, o.Refresh, o.Rate = cmp.Or(o.For, 65*time.Second), cmp.Or(o.Refresh, 20*time.Second), cmp.Or(o.Rate, 50)
	o.Kill, o.Rest, o.Commits = cmp.Or(o.Kill, 200), cmp.Or(o.Rest, 15*time.Second), cmp.Or(o.Commits, 2000)
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return o
}

// boltVersion is the framework's that is measured.
const boltVersion = "4.7.3"

// manyInFlight is the larger of the two numbers of clicks in flight.
const manyInFlight = 50

// Run measures. It takes about Rounds × 10 s + 2 × For + 1 minute.
func Run(ctx context.Context, o Options) (_ Report, err error) {
	o = o.orDefaults()
	modules, err := npm.Install(ctx, "@slack/bolt", boltVersion)
	if err != nil {
		return Report{}, fmt.Errorf("the app to compare with: %w", err)
	}
	folder, err := os.MkdirTemp(o.Dir, "understudy-bench-")
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	r := &run{Options: o, folder: folder}
	report := Report{Machine: machine(ctx, folder), Options: o, Ours: Figures{Name: "Understudy"}, Theirs: Figures{Name: "Bolt, in memory"}}
	apps := []app{{&report.Ours, ours(o.Self), 2}, {&report.Theirs, theirs(modules), 1}}
	if report.Disk, err = r.disk(ctx); err != nil {
		return report, fmt.Errorf("measuring the disk: %w", err)
	}
	for round := range o.Rounds {
		for _, a := range apps {
			if err := r.round(ctx, a, round); err != nil {
				return report, fmt.Errorf("%s, round %d: %w", a.figures.Name, round+1, err)
			}
		}
	}
	for _, a := range apps {
		if err := r.refreshes(ctx, a); err != nil {
			return report, fmt.Errorf("%s, while sockets are refreshed: %w", a.figures.Name, err)
		}
	}
	report.sum()
	return report, nil
}

// run is a run of the comparison.
type run struct {
	Options
	folder string
	stages int
}

// app is one of the two, and what was measured of it.
type app struct {
	figures *Figures
	launch  launcher
	sockets int // that it opens
}

func (r *run) say(format string, values ...any) {
	fmt.Fprintf(r.Progress, "  "+format+"\n", values...)
}

// round measures round trips in a fresh workspace, memory in the first round,
// and what a kill leaves in the last.
func (r *run) round(ctx context.Context, a app, n int) error {
	r.say("%s: round %d of %d", a.figures.Name, n+1, r.Rounds)
	s, err := r.stage(ctx, a, 2*r.Clicks+r.Kill+2*manyInFlight)
	if err != nil {
		return err
	}
	defer s.close()
	if n == 0 {
		if err := s.life(ctx); err != nil {
			return fmt.Errorf("a case's life as people see it: %w", err)
		}
		if a.figures.AtRest, err = s.atRest(ctx, r.Rest); err != nil {
			return err
		}
	}
	for _, inFlight := range []int{1, manyInFlight} {
		took, late, err := s.storm(ctx, s.next(r.Clicks), inFlight)
		if err != nil {
			return fmt.Errorf("clicks, %d in flight: %w", inFlight, err)
		}
		a.figures.add(inFlight, took, late)
		r.say("%s: %d in flight: %s", a.figures.Name, inFlight, spread(took, late))
	}
	if n == 0 {
		if a.figures.After, err = s.process.memory(); err != nil {
			return err
		}
	}
	if n == r.Rounds-1 {
		a.figures.Killed, a.figures.Survived, err = s.kill(ctx, r.Kill)
	}
	return err
}

// refreshes clicks at a steady rate while sockets are refreshed.
func (r *run) refreshes(ctx context.Context, a app) error {
	r.say("%s: %v of clicks, a socket is refreshed every %v", a.figures.Name, r.For, r.Refresh)
	n := int(r.For.Seconds() * float64(r.Rate))
	s, err := r.stage(ctx, a, n)
	if err != nil {
		return err
	}
	defer s.close()
	acked := s.steady(ctx, s.next(n), r.Rate, r.Refresh)
	there, err := s.decided(ctx, acked)
	a.figures.Clicked, a.figures.Unanswered, a.figures.Vanished = n, n-len(acked), len(acked)-there
	return err
}
