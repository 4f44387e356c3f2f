package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/understudyhq/understudy/store"
)

func viewIsolated(t *testing.T, e store.Engine) {
	put(t, e, "a", "b")
	view(t, e, func(tx store.Tx) error {
		before, err := keys(tx, "", end)
		if err != nil {
			return err
		}
		written := make(chan error)
		go func() {
			written <- e.Update(context.Background(), func(tx store.Tx) error {
				return errors.Join(putAll(tx, "c"), tx.Delete("a"), tx.Put("b", []byte("new")))
			})
		}()
		if err := <-written; err != nil {
			return err
		}
		after, err := keys(tx, "", end)
		if err != nil {
			return err
		}
		same(t, "what a View sees after an Update", before, after)
		value, err := tx.Get("b")
		if string(value) != "b" {
			t.Errorf("a View sees %q, which was written after it began", value)
		}
		return err
	})
	holds(t, e, "b", "c")
}

func viewUnfinished(t *testing.T, e store.Engine) {
	put(t, e, "a")
	wrote, looked, done := make(chan struct{}), make(chan struct{}), make(chan error)
	tell := sync.OnceFunc(func() { close(wrote) })
	go func() {
		done <- e.Update(context.Background(), func(tx store.Tx) error {
			err := errors.Join(putAll(tx, "b"), tx.Delete("a"))
			tell()
			<-looked
			return err
		})
	}()
	<-wrote
	holds(t, e, "a")
	close(looked)
	if err := <-done; err != nil {
		t.Errorf("Update: %v", err)
	}
	holds(t, e, "b")
}

func counters(t *testing.T, e store.Engine) {
	const people, each = 16, 20
	var all sync.WaitGroup
	for person := range people {
		all.Go(func() {
			for range each {
				err := e.Update(context.Background(), func(tx store.Tx) error {
					return errors.Join(increment(tx, "all"), increment(tx, fmt.Sprintf("person/%02d", person)))
				})
				if err != nil {
					t.Errorf("Update: %v", err)
				}
			}
		})
	}
	all.Wait()
	view(t, e, func(tx store.Tx) error {
		for entry, err := range tx.Scan("", end) {
			if err != nil {
				return err
			}
			want := each
			if entry.Key == "all" {
				want = people * each
			}
			if string(entry.Value) != strconv.Itoa(want) {
				t.Errorf("%s counted to %s, want %d", entry.Key, entry.Value, want)
			}
		}
		return nil
	})
}

func increment(tx store.Tx, key string) error {
	value, err := tx.Get(key)
	if err != nil {
		return err
	}
	count := 0
	if value != nil {
		if count, err = strconv.Atoi(string(value)); err != nil {
			return err
		}
	}
	return tx.Put(key, []byte(strconv.Itoa(count+1)))
}

// oneWinner is how a case is decided: whoever finds no decision makes it.
func oneWinner(t *testing.T, e store.Engine) {
	for round := range 10 {
		key, winners := fmt.Sprintf("decision/%d", round), make(chan int, 16)
		var all sync.WaitGroup
		for person := range cap(winners) {
			all.Go(func() {
				won := false
				err := e.Update(context.Background(), func(tx store.Tx) error {
					decided, err := tx.Get(key)
					if won = decided == nil; err != nil || !won {
						return err
					}
					return tx.Put(key, []byte(strconv.Itoa(person)))
				})
				if err != nil {
					t.Errorf("Update: %v", err)
				}
				if won {
					winners <- person
				}
			})
		}
		all.Wait()
		if len(winners) != 1 {
			t.Fatalf("%d of %d made the one decision", len(winners), cap(winners))
		}
		view(t, e, func(tx store.Tx) error {
			decided, err := tx.Get(key)
			if winner := strconv.Itoa(<-winners); string(decided) != winner {
				t.Errorf("stored is the decision of %q, and told was %s", decided, winner)
			}
			return err
		})
	}
}

func failuresApart(t *testing.T, e store.Engine) {
	var all sync.WaitGroup
	var want []string
	for i := range 60 {
		key := fmt.Sprintf("%02d", i)
		if i%3 == 0 {
			want = append(want, key)
		}
		all.Go(func() {
			var err error
			cause := panicOf(func() {
				err = e.Update(context.Background(), func(tx store.Tx) error {
					if err := putAll(tx, key); err != nil {
						return err
					}
					switch i % 3 {
					case 1:
						return errOurs
					case 2:
						panic(key)
					}
					return nil
				})
			})
			if i%3 == 0 && err != nil || i%3 == 1 && !errors.Is(err, errOurs) || i%3 == 2 && cause == nil {
				t.Errorf("update %d got the error %v, the panic %v", i, err, cause)
			}
		})
	}
	all.Wait()
	holds(t, e, want...)
}
