package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

type restoreCommand struct {
	File string `arg:"" type:"existingfile" help:"A backup, as store backup writes it."`
}

// Help says what happens to what is there.
func (restoreCommand) Help() string {
	return "Stop the bot first. The backup is checked, and then a copy of it takes the store's place. " +
		"What was there is kept beside it under a new name. What happened after the backup isn't in the store any more."
}

// Run puts a copy of the backup in the store's place.
func (r *restoreCommand) Run(ctx context.Context, cli *commands, stdout io.Writer) error {
	path := cli.Store.path()
	var report store.Report
	kept, err := bolt.Replace(ctx, path, r.File, func(db *bolt.DB) (err error) {
		if report, err = checkOpen(ctx, db); err == nil && len(report.Problems) > 0 {
			err = fmt.Errorf("the backup %s has %d problems, the first: %s; take another one", r.File, len(report.Problems), report.Problems[0])
		}
		return err
	})
	if errors.Is(err, store.ErrCorrupt) {
		err = fmt.Errorf("it's the backup that is damaged, take another one: %w", err)
	}
	if err != nil {
		return fmt.Errorf("restoring the store: nothing was replaced: %w", err)
	}
	fmt.Fprintf(stdout, "The store %s is restored from %s: %d cases (%d open), %d events, %d cards.\n",
		path, r.File, report.Cases, report.Open, report.Events, report.Cards)
	if report.Events > 0 {
		fmt.Fprintf(stdout, "Its newest event is of %s. What happened after that is lost to it.\n", report.Newest.UTC().Format(time.RFC3339))
	}
	if kept != "" {
		fmt.Fprintf(stdout, "What was there is kept as %s.\n", kept)
	}
	return nil
}
