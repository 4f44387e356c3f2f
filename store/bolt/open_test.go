package bolt_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

func TestOpenWaitsForTheLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		first := open(t, path, bolt.Options{})
		for name, test := range map[string]struct {
			timeout, want time.Duration
		}{
			"by default": {0, 5 * time.Second},
			"as told":    {time.Second, time.Second},
			"not at all": {-1, 0},
		} {
			began := time.Now()
			_, err := bolt.Open(t.Context(), path, bolt.Options{LockTimeout: test.timeout})
			if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v, want ErrLocked with the path", name, err)
			}
			if waited := time.Since(began); waited != test.want {
				t.Errorf("%s: waited %v, want %v", name, waited, test.want)
			}
		}
		if _, err := bolt.OpenReadOnly(t.Context(), path, bolt.Options{}); !errors.Is(err, store.ErrLocked) {
			t.Errorf("OpenReadOnly: %v, want ErrLocked", err)
		}
		go func() {
			time.Sleep(2 * time.Second) // of the bubble's clock
			if err := first.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}()
		open(t, path, bolt.Options{})
	})
}

func TestOpenStopsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		open(t, path, bolt.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := bolt.Open(ctx, path, bolt.Options{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Open: %v, want context.DeadlineExceeded", err)
		}
	})
}

func TestNewFileIsPrivate(t *testing.T) {
	path := newPath(t)
	open(t, path, bolt.Options{})
	private(t, path)
}

func private(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("the mode of %s is %v, want 0600", path, info.Mode())
	}
}

func TestOpenRefusesWhatOthersCanRead(t *testing.T) {
	for _, mode := range []fs.FileMode{0o644, 0o640, 0o604, 0o620} {
		path := filled(t, 1)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		for name, open := range openers() {
			_, err := open(t.Context(), path, bolt.Options{})
			if err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) || errors.Is(err, store.ErrCorrupt) {
				t.Errorf("%s of a file of mode %v: %v, want the remedy", name, mode, err)
			}
		}
	}
}

func openers() map[string]func(context.Context, string, bolt.Options) (*bolt.DB, error) {
	return map[string]func(context.Context, string, bolt.Options) (*bolt.DB, error){"Open": bolt.Open, "OpenReadOnly": bolt.OpenReadOnly}
}

func TestOpenWhatIsNoFile(t *testing.T) {
	folder := t.TempDir()
	for _, path := range []string{folder, filepath.Join(folder, "absent", "understudy.db")} {
		for name, open := range openers() {
			_, err := open(t.Context(), path, bolt.Options{})
			if err == nil || errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s(%s): %v", name, path, err)
			}
		}
	}
	_, err := bolt.OpenReadOnly(t.Context(), filepath.Join(folder, "absent.db"), bolt.Options{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenReadOnly of an absent file: %v, want fs.ErrNotExist", err)
	}
}

func TestOpenAnotherProgramsFile(t *testing.T) {
	path := newPath(t)
	other, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = other.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("orders"))
		return err
	})
	if err := errors.Join(err, other.Close()); err != nil {
		t.Fatal(err)
	}
	for name, open := range openers() {
		if _, err := open(t.Context(), path, bolt.Options{}); err == nil || !strings.Contains(err.Error(), "orders") {
			t.Errorf("%s: %v, want the bucket's name", name, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	path := filled(t, 3)
	for range 2 { // at once
		db, err := bolt.OpenReadOnly(t.Context(), path, bolt.Options{})
		if err != nil {
			t.Fatalf("OpenReadOnly: %v", err)
		}
		defer db.Close()
		if got := count(t, db); got != 3 {
			t.Errorf("%d entries, want 3", got)
		}
		if err := db.Check(t.Context()); err != nil {
			t.Errorf("Check: %v", err)
		}
		err = db.Update(t.Context(), func(store.Tx) error { return nil })
		if !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("Update: %v, want ErrReadOnly", err)
		}
	}
	if _, err := bolt.Open(t.Context(), path, bolt.Options{LockTimeout: -1}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("Open beside readers: %v, want ErrLocked", err)
	}
}

func TestReopen(t *testing.T) {
	path := filled(t, 100)
	if got := count(t, open(t, path, bolt.Options{})); got != 100 {
		t.Errorf("%d entries after opening again, want 100", got)
	}
}
