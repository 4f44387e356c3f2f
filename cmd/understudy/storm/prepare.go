package storm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// prepare makes everything but the bot's process. Tidy takes it away again, also
// after an error.
func prepare(ctx context.Context, o Options) (_ *Storm, tidy func() error, err error) {
	var undo []func() error
	tidy = func() error {
		var problems []error
		for _, f := range slices.Backward(undo) {
			problems = append(problems, f())
		}
		return errors.Join(problems...)
	}
	folder, err := os.MkdirTemp("", "understudy-storm-")
	if err != nil {
		return nil, tidy, err
	}
	s := &Storm{
		Options: o, folder: folder, clock: newClock(folder), pause: o.Pause, cleared: time.Now(),
		removed: map[string]bool{}, tries: map[string]time.Time{}, books: newBooks(),
		result: Result{
			Seed: o.Seed, Log: filepath.Join(folder, "bot.log"),
			Outcomes: map[verb]map[outcome]int{}, Ends: map[approval.Status]int{},
		},
	}
	undo = append(undo, s.putAway)
	for _, step := range []func(context.Context) (func() error, error){s.openLog, s.openDisk, s.build, s.serve} {
		back, err := step(ctx)
		if err != nil {
			return nil, tidy, fmt.Errorf("making a storm: %w", err)
		}
		undo = append(undo, back)
	}
	s.populate()
	return s, tidy, nil
}

// putAway removes the folder, unless somebody will want to read what is in it.
func (s *Storm) putAway() error {
	if len(s.result.Violations) > 0 {
		return nil
	}
	return os.RemoveAll(s.folder)
}

func (s *Storm) openLog(context.Context) (closeIt func() error, err error) {
	s.log, err = openLogbook(s.result.Log)
	if err != nil {
		return nil, err
	}
	return s.log.close, nil
}

// openDisk makes a disk for the store that can be full, where that is possible.
func (s *Storm) openDisk(context.Context) (unmount func() error, err error) {
	folder := filepath.Join(s.folder, "store")
	s.world.StorePath = filepath.Join(folder, "understudy.db")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	mounted, err := mountDisk(folder)
	if err != nil {
		fmt.Fprintf(s.Out, "  no full disk: %v\n", err)
		return func() error { return nil }, nil
	}
	s.disk = mounted
	return func() error { return errors.Join(s.keepStore(), mounted.unmount()) }, nil
}

// keepStore copies the store, with what belongs to it, from a disk that goes,
// if somebody will want it.
func (s *Storm) keepStore() error {
	if len(s.result.Violations) == 0 {
		return nil
	}
	var errs []error
	for _, name := range []string{"understudy.db", "understudy.db.journal", "understudy.db.mark"} {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(s.world.StorePath), name))
		if err == nil {
			err = os.WriteFile(filepath.Join(s.folder, name), data, 0o600) //nolint:gosec // both folders are the storm's own
		}
		if !errors.Is(err, fs.ErrNotExist) { // a store that was closed in order has no journal
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// build makes the town, the sky and the bot.
func (s *Storm) build(context.Context) (nothing func() error, err error) {
	s.town = newTown(s.Seed, s.clock)
	s.sky = &weather{Storm: s, random: s.chance(skyChance), counts: map[string]int{}}
	s.bot = &child{
		make: func() *exec.Cmd { return s.Serve(s.world) }, log: s.log, excused: s.sky.fullLately, random: s.chance(botChance),
	}
	s.town.kill = s.bot.kill
	s.world.Clock = s.clock.file
	s.world.AccountsPath, s.world.FlowsPath, err = s.town.write(s.folder)
	return func() error { return nil }, err
}

// Each part of a storm has a chance of its own, so that none depends on how
// often another one asks. People have the numbers below these.
const (
	skyChance = 1000 + iota
	botChance
)

func (s *Storm) chance(of uint64) *rand.Rand { return rand.New(rand.NewPCG(s.Seed, of)) }

// populate has the people of the town take part.
func (s *Storm) populate() {
	for i, info := range s.town.people {
		p := &person{Storm: s, PersonInfo: info, random: s.chance(uint64(i)), asks: 0.03}
		if i < s.town.agents {
			p.asks = 0.35
		}
		if !info.Gone {
			s.crowd = append(s.crowd, p)
		}
	}
}
