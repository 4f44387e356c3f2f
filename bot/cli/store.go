package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

type storeCommand struct {
	Store   string         `env:"UNDERSTUDY_STORE" default:"bolt:understudy.db" help:"The store."`
	Backup  backupCommand  `cmd:"" help:"Write a copy of the store to a new file."`
	Check   checkCommand   `cmd:"" help:"Check every case of the store: its events, their chain, and what follows from them."`
	Restore restoreCommand `cmd:"" help:"Put a copy of a backup in the place of the store."`
}

func (s *storeCommand) path() string { return strings.TrimPrefix(s.Store, "bolt:") }

type backupCommand struct {
	File string `arg:"" type:"path" help:"The file to write. It must not exist."`
}

// Run copies the store.
func (b *backupCommand) Run(ctx context.Context, cli *commands, stdout io.Writer) error {
	if err := CopyStore(ctx, cli.Store.path(), b.File); err != nil {
		return fmt.Errorf("copying the store: %w", err)
	}
	_, err := fmt.Fprintf(stdout, "The store %s is copied to %s.\n", cli.Store.path(), b.File)
	return err
}

type checkCommand struct{}

// Run checks a copy of the store, so that a running bot goes on. A store with
// a problem is an error.
func (checkCommand) Run(ctx context.Context, cli *commands, stdout io.Writer) error {
	report, err := checkCopy(ctx, cli.Store.path())
	if err != nil {
		return fmt.Errorf("checking the store: %w", err)
	}
	for _, problem := range report.Problems {
		fmt.Fprintln(stdout, "problem:", problem)
	}
	fmt.Fprintf(stdout, "%d cases (%d open), %d events, %d cards\n", report.Cases, report.Open, report.Events, report.Cards)
	if n := len(report.Problems); n > 0 {
		return fmt.Errorf("the store %s has %d problems: restore a backup with: understudy store restore BACKUP", cli.Store.path(), n)
	}
	_, err = fmt.Fprintf(stdout, "The store %s is sound (checked %s).\n", cli.Store.path(), time.Now().UTC().Format(time.RFC3339))
	return err
}

func checkCopy(ctx context.Context, path string) (report store.Report, err error) {
	folder, err := os.MkdirTemp("", "understudy-check-")
	if err != nil {
		return report, fmt.Errorf("making a folder for a copy, in TMPDIR or else the system's: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "copy.db")
	if err := CopyStore(ctx, path, file); err != nil {
		return report, err
	}
	db, err := bolt.OpenReadOnly(ctx, file, bolt.Options{Name: path})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return checkOpen(ctx, db)
}

// checkOpen checks an open store: its file, and what is written in it.
func checkOpen(ctx context.Context, db *bolt.DB) (store.Report, error) {
	if err := db.Check(ctx); err != nil {
		return store.Report{}, err
	}
	ledger, err := store.Open(ctx, db)
	if err != nil {
		return store.Report{}, err
	}
	return ledger.Check(ctx)
}
