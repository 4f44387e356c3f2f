package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// TestBackupWhileWriting copies a store whose entries count up. A copy holds
// all up to its last one.
func TestBackupWhileWriting(t *testing.T) {
	db := open(t, newPath(t), bolt.Options{})
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	first := make(chan struct{})
	all.Go(func() {
		for n := 1; ctx.Err() == nil; n++ {
			if err := db.Update(context.Background(), countTo(n)); err != nil {
				t.Errorf("Update: %v", err)
				return
			}
			if n == 1 {
				close(first)
			}
		}
	})
	<-first
	folder := t.TempDir()
	for n := range 5 {
		path := filepath.Join(folder, strconv.Itoa(n))
		if err := db.Backup(t.Context(), path); err != nil {
			t.Fatalf("Backup: %v", err)
		}
		private(t, path)
		verifyCount(t, path)
		if err := db.Check(t.Context()); err != nil {
			t.Errorf("Check while writing: %v", err)
		}
	}
	stop()
	all.Wait()
}

// TestBackupIsOneMoment updates in the middle of a copy: the update isn't held
// up, and the copy doesn't have it.
func TestBackupIsOneMoment(t *testing.T) {
	db := open(t, filled(t, 2000), bolt.Options{})
	during := &meddler{meddle: sync.OnceValue(func() error { return db.Update(t.Context(), both("late")) })}
	if _, err := db.BackupTo(t.Context(), during); err != nil {
		t.Fatalf("BackupTo: %v", err)
	}
	if got := count(t, db); got != 2002 {
		t.Errorf("the store has %d entries, want 2002", got)
	}
	if got := count(t, open(t, write(t, during.Bytes()), bolt.Options{})); got != 2000 {
		t.Errorf("the copy has %d entries, want 2000", got)
	}
}

// meddler does something as it is first written to.
type meddler struct {
	bytes.Buffer
	meddle func() error
}

func (m *meddler) Write(p []byte) (int, error) {
	if err := m.meddle(); err != nil {
		return 0, err
	}
	return m.Buffer.Write(p)
}

func countTo(n int) func(store.Tx) error {
	return func(tx store.Tx) error {
		number := strconv.Itoa(n)
		return errors.Join(tx.Put(fmt.Sprintf("n/%08d", n), make([]byte, 500)), tx.Put("last", []byte(number)))
	}
}

func verifyCount(t *testing.T, path string) {
	t.Helper()
	db, err := bolt.OpenReadOnly(t.Context(), path, bolt.Options{})
	if err != nil {
		t.Fatalf("opening the copy: %v", err)
	}
	defer db.Close()
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	err = db.View(t.Context(), func(tx store.Tx) error {
		last, err := tx.Get("last")
		if err != nil {
			return err
		}
		entries, err := countIn(tx)
		if want, _ := strconv.Atoi(string(last)); entries != want+1 {
			t.Errorf("the copy has %d entries, and counted to %s", entries, last)
		}
		return err
	})
	if err != nil {
		t.Errorf("View: %v", err)
	}
}

func TestBackupOverwritesNothing(t *testing.T) {
	db := open(t, newPath(t), bolt.Options{})
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Backup: %v, want fs.ErrExist", err)
	}
	if content, _ := os.ReadFile(path); string(content) != "precious" {
		t.Errorf("the file is now %q", content)
	}
}

func TestBackupLeavesNothingBehind(t *testing.T) {
	db := open(t, filled(t, 100), bolt.Options{})
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Backup(ctx, filepath.Join(folder, "copy")); !errors.Is(err, context.Canceled) {
		t.Errorf("Backup: %v, want context.Canceled", err)
	}
	if left, err := os.ReadDir(folder); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := db.Backup(t.Context(), filepath.Join(folder, "absent", "copy")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Backup into no folder: %v, want fs.ErrNotExist", err)
	}
}

func TestBackupTo(t *testing.T) {
	db := open(t, filled(t, 100), bolt.Options{})
	var copied bytes.Buffer
	n, err := db.BackupTo(t.Context(), &copied)
	if err != nil || n != int64(copied.Len()) {
		t.Fatalf("BackupTo: %d, %v, of %d bytes", n, err, copied.Len())
	}
	if got := count(t, open(t, write(t, copied.Bytes()), bolt.Options{})); got != 100 {
		t.Errorf("the copy has %d entries, want 100", got)
	}
	if _, err := db.BackupTo(t.Context(), refusing{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("BackupTo: %v, want the writer's error", err)
	}
}

type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, fs.ErrPermission }
