package accounts_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
)

// watched is a directory in a file that a test changes.
type watched struct {
	*accounts.File
	t    *testing.T
	path string
	log  *logged
}

type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// Lines are the lines written since the last call.
func (l *logged) Lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return strings.FieldsFunc(l.text.String(), func(r rune) bool { return r == '\n' })
}

func watch(t *testing.T, text string) *watched {
	t.Helper()
	log := &logged{}
	path := writeText(t, "a.jsonl", text)
	file, err := accounts.OpenFile(t.Context(), path, zerolog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return &watched{file, t, path, log}
}

func (w *watched) replace(text string) {
	w.t.Helper()
	if err := os.WriteFile(w.path+".new", []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(w.path+".new", w.path); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) has(want string) {
	w.t.Helper()
	if got := names(search(w.t, w, "", "", 100)); got != want {
		w.t.Errorf("has %s, not %s", got, want)
	}
}

// pollTwice lets two polls pass inside a synctest bubble.
func pollTwice() {
	time.Sleep(5 * time.Second)
	synctest.Wait()
}

func TestAChangedFileIsPickedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, globex)
		defer w.Close()
		first := w.Loaded()
		pollTwice()
		if lines := w.log.Lines(); len(lines) > 0 || !w.Loaded().Equal(first) {
			t.Errorf("an unchanged file was read again: %v", lines)
		}

		w.replace(globex + "\n" + acme)
		pollTwice()
		w.has("Acme, Globex")

		if err := os.WriteFile(w.path, []byte(acme), 0o600); err != nil { // in place
			t.Fatal(err)
		}
		pollTwice()
		w.has("Acme")
		if lines := w.log.Lines(); len(lines) != 2 {
			t.Errorf("logged %q", lines)
		}
	})
}

func TestABrokenFileKeepsWhatWasThere(t *testing.T) {
	for name, damage := range map[string]func(w *watched){
		"broken":  func(w *watched) { w.replace(acme + "\n{") },
		"emptied": func(w *watched) { w.replace("") },
		"removed": func(w *watched) { _ = os.Remove(w.path) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := watch(t, globex)
				defer w.Close()
				damage(w)
				pollTwice()
				pollTwice()
				w.has("Globex")
				if w.Err() == nil {
					t.Error("Err says nothing")
				}
				if lines := w.log.Lines(); len(lines) != 1 || !strings.Contains(lines[0], "a.jsonl") {
					t.Errorf("logged %q", lines)
				}

				w.replace(acme)
				pollTwice()
				w.has("Acme")
				if err := w.Err(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestABrokenFileIsGoodForAWhile holds that accounts of which nobody knows
// whether they are still so aren't decided upon for ever. A file that nobody
// changed is no such file, however old.
func TestABrokenFileIsGoodForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, globex)
		defer w.Close()
		time.Sleep(accounts.DefaultKeep + time.Hour)
		w.replace("{")
		pollTwice()
		time.Sleep(accounts.DefaultKeep - time.Minute)
		w.has("Globex")
		time.Sleep(2 * time.Minute)
		_, getErr := w.Get(t.Context(), "acct_1", "")
		_, searchErr := w.Search(t.Context(), "", "", 1)
		_, namedErr := w.Named(t.Context(), "Globex", 1)
		for _, err := range []error{getErr, searchErr, namedErr} {
			if err == nil || errors.Is(err, accounts.ErrNotFound) || !strings.Contains(err.Error(), "longer than its last accounts are good for (24h0m0s): mend the file: a.jsonl") {
				t.Errorf("after a day and a minute: %v", err)
			}
		}
		w.replace(acme)
		pollTwice()
		w.has("Acme")
	})
}

func TestReloadReadsAtOnce(t *testing.T) {
	w := watch(t, globex)
	w.replace(acme)
	if err := w.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.has("Acme")
	w.replace("{")
	if err := w.Reload(t.Context()); err == nil || w.Err() == nil {
		t.Errorf("got %v, %v", err, w.Err())
	}
	w.has("Acme")
}

// TestALinkThatTurnsIsPickedUp is how Kubernetes mounts a new ConfigMap.
func TestALinkThatTurnsIsPickedUp(t *testing.T) {
	w := watch(t, globex)
	other := filepath.Join(t.TempDir(), "b.jsonl")
	if err := os.WriteFile(other, []byte(acme), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, w.path); err != nil {
		t.Skip("this file system has no links: run the test where it has")
	}
	if err := w.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.has("Acme")
}

func TestSearchesGoOnWhileTheFileChanges(t *testing.T) {
	w := watch(t, globex)
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if found, err := w.Search(t.Context(), "", "", 100); err != nil || len(found) != 1 {
					t.Errorf("found %v, %v", found, err)
					return
				}
			}
		})
	}
	for _, text := range []string{acme, globex, "{", acme, globex} {
		w.replace(text)
		_ = w.Reload(t.Context()) // one is broken
	}
	stop()
	readers.Wait()
	w.has("Globex")
}

func TestAClosedContextAnswersNothing(t *testing.T) {
	w := watch(t, globex)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := w.Search(ctx, "", "", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Search: %v", err)
	}
	if _, err := w.Get(ctx, "acct_7", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: %v", err)
	}
	if err := w.Reload(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Reload: %v", err)
	}
	w.has("Globex")
}
