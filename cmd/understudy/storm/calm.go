package storm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

const (
	// calmWithin is how long a bot may take, after a storm, until Slack shows
	// what its store says.
	calmWithin = 90 * time.Second
	// slowCalm is when one says what it waits for.
	slowCalm = 10 * time.Second
	// tardy is how late something that was due may be, once all is calm.
	tardy = 5 * time.Second
)

// calm waits until nothing is left to do, and says how long that took since
// nothing went wrong any more.
func (s *Storm) calm(ctx context.Context) (took time.Duration, err error) {
	for last := ""; ; {
		left, err := s.backlog(ctx)
		took = time.Since(s.cleared)
		if left != last && took > slowCalm {
			fmt.Fprintf(s.Out, "  after %s: %s\n", took.Round(time.Second), left)
			last = left
		}
		switch {
		case ctx.Err() != nil:
			return took, ctx.Err()
		case err == nil && left == "":
			return took, nil
		case took > calmWithin:
			s.violated("%s after the storm it isn't calm: %s (%v)", calmWithin, left, err)
			return took, nil
		}
		sleep(ctx, 200*time.Millisecond)
	}
}

// backlog is what is still to be done; empty if nothing is. It looks at a copy:
// the bot has the store.
func (s *Storm) backlog(ctx context.Context) (left string, err error) {
	folder, err := os.MkdirTemp(s.folder, "copy-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "understudy.db")
	if err := s.Copy(ctx, s.world.StorePath, file); err != nil {
		return "", err
	}
	db, err := bolt.Open(ctx, file, bolt.Options{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ledger, err := store.Open(ctx, db)
	if err != nil {
		return "", err
	}
	cards, _, err := ledger.TakeDirty(ctx, farFuture(), many, time.Hour)
	if err != nil {
		return "", err
	}
	if len(cards) > 0 {
		return fmt.Sprintf("%d cards aren't delivered, such as %s after %d failures", len(cards), cards[0].ID, cards[0].Failures), nil
	}
	cases, _, err := ledger.TakeDue(ctx, farFuture(), many, time.Hour)
	for _, c := range cases {
		if problem := s.overdue(c); problem != "" {
			left = problem
		}
	}
	return left, err
}

// overdue says what should have happened to the case by now.
func (s *Storm) overdue(c approval.Case) string {
	if c.Status == approval.Routing {
		return fmt.Sprintf("case %s is still being routed (%s)", c.ID, c.Delay)
	}
	if timer, at, due := c.Due(); due && at.Before(s.clock.now().Add(-tardy)) {
		return fmt.Sprintf("case %s: %s was due at %s", c.ID, timer, s.clock.real(at).Format(stamp))
	}
	return ""
}

// many is more than there are of anything.
const many = 1_000_000

func farFuture() time.Time { return time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC) }
