package bolt_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// TestLostCommitsAreNoticed takes commits away from a store, in the ways that
// bbolt itself doesn't notice.
func TestLostCommitsAreNoticed(t *testing.T) {
	for name, tt := range map[string]struct {
		lose func(t *testing.T, path string, now, before []byte)
		want string
	}{
		"the newest first page is wiped": {func(t *testing.T, path string, now, _ []byte) {
			rewriteFile(t, path, append(make([]byte, page), now[page:]...))
		}, "its page 0 is damaged"},
		"the other is wiped": {func(t *testing.T, path string, now, _ []byte) {
			rewriteFile(t, path, append(append(now[:page:page], make([]byte, page)...), now[2*page:]...))
		}, "its page 1 is damaged"},
		"the disk lost the last write of a commit": {func(t *testing.T, path string, now, before []byte) {
			rewriteFile(t, path, append(before[:2*page:2*page], now[2*page:]...))
		}, "it has lost its last commits"},
		"an old copy is in its place": {func(t *testing.T, path string, _, before []byte) {
			rewriteFile(t, path, before)
		}, "if you put this file here yourself, remove the mark"},
		"the journal is gone": {func(t *testing.T, path string, _, _ []byte) {
			synctest.Test(t, func(t *testing.T) { // no time passes: it doesn't settle
				db := open(t, path, bolt.Options{})
				if err := db.Update(t.Context(), both("three")); err != nil {
					t.Fatal(err)
				}
				file, mark := contents(t, path), contents(t, path+".mark")
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				rewriteFile(t, path, file)
				rewriteFile(t, path+".mark", mark)
			})
		}, "its journal"},
		"the file is gone": {func(t *testing.T, path string, _, _ []byte) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, "it isn't there"},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			change(t, path, "one")
			before := contents(t, path)
			change(t, path, "two")
			tt.lose(t, path, contents(t, path), before)
			_, err := bolt.Open(t.Context(), path, bolt.Options{JournalSize: smallJournal})
			if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "understudy store restore") {
				t.Errorf("Open: %v, want %q", err, tt.want)
			}
		})
	}
}

// TestAMarkThatSaysNothing is no reason not to open a store.
func TestAMarkThatSaysNothing(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "text": "99999\n", "zeros": strings.Repeat("\x00", 80),
		"another number": "understudy store, durable up to commit 00000000000000000099, check 00000000\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			change(t, path, "one")
			rewriteFile(t, path+".mark", []byte(text))
			change(t, path, "two")
			before := contents(t, path)
			change(t, path, "three")
			rewriteFile(t, path, before)
			if _, err := bolt.Open(t.Context(), path, bolt.Options{JournalSize: smallJournal}); !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("the mark isn't written anew: %v", err)
			}
		})
	}
}

// FuzzMark holds that a mark says something only if the engine wrote it.
func FuzzMark(f *testing.F) {
	path := newPath(f)
	db, err := bolt.Open(f.Context(), path, bolt.Options{})
	if err := errors.Join(err, db.Close()); err != nil {
		f.Fatal(err)
	}
	written := contents(f, path+".mark")
	f.Add(written)
	f.Add([]byte("understudy store, durable up to commit 99999999999999999999, check 00000000\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rewriteFile(t, path+".mark", text)
		db, err := bolt.OpenReadOnly(t.Context(), path, bolt.Options{})
		if err != nil {
			t.Fatalf("%q says that commits were lost: %v", text, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzFile changes a part of a store's file. Whatever it becomes, it is read or
// said to be corrupt.
func FuzzFile(f *testing.F) {
	path := filled(f, 60)
	whole := contents(f, path)
	for n := range len(whole) / page {
		f.Add(uint32(n*page), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
		f.Add(uint32(n*page+8), whole[:64])
	}
	f.Fuzz(func(t *testing.T, at uint32, part []byte) {
		damaged := append([]byte{}, whole...)
		copy(damaged[int(at)%len(damaged):], part)
		rewriteFile(t, path, damaged)
		db, err := bolt.OpenReadOnly(t.Context(), path, bolt.Options{})
		if err == nil {
			err = errors.Join(db.Check(t.Context()), db.Close())
		}
		if err != nil && !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrNewer) && !strings.Contains(err.Error(), "another program") {
			t.Errorf("%v, want ErrCorrupt", err)
		}
	})
}

// change opens a store, writes to it and closes it.
func change(t testing.TB, path, id string) {
	t.Helper()
	db, err := bolt.Open(t.Context(), path, bolt.Options{JournalSize: smallJournal})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := db.Update(t.Context(), both(id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func rewriteFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
