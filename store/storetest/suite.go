// Package storetest says what an engine must do, as tests.
//
// [Run] is the suite that every [store.Engine] passes; what it asks is what the
// interface's comments promise. [NewMemory] is the plainest engine that passes
// it, for tests of what stands on an engine. [Faulty] makes any engine fail on
// command, also after the write was applied, which is where mistakes hide.
package storetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/store"
)

// Run is the suite. Open gives an empty engine each time; the suite closes it.
func Run(t *testing.T, open func(t testing.TB) store.Engine) {
	tests := []struct {
		name string
		run  func(t *testing.T, e store.Engine)
	}{
		{"an absent key is nil", absentKey},
		{"an empty value is there", emptyValue},
		{"a value is its owner's", ownValues},
		{"a large value comes back", largeValue},
		{"a key has 1 to MaxKey bytes", keyLength},
		{"deleting removes", deleting},
		{"a scan is in the order of bytes", scanOrder},
		{"a scan keeps its bounds", scanBounds},
		{"a scan stops when told", scanStops},
		{"a scan sees its own transaction", scanOwnWrites},
		{"a scan sees what changes ahead of it", scanMeanwhile},
		{"a scan may delete what it finds", scanDeletes},
		{"scans nest", scanNested},
		{"a View can't write", viewWrites},
		{"a View sees one state", viewIsolated},
		{"a View sees no unfinished Update", viewUnfinished},
		{"an error writes nothing", updateError},
		{"an ignored error writes nothing", updateIgnoredError},
		{"a panic writes nothing and goes on", updatePanic},
		{"only the last run counts", updateRuns},
		{"a transaction ends with its fn", txOver},
		{"nothing is lost between updates", counters},
		{"one of many comes first", oneWinner},
		{"failures are their own", failuresApart},
		{"a context that is done runs nothing", contextDone},
		{"a context that ends doesn't lie", contextEnds},
		{"closing ends it", closing},
		{"closing waits", closingWaits},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := open(t)
			defer shut(t, e)
			test.run(t, e)
		})
	}
	t.Run("it is what a map is", func(t *testing.T) { model(t, open) })
}

func shut(t testing.TB, e store.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func update(t testing.TB, e store.Engine, fn func(store.Tx) error) {
	t.Helper()
	if err := e.Update(context.Background(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func view(t testing.TB, e store.Engine, fn func(store.Tx) error) {
	t.Helper()
	if err := e.View(context.Background(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// put writes keys that are their own values.
func put(t testing.TB, e store.Engine, keys ...string) {
	t.Helper()
	update(t, e, func(tx store.Tx) error { return putAll(tx, keys...) })
}

func putAll(tx store.Tx, keys ...string) error {
	for _, key := range keys {
		if err := tx.Put(key, []byte(key)); err != nil {
			return err
		}
	}
	return nil
}

// keys are those that a scan finds.
func keys(tx store.Tx, from, to string) (found []string, err error) {
	for entry, err := range tx.Scan(from, to) {
		if err != nil {
			return nil, err
		}
		found = append(found, entry.Key)
	}
	return found, nil
}

const end = "\xff\xff\xff" // after every key of the suite

// holds checks which keys the engine has.
func holds(t testing.TB, e store.Engine, want ...string) {
	t.Helper()
	var got []string
	view(t, e, func(tx store.Tx) (err error) {
		got, err = keys(tx, "", end)
		return err
	})
	same(t, "keys", want, got)
}

func same(t testing.TB, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
