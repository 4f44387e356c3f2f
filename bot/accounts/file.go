package accounts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// File is a directory in a file. It holds all accounts in memory, and looks
// every two seconds whether the file has changed. Whoever changes the file
// should write a new one and rename it to this name, so that no half of it is
// ever read.
type File struct {
	path  string
	parse format
	log   zerolog.Logger

	reading sync.Mutex // held while the file is read
	read    os.FileInfo

	mu       sync.RWMutex // guards what follows
	accounts *index
	loaded   time.Time
	err      error
	failing  time.Time // since when there is an err
	keep     time.Duration

	stop    context.CancelFunc
	polling sync.WaitGroup
}

// pollEvery is how often a file is looked at.
const pollEvery = 2 * time.Second

// maxFileBytes keeps a wrong file from filling the memory. An index takes
// about as much again as its file.
const maxFileBytes = 4 << 30

// DefaultKeep is how long the accounts of a file that can't be read any more are
// still good to decide upon.
const DefaultKeep = 24 * time.Hour

// OpenFile loads a .json, .jsonl or .csv file. An error names the line and the
// remedy.
func OpenFile(ctx context.Context, path string, log zerolog.Logger) (*File, error) {
	parse, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, parse: parse, log: log, keep: DefaultKeep}
	if err := f.load(ctx); err != nil {
		return nil, fmt.Errorf("account directory: %w", err)
	}
	polling, stop := context.WithCancel(context.WithoutCancel(ctx))
	f.stop = stop
	f.polling.Go(func() { f.poll(polling) })
	return f, nil
}

// Search implements [Directory].
func (f *File) Search(ctx context.Context, query, email string, limit int) ([]Account, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x, err := f.current()
	if err != nil {
		return nil, err
	}
	return x.accounts(x.search(query, email, limit))
}

// Named implements [Directory].
func (f *File) Named(ctx context.Context, text string, limit int) ([]Account, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !searchable(text) {
		return nil, ErrTooMuch
	}
	x, err := f.current()
	if err != nil {
		return nil, err
	}
	return x.accounts(x.named(hear(text), limit))
}

// Get implements [Directory]. An account of a file is the same for everybody.
func (f *File) Get(ctx context.Context, id, _ string) (Account, error) {
	if err := ctx.Err(); err != nil {
		return Account{}, err
	}
	x, err := f.current()
	if err != nil {
		return Account{}, err
	}
	number, found := x.find(id)
	if !found {
		return Account{}, ErrNotFound
	}
	return x.account(number)
}

// Len is how many accounts there are.
func (f *File) Len() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.accounts.len()
}

// KeepFor says for how long the accounts of a file that can't be read any more are
// given. After that there is an error: whoever left a customer may be in them.
func (f *File) KeepFor(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keep = d
}

// Err is what is wrong with the file as it is now. The accounts are then those
// that it held before. It is nil if they are the file's.
func (f *File) Err() error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.err
}

// Loaded is when the accounts were read.
func (f *File) Loaded() time.Time {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.loaded
}

// Reload reads the file now, whether it has changed or not. After an error the
// accounts are those from before.
func (f *File) Reload(ctx context.Context) error {
	err := f.load(ctx)
	f.report(err)
	return err
}

// Close stops looking at the file. The accounts can still be read.
func (f *File) Close() error {
	f.stop()
	f.polling.Wait()
	return nil
}

// current are the accounts, if the file held them not too long ago.
func (f *File) current() (*index, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if age := time.Since(f.failing); f.err != nil && age > f.keep {
		return nil, fmt.Errorf("the file of accounts couldn't be read for %s, which is longer than its last accounts are good for (%s): mend the file: %w", age.Round(time.Minute), f.keep, f.err)
	}
	return f.accounts, nil
}

func (f *File) poll(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f.look(ctx)
		}
	}
}

// look reads the file if it isn't the one read last.
func (f *File) look(ctx context.Context) {
	now, err := os.Stat(f.path)
	if err == nil && f.isRead(now) {
		return
	}
	if err := f.load(ctx); ctx.Err() == nil {
		f.report(err)
	}
}

// report says what came of reading a changed file, once for each outcome.
func (f *File) report(err error) {
	f.mu.Lock()
	before := f.err
	f.err = err
	if before == nil {
		f.failing = time.Now() // until now they were the file's
	}
	age := time.Since(f.loaded)
	f.mu.Unlock()
	switch {
	case err == nil:
		f.log.Info().Str("file", f.path).Int("accounts", f.Len()).Msg("account directory loaded again")
	case before == nil || before.Error() != err.Error():
		f.log.Error().Err(err).Str("file", f.path).Int("accounts", f.Len()).Stringer("age", age.Round(time.Second)).
			Msg("account directory can't be loaded again: the accounts loaded before stay for a while, until the file is mended")
	}
}

func (f *File) isRead(now os.FileInfo) bool {
	f.reading.Lock()
	defer f.reading.Unlock()
	return f.read != nil && isSame(f.read, now)
}

func isSame(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// load puts the file's accounts in place of the present ones, or leaves those.
func (f *File) load(ctx context.Context) error {
	f.reading.Lock()
	defer f.reading.Unlock()
	f.read = nil
	data, info, err := readWhole(f.path)
	if err != nil {
		return err
	}
	accounts, err := load(ctx, filepath.Base(f.path), f.parse, data)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.read = info
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.accounts, f.loaded = accounts, time.Now()
	return nil
}

// readWhole reads a file that nobody writes meanwhile.
func readWhole(path string) ([]byte, os.FileInfo, error) {
	before, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: put it there, or name another", err)
	}
	if !before.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s isn't a file: name one that ends in .json, .jsonl or .csv", path)
	}
	if before.Size() > maxFileBytes {
		return nil, nil, fmt.Errorf("%s has %d bytes: %w", path, before.Size(), errTooLarge)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: let this process read it", err)
	}
	after, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: put it there, or name another", err)
	}
	if !isSame(before, after) {
		return nil, nil, errChanging
	}
	return data, after, nil
}

var errChanging = errors.New("the file changed while it was read: write a new file and rename it")
