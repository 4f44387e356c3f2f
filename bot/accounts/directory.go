package accounts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// ErrNotFound means that the directory answered, and has no such account.
// Every other error of a Directory is worth trying again.
var ErrNotFound = errors.New("no such account")

// MaxResults is the most accounts that one search answers: the options that
// Slack shows in a type-ahead.
const MaxResults = 100

// Directory knows the accounts. It may be used by many goroutines at once.
type Directory interface {
	// Search is a type-ahead over names and ids. Neither case nor accents
	// count. First comes the account of exactly this id, then names that begin
	// with the query, then those with a word that does, then those that contain
	// it; each in order of name. An empty query lists the accounts assigned to
	// the e-mail, then all others. It answers at most limit accounts, and never
	// more than MaxResults.
	Search(ctx context.Context, query, email string, limit int) ([]Account, error)
	// Named are the accounts that a text names, limit at most, by the whole id or
	// the whole name: see [Named]. It says ErrTooMuch rather than to leave out
	// what it can't look for.
	Named(ctx context.Context, text string, limit int) ([]Account, error)
	// Get is the account of exactly this id as it is for the person of this
	// e-mail, or ErrNotFound. It is asked anew each time: what it says decides.
	Get(ctx context.Context, id, email string) (Account, error)
	// Close stops what the directory does by itself, and waits for it.
	Close() error
}

// Source says where a directory is, and what it takes to ask it.
type Source struct {
	// Where is the path of a .json, .jsonl or .csv file, an https URL, or the
	// postgres URL of a database.
	Where string
	// Secret is the bearer token that a URL is asked with, or a database's password.
	Secret string
	// Queries is the .sql file with a database's two queries.
	Queries string
	// Plain allows an http URL of another host, where the network itself keeps
	// what is said secret and true.
	Plain bool
	// Keep is how long the accounts of a file that can't be read any more are
	// given; zero is DefaultKeep.
	Keep time.Duration
}

// Check says what is wrong with the source as far as that can be known without
// a network, and names the remedy.
func (s Source) Check() error {
	if isURL(s.Where) {
		return checkURL(s.Where, s.Plain)
	}
	if isDatabase(s.Where) {
		_, err := databaseConfig(s.Where, s.Secret)
		_, unread := readQueries(s.Queries)
		return errors.Join(err, unread)
	}
	if _, err := formatOf(s.Where); err != nil {
		return err
	}
	_, err := os.Stat(s.Where)
	return err
}

// Open opens the directory. An error names the remedy. The directory goes on
// after ctx has ended, until it is closed.
func (s Source) Open(ctx context.Context, log zerolog.Logger) (Directory, error) {
	if isURL(s.Where) {
		return opened(OpenURL(s.Where, s.Secret, s.Plain))
	}
	if isDatabase(s.Where) {
		return opened(OpenDatabase(ctx, s.Where, s.Secret, s.Queries, log))
	}
	file, err := OpenFile(ctx, s.Where, log)
	if err == nil && s.Keep > 0 {
		file.KeepFor(s.Keep)
	}
	return opened(file, err)
}

// opened keeps a nil pointer from becoming a Directory.
func opened[D Directory](directory D, err error) (Directory, error) {
	if err != nil {
		return nil, err
	}
	return directory, nil
}

func isURL(where string) bool {
	return strings.HasPrefix(where, "http://") || strings.HasPrefix(where, "https://")
}

// format is how a file writes accounts down, by its name's ending.
type format func(data []byte) rows

func formatOf(path string) (format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json":
		return jsonRows, nil
	case ".jsonl":
		return jsonlRows, nil
	case ".csv":
		return csvRows, nil
	}
	return nil, fmt.Errorf("accounts %q: not a kind of directory that is known: name a file that ends in .json, .jsonl or .csv, an https URL or a postgres URL", path)
}
