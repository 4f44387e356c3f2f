package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// The benchmarks are read in ratios, from one run: AppendFsync is the floor,
// an append and a flush for each update.
//
//	go test -run '^$' -bench . ./store/bolt

const (
	putsPerUpdate = 5
	valueSize     = 1 << 10
)

func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 4, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			db := open(b, newPath(b), bolt.Options{JournalSize: 4 << 20})
			var next atomic.Int64
			inParallel(b, callers, func() error {
				i := next.Add(1)
				return db.Update(context.Background(), func(tx store.Tx) error { return putFive(tx, i) })
			})
			if s := db.Stats(); s.Commits > 0 {
				b.ReportMetric(float64(s.Updates)/float64(s.Commits), "updates/commit")
			}
		})
	}
}

func BenchmarkAppendFsync(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	record := bytes.Repeat([]byte("x"), putsPerUpdate*valueSize)
	inParallel(b, 1, func() error {
		if _, err := file.Write(record); err != nil {
			return err
		}
		return datasync(file)
	})
}

func BenchmarkView(b *testing.B) {
	db := open(b, newPath(b), bolt.Options{JournalSize: 4 << 20})
	err := db.Update(b.Context(), func(tx store.Tx) error {
		for i := range int64(10_000) {
			if err := putFive(tx, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	inParallel(b, 1, func() error {
		return db.View(context.Background(), func(tx store.Tx) error {
			_, err := tx.Get("00000042/3")
			return err
		})
	})
}

func putFive(tx store.Tx, i int64) error {
	value := bytes.Repeat([]byte("v"), valueSize)
	for n := range putsPerUpdate {
		if err := tx.Put(fmt.Sprintf("%08d/%d", i, n), value); err != nil {
			return err
		}
	}
	return nil
}

// inParallel shares b.N calls among the callers.
func inParallel(b *testing.B, callers int, call func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := call(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "per-second")
}
