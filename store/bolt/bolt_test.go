package bolt_test

import (
	"cmp"
	"path/filepath"
	"testing"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
	"github.com/understudyhq/understudy/store/storetest"
)

func TestSuite(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Engine { return open(t, newPath(t), bolt.Options{}) })
}

// smallJournal is quickly made, and quickly full.
const smallJournal = 64 << 10

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "understudy.db") }

// open opens a store that closes with the test.
func open(t testing.TB, path string, o bolt.Options) *bolt.DB {
	t.Helper()
	o.JournalSize = cmp.Or(o.JournalSize, smallJournal)
	db, err := bolt.Open(t.Context(), path, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}
