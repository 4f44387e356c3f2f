package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// BenchmarkBefore counts the past of somebody who asked a thousand times.
func BenchmarkBefore(b *testing.B) {
	engine, err := bolt.Open(b.Context(), filepath.Join(b.TempDir(), "understudy.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = engine.Close() })
	l, err := store.Open(b.Context(), engine)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		id := fmt.Sprint("c", i)
		for _, change := range []store.Change{submit(id, fmt.Sprint("acct", i)), ask(id, mia), {Case: id, Command: approval.Deny{By: mia}}} {
			if _, err := l.Do(b.Context(), change, noon); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		if _, err := l.Before(b.Context(), kim.ID, "acct5", ""); err != nil {
			b.Fatal(err)
		}
	}
}
