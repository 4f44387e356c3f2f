package storetest_test

import (
	"errors"
	"testing"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(testing.TB) store.Engine { return storetest.NewMemory() })
}

func TestFaultyDoesNoHarmUntilTold(t *testing.T) {
	storetest.Run(t, func(testing.TB) store.Engine { return storetest.Faulty(storetest.NewMemory()) })
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		fault   storetest.Fault
		want    error
		written bool
	}{
		{"none", storetest.None, nil, true},
		{"before", storetest.Before, store.ErrFull, false},
		{"lost", storetest.Lost, store.ErrUnknown, false},
		{"after", storetest.After, store.ErrUnknown, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := storetest.Faulty(storetest.NewMemory())
			e.OnUpdate(func(n int) storetest.Fault {
				if n == 2 {
					return test.fault
				}
				return storetest.None
			})
			if err := put(t, e, "first"); err != nil {
				t.Errorf("the first Update: %v", err)
			}
			if err := put(t, e, "second"); !errors.Is(err, test.want) {
				t.Errorf("the second Update: %v, want %v", err, test.want)
			}
			if got := has(t, e, "second"); got != test.written {
				t.Errorf("it is %t that the second was written, want %t", got, test.written)
			}
			if e.Updates() != 2 {
				t.Errorf("%d updates, want 2", e.Updates())
			}
		})
	}
}

func TestFaultOfAView(t *testing.T) {
	e := storetest.Faulty(storetest.NewMemory())
	e.OnView(store.ErrCorrupt)
	if err := e.View(t.Context(), func(store.Tx) error { return nil }); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("View: %v, want ErrCorrupt", err)
	}
	e.OnView(nil)
	if has(t, e, "anything") {
		t.Error("an empty engine has something")
	}
}

func put(t *testing.T, e store.Engine, key string) error {
	return e.Update(t.Context(), func(tx store.Tx) error { return tx.Put(key, nil) })
}

func has(t *testing.T, e store.Engine, key string) (there bool) {
	err := e.View(t.Context(), func(tx store.Tx) error {
		value, err := tx.Get(key)
		there = value != nil
		return err
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	return there
}
