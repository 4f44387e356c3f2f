package bolt_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// The test binary, started again with one of these, is a process that may die.
const (
	childEnv  = "UNDERSTUDY_BOLT_CHILD"
	childPath = "UNDERSTUDY_BOLT_PATH"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "write":
		childWrites(os.Getenv(childPath), 0)
	case "write much":
		childWrites(os.Getenv(childPath), 20<<10)
	case "five updates":
		childUpdates(os.Getenv(childPath), 16)
	case "sixty updates":
		childPower(os.Getenv(childPath))
	case "five that don't fit the journal":
		childUpdates(os.Getenv(childPath), smallJournal)
	case "large updates":
		childUpdates(os.Getenv(childPath), 256<<10)
	}
}

// child is this binary as another process, with words before its name.
func child(t *testing.T, what, path string, before ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	words := append(before, self)
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Env = append(os.Environ(), childEnv+"="+what, childPath+"="+path,
		"GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	return cmd
}

// childWrites updates from several goroutines for ever, and says which updates
// have returned. Much makes the journal full again and again.
func childWrites(path string, much int) {
	db, err := bolt.Open(context.Background(), path, bolt.Options{JournalSize: smallJournal})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var all sync.WaitGroup
	for writer := range 8 {
		all.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), writer, n)
				if err := db.Update(context.Background(), bothOf(id, much)); err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Println(id) // one write to a pipe, whole or not at all
			}
		})
	}
	all.Wait()
}

// both writes two keys, of which never only one may be there.
func both(id string) func(store.Tx) error { return bothOf(id, 0) }

func bothOf(id string, much int) func(store.Tx) error {
	return func(tx store.Tx) error {
		return errors.Join(tx.Put("one/"+id, []byte(id)), tx.Put("two/"+id, bytes.Repeat([]byte("v"), much)))
	}
}

// childUpdates updates a few times, says what came of each, then whether it can
// still read, and how often.
func childUpdates(path string, size int) {
	db, err := bolt.Open(context.Background(), path, bolt.Options{JournalSize: smallJournal})
	if err != nil {
		fmt.Println("open", outcome(err))
		return
	}
	for n := range 5 {
		fmt.Println("update", outcome(db.Update(context.Background(), func(tx store.Tx) error {
			return tx.Put(fmt.Sprint("key/", n), make([]byte, size))
		})))
	}
	fmt.Println("view", outcome(db.View(context.Background(), func(tx store.Tx) error {
		for _, err := range tx.Scan("", "z") {
			if err != nil {
				return err
			}
		}
		return nil
	})))
	fmt.Println("close", outcome(db.Close()))
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, store.ErrUnknown):
		return "unknown"
	case errors.Is(err, store.ErrFull):
		return "full"
	case errors.Is(err, store.ErrCorrupt):
		return "corrupt"
	}
	return "failed"
}

func lines(t *testing.T, cmd *exec.Cmd) (all []string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for scan := bufio.NewScanner(out); scan.Scan(); {
		all = append(all, scan.Text())
	}
	_ = cmd.Wait() // what it printed is judged
	return all
}
