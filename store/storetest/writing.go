package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/store"
)

var errOurs = errors.New("an error of fn")

func deleting(t *testing.T, e store.Engine) {
	put(t, e, "a", "b", "c")
	update(t, e, func(tx store.Tx) error {
		for _, key := range []string{"b", "absent"} {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
		if value, err := tx.Get("b"); value != nil || err != nil {
			t.Errorf("Get after Delete is %q, %v", value, err)
		}
		if err := tx.Delete("c"); err != nil {
			return err
		}
		return tx.Put("c", []byte("again"))
	})
	holds(t, e, "a", "c")
}

func scanOwnWrites(t *testing.T, e store.Engine) {
	put(t, e, "a", "c", "e")
	update(t, e, func(tx store.Tx) error {
		if err := putAll(tx, "b", "f"); err != nil {
			return err
		}
		if err := tx.Put("c", []byte("new")); err != nil {
			return err
		}
		if err := tx.Delete("e"); err != nil {
			return err
		}
		var got []string
		for entry, err := range tx.Scan("", end) {
			if err != nil {
				return err
			}
			got = append(got, entry.Key+"="+string(entry.Value))
		}
		same(t, "entries", []string{"a=a", "b=b", "c=new", "f=f"}, got)
		return nil
	})
}

func scanMeanwhile(t *testing.T, e store.Engine) {
	put(t, e, "b", "d", "f")
	update(t, e, func(tx store.Tx) error {
		var got []string
		for entry, err := range tx.Scan("", end) {
			if err != nil {
				return err
			}
			got = append(got, entry.Key)
			if entry.Key != "b" {
				continue
			}
			if err := errors.Join(putAll(tx, "a", "c", "g"), tx.Delete("d")); err != nil {
				return err
			}
		}
		same(t, "what the scan found", []string{"b", "c", "f", "g"}, got)
		return nil
	})
	holds(t, e, "a", "b", "c", "f", "g")
}

func scanDeletes(t *testing.T, e store.Engine) {
	var all, odd []string
	for i := range 500 {
		key := fmt.Sprintf("%04d", i)
		if all = append(all, key); i%2 == 1 {
			odd = append(odd, key)
		}
	}
	put(t, e, all...)
	update(t, e, func(tx store.Tx) error {
		seen := 0
		for entry, err := range tx.Scan("", end) {
			if err != nil {
				return err
			}
			if seen++; seen%2 == 0 {
				continue
			}
			if err := tx.Delete(entry.Key); err != nil {
				return err
			}
		}
		return nil
	})
	holds(t, e, odd...)
}

func viewWrites(t *testing.T, e store.Engine) {
	put(t, e, "a")
	for name, write := range map[string]func(store.Tx) error{
		"Put":    func(tx store.Tx) error { return tx.Put("b", nil) },
		"Delete": func(tx store.Tx) error { return tx.Delete("a") },
	} {
		err := e.View(t.Context(), func(tx store.Tx) error {
			if err := write(tx); !errors.Is(err, store.ErrReadOnly) {
				t.Errorf("%s in a View: %v, want ErrReadOnly", name, err)
			}
			return nil
		})
		if !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("a View that ignored the error of %s: %v, want ErrReadOnly", name, err)
		}
	}
	holds(t, e, "a")
}

func updateError(t *testing.T, e store.Engine) {
	put(t, e, "a")
	err := e.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(putAll(tx, "b"), tx.Delete("a"), errOurs)
	})
	if !errors.Is(err, errOurs) {
		t.Errorf("Update: %v, want fn's error", err)
	}
	err = e.View(t.Context(), func(store.Tx) error { return errOurs })
	if !errors.Is(err, errOurs) {
		t.Errorf("View: %v, want fn's error", err)
	}
	holds(t, e, "a")
}

func updateIgnoredError(t *testing.T, e store.Engine) {
	err := e.Update(t.Context(), func(tx store.Tx) error {
		_ = tx.Put("", nil) // on purpose
		return tx.Put("b", nil)
	})
	if err == nil {
		t.Error("an Update whose fn ignored an error returned nil")
	}
	holds(t, e)
}

func updatePanic(t *testing.T, e store.Engine) {
	put(t, e, "a")
	for range 4 { // an engine that runs fn twice now and then does it here too
		if cause := panicOf(func() {
			_ = e.Update(t.Context(), func(tx store.Tx) error {
				if err := putAll(tx, "b"); err != nil {
					return err
				}
				panic("a panic of fn")
			})
		}); !strings.Contains(fmt.Sprint(cause), "a panic of fn") {
			t.Errorf("Update panics with %v, want fn's", cause)
		}
	}
	if cause := panicOf(func() {
		_ = e.View(t.Context(), func(store.Tx) error { panic("a panic of fn") })
	}); !strings.Contains(fmt.Sprint(cause), "a panic of fn") {
		t.Errorf("View panics with %v, want fn's", cause)
	}
	holds(t, e, "a")
	put(t, e, "c") // it still works
	holds(t, e, "a", "c")
}

func panicOf(fn func()) (cause any) {
	defer func() { cause = recover() }()
	fn()
	return nil
}

func updateRuns(t *testing.T, e store.Engine) {
	for round := range 6 {
		runs := 0
		update(t, e, func(tx store.Tx) error {
			runs++
			return putAll(tx, fmt.Sprintf("%d/%d", round, runs))
		})
		view(t, e, func(tx store.Tx) error {
			got, err := keys(tx, fmt.Sprintf("%d/", round), fmt.Sprintf("%d0", round))
			same(t, "the run that counts", []string{fmt.Sprintf("%d/%d", round, runs)}, got)
			return err
		})
	}
}

func txOver(t *testing.T, e store.Engine) {
	put(t, e, "a")
	var kept store.Tx
	keep := func(tx store.Tx) error {
		kept = tx
		return nil
	}
	check := func(what string) {
		_, err := kept.Get("a")
		if err == nil {
			t.Errorf("Get after the end of %s: no error", what)
		}
		if err := kept.Put("b", nil); err == nil {
			t.Errorf("Put after the end of %s: no error", what)
		}
		if _, err := keys(kept, "", end); err == nil {
			t.Errorf("Scan after the end of %s: no error", what)
		}
	}
	update(t, e, keep)
	check("an Update")
	view(t, e, keep)
	check("a View")
	holds(t, e, "a")
}
