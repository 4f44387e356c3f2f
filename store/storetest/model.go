package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/understudyhq/understudy/store"
)

// model runs random transactions on an engine and on a map, and compares.
func model(t *testing.T, open func(t testing.TB) store.Engine) {
	rapid.Check(t, func(rt *rapid.T) {
		e := open(t)
		defer shut(t, e)
		state := map[string]string{}
		for range rapid.IntRange(1, 8).Draw(rt, "transactions") {
			state = transact(rt, e, state)
			compare(rt, e, state)
		}
	})
}

// transact is one Update, which fails now and then. It gives the state after.
func transact(rt *rapid.T, e store.Engine, state map[string]string) map[string]string {
	steps := rapid.SliceOfN(rapid.Custom(drawStep), 0, 12).Draw(rt, "steps")
	fails := rapid.IntRange(0, 4).Draw(rt, "fails") == 0
	next := map[string]string{}
	err := e.Update(context.Background(), func(tx store.Tx) error {
		next = maps.Clone(state)
		for _, s := range steps {
			if err := s.run(tx, next); err != nil {
				return fmt.Errorf("%v: %w", s, err)
			}
		}
		if fails {
			return errOurs
		}
		return nil
	})
	if fails && errors.Is(err, errOurs) {
		return state
	}
	if err != nil {
		rt.Fatalf("Update: %v", err)
	}
	return next
}

// step is one call of a method of Tx.
type step struct {
	Method         string
	Key, To, Value string
}

func drawStep(rt *rapid.T) step {
	key := rapid.StringMatching(`[ab/]{1,3}`)
	return step{
		Method: rapid.SampledFrom([]string{"Put", "Put", "Delete", "Get", "Scan", "Scan and delete", "Scan and put"}).Draw(rt, "method"),
		Key:    key.Draw(rt, "key"),
		To:     key.Draw(rt, "to"),
		Value:  rapid.StringN(0, 3, -1).Draw(rt, "value"),
	}
}

// run does the step to both, and compares what is read.
func (s step) run(tx store.Tx, state map[string]string) error {
	switch s.Method {
	case "Put":
		state[s.Key] = s.Value
		return tx.Put(s.Key, []byte(s.Value))
	case "Delete":
		delete(state, s.Key)
		return tx.Delete(s.Key)
	case "Get":
		value, err := tx.Get(s.Key)
		want, there := state[s.Key]
		if err == nil && (there != (value != nil) || want != string(value)) {
			err = fmt.Errorf("got %q, want %q", value, want)
		}
		return err
	}
	return s.scan(tx, state)
}

func (s step) scan(tx store.Tx, state map[string]string) error {
	want := between(state, s.Key, s.To)
	var got []store.Entry
	for entry, err := range tx.Scan(s.Key, s.To) {
		if err != nil {
			return err
		}
		got = append(got, entry)
		switch s.Method {
		case "Scan and delete":
			delete(state, entry.Key)
			err = tx.Delete(entry.Key)
		case "Scan and put": // behind the scan
			state[entry.Key] += "!"
			err = tx.Put(entry.Key, []byte(state[entry.Key]))
		}
		if err != nil {
			return err
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("entries (-want +got):\n%s", diff)
	}
	return nil
}

func between(state map[string]string, from, to string) (entries []store.Entry) {
	for _, key := range slices.Sorted(maps.Keys(state)) {
		if from <= key && key < to {
			entries = append(entries, store.Entry{Key: key, Value: []byte(state[key])})
		}
	}
	return entries
}

func compare(rt *rapid.T, e store.Engine, state map[string]string) {
	var got []store.Entry
	err := e.View(context.Background(), func(tx store.Tx) error {
		got = nil
		for entry, err := range tx.Scan("", end) {
			if err != nil {
				return err
			}
			got = append(got, entry)
		}
		return nil
	})
	if err != nil {
		rt.Fatalf("View: %v", err)
	}
	if diff := cmp.Diff(between(state, "", end), got); diff != "" {
		rt.Fatalf("what the engine holds (-want +got):\n%s", diff)
	}
}
