package storm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// books are what a storm remembers from one reckoning to the next.
type books struct {
	settled map[string]int // cases that were over and shown everywhere, and how many events they had
	since   time.Time      // the last reckoning
}

func newBooks() books { return books{settled: map[string]int{}, since: time.Now()} }

// evidence is what a reckoning looks at.
type evidence struct {
	*Storm
	acts    []act
	screens map[string]slacksim.Screen
	said    map[string][]time.Time // by person: when they were told a sentence
	files   []file                 // cases that aren't settled
	homes   []store.Card
	failed  []slacksim.Call // what went wrong with Slack
	checked checked
}

// file is a case with all that the store has of it.
type file struct {
	approval.Case
	events []approval.Event
	cards  []store.Card
}

// checked counts what a reckoning compared.
type checked struct {
	acts, deeds, told, excused, cards, cases int
}

func (c checked) String() string {
	return fmt.Sprintf("%d events of people, %d private answers, %d cards and %d cases checked (%d silences excused by what failed)", c.deeds, c.told, c.cards, c.cases, c.excused)
}

// reckon stops the bot, and compares what it owes with what it did.
func (s *Storm) reckon(ctx context.Context) (c checked, err error) {
	if err := s.bot.rest(); err != nil {
		s.violated("%v", err)
	}
	stopped := s.clock.now()
	s.log.flush()
	for _, line := range s.log.panics {
		s.violated("the bot's log: %s", line)
	}
	for _, end := range s.bot.alone {
		s.violated("%s", end)
	}
	db, err := bolt.OpenReadOnly(ctx, s.world.StorePath, bolt.Options{})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Check(ctx); err != nil {
		s.violated("the store's file: %v", err)
	}
	ledger, err := store.Open(ctx, db)
	if err != nil {
		return c, err
	}
	report, err := ledger.Check(ctx)
	if err != nil {
		return c, err
	}
	for _, problem := range report.Problems {
		s.violated("the store: %s", problem)
	}
	e, err := s.gather(ctx, ledger)
	if err != nil {
		return c, err
	}
	e.check(stopped)
	s.settle(e, report)
	return e.checked, nil
}

// gather reads what everybody did, sees and is on record.
func (s *Storm) gather(ctx context.Context, ledger *store.Ledger) (*evidence, error) {
	e := &evidence{Storm: s, acts: s.diary.tear(), screens: map[string]slacksim.Screen{}, said: map[string][]time.Time{}}
	for _, p := range s.town.people {
		screen := s.town.ws.Screen(p.ID)
		e.screens[p.ID] = screen
		for _, m := range screen.Messages {
			if cardOf(m) == "" {
				e.said[p.ID] = append(e.said[p.ID], s.clock.real(stampTime(m.TS)))
			}
		}
	}
	for _, call := range s.town.ws.Calls() {
		if call.Time.After(s.books.since) && weathered(call.Error) {
			e.failed = append(e.failed, call)
		}
	}
	var after string
	for {
		cases, err := ledger.Cases(ctx, after, 500)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			after = c.ID
			if seq, settled := s.books.settled[c.ID]; settled {
				if seq != c.Seq {
					s.violated("case %s was over after %d events, and has %d", c.ID, seq, c.Seq)
				}
				continue
			}
			f := file{Case: c}
			if f.events, err = ledger.Events(ctx, c.ID); err != nil {
				return nil, err
			}
			if f.cards, err = ledger.CardsOf(ctx, c.ID); err != nil {
				return nil, err
			}
			e.files = append(e.files, f)
		}
		if len(cases) == 0 {
			break
		}
	}
	var err error
	e.homes, err = ledger.CardsOf(ctx, "home")
	return e, err
}

// weathered says whether a call's error is of the weather.
func weathered(problem string) bool {
	_, err := strconv.Atoi(problem)
	return err == nil || slices.Contains([]string{"ratelimited", "hang", "answer lost"}, problem)
}

// check compares everything with everything.
func (e *evidence) check(stopped time.Time) {
	e.checked.acts, e.checked.cases = len(e.acts), len(e.files)
	e.checkDeeds()
	for _, f := range e.files {
		e.checkLaws(f)
		if _, at, due := f.Due(); due && at.Before(stopped.Add(-tardy)) {
			e.violated("%s is overdue since %s at %s", f.name(), at, stopped)
		}
	}
	e.checkLive()
	e.checkCards()
	e.checkHomes()
}

// name is the case for people who look for it.
func (f file) name() string {
	return fmt.Sprintf("case %s (%s, %s of %s)", f.ID, f.Status, f.Account.ID, f.Requester.Name)
}

// stampTime is when a message was stamped, by the clock of cases.
func stampTime(ts string) time.Time {
	seconds, micros, _ := strings.Cut(ts, ".")
	s, _ := strconv.ParseInt(seconds, 10, 64) // the workspace made it
	m, _ := strconv.ParseInt(micros, 10, 64)
	return time.Unix(s, m*1000)
}

// settle forgets what is over and shown everywhere.
func (s *Storm) settle(e *evidence, report store.Report) {
	over := map[string]bool{}
	for _, f := range e.files {
		if f.Status.Over() {
			over[f.ID] = true
			s.books.settled[f.ID] = f.Seq
			s.result.Ends[f.Status]++
		}
	}
	s.town.ws.Prune(func(m slacksim.Message) bool {
		id, _, _ := store.CardID(cardOf(m)).Parts()
		_, settled := s.books.settled[id]
		return cardOf(m) == "" || over[id] || settled
	})
	s.bot.forgetGaps()
	s.note(func() { clear(s.tries) })
	s.books.since = time.Now()
	s.result.add(e, report)
}
