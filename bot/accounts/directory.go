package accounts

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

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
	// Get is the account of exactly this id as it is for the person of this
	// e-mail, or ErrNotFound. It is asked anew each time: what it says decides.
	Get(ctx context.Context, id, email string) (Account, error)
	// Close stops what the directory does by itself, and waits for it.
	Close() error
}

// Open opens the directory that spec names: the path of a .json, .jsonl or
// .csv file, or an http or https URL. An error names the remedy. The directory
// goes on after ctx has ended, until it is closed.
func Open(ctx context.Context, spec string, log zerolog.Logger) (Directory, error) {
	if isURL(spec) {
		remote, err := OpenURL(spec, "")
		if err != nil {
			return nil, err
		}
		return remote, nil
	}
	file, err := OpenFile(ctx, spec, log)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func isURL(spec string) bool {
	return strings.HasPrefix(spec, "http://") || strings.HasPrefix(spec, "https://")
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
	return nil, fmt.Errorf("accounts %q: not a kind of directory that is known: name a file that ends in .json, .jsonl or .csv, or an http or https URL", path)
}
