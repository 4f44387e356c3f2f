package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// Disk is what being durable costs: a decision's commit, and an append and
// flush of as many bytes to a plain file, in turn.
type Disk struct {
	Bytes int `json:"bytes"` // of the append
	// Whole is all of a decision: read the case, decide, commit. Commit is
	// what comes after the decision is made, until it is durable.
	Whole  Spread  `json:"whole"`
	Commit Spread  `json:"commit"`
	Flush  Spread  `json:"flush"`
	Ratio  float64 `json:"ratio"` // of Commit's and Flush's medians
}

// timed notes when an update has decided what to write.
type timed struct {
	store.Engine
	decided time.Time
}

func (t *timed) Update(ctx context.Context, fn func(store.Tx) error) error {
	return t.Engine.Update(ctx, func(tx store.Tx) error {
		err := fn(tx)
		t.decided = time.Now()
		return err
	})
}

// recordSize is how many bytes a decision writes: its event, the case, its
// indexes and cards.
const recordSize = 8 << 10

func (r *run) disk(ctx context.Context) (d Disk, err error) {
	r.say("the disk: %d commits, each beside an append and flush", r.Commits)
	db, err := bolt.Open(ctx, filepath.Join(r.folder, "disk.db"), bolt.Options{})
	if err != nil {
		return d, err
	}
	file, err := os.Create(filepath.Join(r.folder, "disk.plain"))
	if err != nil {
		return d, errors.Join(err, db.Close())
	}
	defer func() { err = errors.Join(err, file.Close(), db.Close()) }()
	ws := slacksim.New(slacksim.Options{Calm: true})
	kim, mia, ola := ws.AddPerson("Kim Berg", "kim@example.com"), ws.AddPerson("Mia Falk", "mia@example.com"), ws.AddPerson("Ola Nordmann", "ola@example.com")
	engine := &timed{Engine: db}
	p, err := newPast(ctx, engine, nil, kim, mia, ola)
	if err != nil {
		return d, err
	}
	ids := make([]string, r.Commits)
	for n := range ids {
		c, err := p.pend(ctx, n)
		if err != nil {
			return d, err
		}
		ids[n] = c.ID
	}
	var wholes, commits, flushes []time.Duration
	record := make([]byte, recordSize)
	for _, id := range ids {
		began := time.Now()
		_, err := p.ledger.Do(ctx, store.Change{Case: id, Command: approval.Approve{By: p.people[1]}, Once: "click:" + id}, time.Now())
		wholes, commits = append(wholes, time.Since(began)), append(commits, time.Since(engine.decided))
		if err != nil {
			return d, fmt.Errorf("committing a decision: %w", err)
		}
		began = time.Now()
		_, err = file.Write(record)
		err = errors.Join(err, datasync(file))
		flushes = append(flushes, time.Since(began))
		if err != nil {
			return d, fmt.Errorf("flushing a file: %w", err)
		}
	}
	d = Disk{Bytes: recordSize, Whole: spread(wholes, 0), Commit: spread(commits, 0), Flush: spread(flushes, 0)}
	d.Ratio = float64(d.Commit.P50) / float64(d.Flush.P50)
	return d, nil
}
