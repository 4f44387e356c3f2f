package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
	"github.com/understudyhq/understudy/store/storetest"
)

// folding folds after every third update, so that what is read is in bbolt's
// file, in the journal's changes, or in both.
type folding struct {
	*bolt.DB
	updates atomic.Int64
}

func (f *folding) Update(ctx context.Context, fn func(store.Tx) error) error {
	err := f.DB.Update(ctx, fn)
	if f.updates.Add(1)%3 == 0 {
		_, _ = f.BackupTo(context.Background(), io.Discard) // which folds; a closed store can't
	}
	return err
}

func TestSuiteWhileFolding(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Engine { return &folding{DB: open(t, newPath(t), bolt.Options{})} })
}

// TestFoldsBesideCommits puts, deletes and reads while folds come and go, and holds
// every read against a map: a fold that runs may neither bring back what was
// deleted meanwhile nor take away what was put. The seed says what was done, and
// the disk when a fold ended.
func TestFoldsBesideCommits(t *testing.T) {
	for range 8 {
		seed := rand.Uint64()
		if foldsBeside(t, rand.New(rand.NewPCG(seed, 0))); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func foldsBeside(t *testing.T, random *rand.Rand) {
	path := newPath(t)
	db := open(t, path, bolt.Options{JournalSize: 2 * page})
	want := map[string]string{}
	for n := range 300 {
		key, deleted, value := fmt.Sprintf("key/%02d", random.IntN(30)), random.IntN(3) == 0, strings.Repeat(strconv.Itoa(n), 1+n%40)
		err := db.Update(t.Context(), func(tx store.Tx) error {
			if deleted {
				return tx.Delete(key)
			}
			return tx.Put(key, []byte(value))
		})
		if err != nil {
			t.Fatal(err)
		}
		if delete(want, key); !deleted {
			want[key] = value
		}
		if got := entriesOf(t, db); !maps.Equal(got, want) {
			t.Fatalf("after %d updates: %s", n+1, cmp.Diff(want, got))
		}
	}
	if err := errors.Join(db.Check(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
	if got := entriesOf(t, open(t, path, bolt.Options{})); !maps.Equal(got, want) {
		t.Fatalf("opened again: %s", cmp.Diff(want, got))
	}
}

func entriesOf(t *testing.T, db *bolt.DB) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := db.View(t.Context(), func(tx store.Tx) error {
		for entry, err := range tx.Scan("", "z") {
			if err != nil {
				return err
			}
			found[entry.Key] = string(entry.Value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// image is what a machine that dies leaves of a store.
type image struct{ file, journal []byte }

func imageOf(t *testing.T, path string) (i image) {
	t.Helper()
	var err error
	if i.file, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if i.journal, err = os.ReadFile(path + ".journal"); err != nil {
		t.Fatal(err)
	}
	return i
}

func (i image) restore(t *testing.T) (path string) {
	t.Helper()
	path = newPath(t)
	if err := errors.Join(os.WriteFile(path, i.file, 0o600), os.WriteFile(path+".journal", i.journal, 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// opened says how many entries the store of the image has, both when it is
// read only and when it is opened for writing, and what keeps it from being.
func (i image) opened(t *testing.T) (entries int, err error) {
	t.Helper()
	path := i.restore(t)
	reader, err := bolt.OpenReadOnly(t.Context(), path, bolt.Options{})
	if err != nil {
		if db, alike := bolt.Open(t.Context(), path, bolt.Options{JournalSize: smallJournal}); alike == nil {
			db.Close()
			t.Errorf("Open takes what OpenReadOnly doesn't: %v", err)
		}
		return 0, err
	}
	entries = count(t, reader)
	reader.Close()
	db, err := bolt.Open(t.Context(), path, bolt.Options{JournalSize: smallJournal})
	if err != nil {
		t.Fatalf("Open doesn't take what OpenReadOnly takes: %v", err)
	}
	defer db.Close()
	if again := count(t, db); again != entries {
		t.Errorf("%d entries for who writes, %d for who reads", again, entries)
	}
	if err := errors.Join(db.Check(t.Context()), db.Update(t.Context(), both("later"))); err != nil {
		t.Errorf("using it: %v", err)
	}
	return entries, nil
}

// updated is the image of a store right after so many updates of two entries
// each, whose records are two blocks long, and nothing was folded since folded.
func updated(t *testing.T, folded, updates int) (i image) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { // no time passes: it doesn't settle
		path := newPath(t)
		db := open(t, path, bolt.Options{})
		for n := range updates {
			if n == folded {
				if _, err := db.BackupTo(t.Context(), io.Discard); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Update(t.Context(), bothOf(strconv.Itoa(n), page)); err != nil {
				t.Fatal(err)
			}
		}
		i = imageOf(t, path)
	})
	return i
}

// TestPowerCutInAnAppend loses any part of the last record: its update hadn't
// returned, so it is there or not, and all others are.
func TestPowerCutInAnAppend(t *testing.T) {
	const updates = 5
	whole := updated(t, 0, updates)
	last := (updates - 1) * 2 * page
	for lost := range 4 { // which of its two blocks
		for what, garbage := range map[string][]byte{"zeros": make([]byte, page), "older bytes": bytes.Repeat([]byte{0x5a}, page)} {
			i := image{whole.file, bytes.Clone(whole.journal)}
			want := 2 * updates
			for block := range 2 {
				if lost&(1<<block) != 0 {
					copy(i.journal[last+block*page:], garbage)
					want = 2 * (updates - 1)
				}
			}
			if got, err := i.opened(t); got != want || err != nil {
				t.Errorf("blocks %02b of the last record are %s: %d entries, %v; want %d", lost, what, got, err, want)
			}
		}
	}
	for _, at := range []int{0, 300, 511, page - 1, page, page + 64, page + 70} { // within a block, too
		i := image{whole.file, bytes.Clone(whole.journal)}
		clear(i.journal[last+at : last+2*page])
		if got, err := i.opened(t); got != 2*(updates-1) || err != nil {
			t.Errorf("the last record is cut at %d: %d entries, %v", at, got, err)
		}
	}
}

// TestDamagedJournal changes a byte of each record but the last, and cuts the
// journal at every block: that isn't how a machine dies.
func TestDamagedJournal(t *testing.T) {
	const updates = 5
	whole := updated(t, 0, updates)
	for at := 0; at < (updates-1)*2*page; at += 777 {
		if at%(2*page) > page+100 {
			continue // after the record's end
		}
		i := image{whole.file, bytes.Clone(whole.journal)}
		i.journal[at] ^= 0x10
		if _, err := i.opened(t); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("byte %d is another one: %v, want ErrCorrupt", at, err)
		}
	}
	for cut := 2 * page; cut < len(whole.journal); cut += 5 * page {
		_, err := image{whole.file, whole.journal[:cut]}.opened(t)
		if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("cut at %d: %v, want ErrCorrupt", cut, err)
		}
	}
	for _, cut := range []int{0, 100, page} { // while it was being made
		if got, err := (image{updated(t, 0, 0).file, make([]byte, cut)}).opened(t); got != 0 || err != nil {
			t.Errorf("a journal that has %d bytes of its room: %d entries, %v", cut, got, err)
		}
	}
}

// TestPowerCutAroundAFold takes bbolt's file from before and from after a fold,
// and the journal from then or from later.
func TestPowerCutAroundAFold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		db := open(t, path, bolt.Options{})
		write := func(n int) image {
			if err := db.Update(t.Context(), both(strconv.Itoa(n))); err != nil {
				t.Fatal(err)
			}
			return imageOf(t, path)
		}
		write(1)
		before := write(2)
		if _, err := db.BackupTo(t.Context(), io.Discard); err != nil {
			t.Fatal(err)
		}
		folded := imageOf(t, path)
		later := write(3)
		if bytes.Equal(before.file, folded.file) || !bytes.Equal(folded.file, later.file) {
			t.Fatal("the fold isn't where it was meant to be")
		}
		torn := bytes.Clone(later.journal)
		clear(torn[68:page])
		for name, c := range map[string]struct {
			image
			want int
		}{
			"before the fold":        {before, 4},
			"its file, old journal":  {image{folded.file, before.journal}, 4},
			"an update later":        {later, 6},
			"in the middle of that":  {image{later.file, torn}, 4},
			"the journal was erased": {image{later.file, make([]byte, len(torn))}, 4},
		} {
			if got, err := c.opened(t); got != c.want || err != nil {
				t.Errorf("%s: %d entries, %v; want %d", name, got, err, c.want)
			}
		}
		if _, err := (image{before.file, later.journal}).opened(t); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("a file that is older than its journal: %v, want ErrCorrupt", err)
		}
	})
}

func TestAnothersJournal(t *testing.T) {
	mine, other := updated(t, 0, 3), updated(t, 0, 3)
	_, err := image{mine.file, other.journal}.opened(t)
	if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "remove this journal") {
		t.Errorf("opening with another store's journal: %v, want the remedy", err)
	}
	path := mine.restore(t)
	if err := os.Chmod(path+".journal", 0o644); err != nil {
		t.Fatal(err)
	}
	for name, open := range openers() {
		if _, err := open(t.Context(), path, bolt.Options{}); err == nil || !strings.Contains(err.Error(), "chmod 600 "+path+".journal") {
			t.Errorf("%s of a journal that others can read: %v, want the remedy", name, err)
		}
	}
}

// TestItSettles leaves one file that has it all: soon after the last update,
// and without a journal when the store is closed.
func TestItSettles(t *testing.T) {
	path := newPath(t)
	synctest.Test(t, func(t *testing.T) {
		db := open(t, path, bolt.Options{})
		if err := db.Update(t.Context(), both("one")); err != nil {
			t.Fatal(err)
		}
		empty := imageOf(t, path).file
		time.Sleep(time.Second) // of the bubble's clock
		synctest.Wait()
		settled := image{imageOf(t, path).file, nil}
		if bytes.Equal(empty, settled.file) {
			t.Error("it doesn't settle")
		}
		if got, err := settled.opened(t); got != 2 || err != nil {
			t.Errorf("without its journal: %d entries, %v; want 2", got, err)
		}
		if err := errors.Join(db.Update(t.Context(), both("two")), db.Close()); err != nil {
			t.Fatal(err)
		}
	})
	if left, _ := filepath.Glob(path + ".journal"); len(left) != 0 {
		t.Errorf("a closed store leaves %v", left)
	}
	if got := count(t, open(t, path, bolt.Options{})); got != 4 {
		t.Errorf("%d entries, want 4", got)
	}
}

// TestBackupOfADeadStore copies a store whose process died, and a full one.
func TestBackupOfADeadStore(t *testing.T) {
	dead, err := bolt.OpenReadOnly(t.Context(), updated(t, 1, 4).restore(t), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer dead.Close()
	full := open(t, newPath(t), bolt.Options{MaxSize: 1 << 16, JournalSize: 1 << 20})
	for n := range 40 {
		if err := full.Update(t.Context(), bothOf(strconv.Itoa(n), page)); err != nil {
			t.Fatal(err)
		}
	}
	for want, db := range map[int]*bolt.DB{8: dead, 80: full} {
		path := newPath(t)
		if err := db.Backup(t.Context(), path); err != nil {
			t.Fatalf("Backup: %v", err)
		}
		copied := open(t, path, bolt.Options{})
		if got := count(t, copied); got != want {
			t.Errorf("the copy has %d entries, want %d", got, want)
		}
		if err := copied.Check(t.Context()); err != nil {
			t.Errorf("Check: %v", err)
		}
	}
}

// TestNothingRemains deletes what was put: the next process finds neither it,
// nor that anything is lost.
func TestNothingRemains(t *testing.T) {
	path := newPath(t)
	for range 3 {
		db := open(t, path, bolt.Options{})
		for _, change := range []func(store.Tx) error{
			both("brief"),
			func(tx store.Tx) error { return errors.Join(tx.Delete("one/brief"), tx.Delete("two/brief")) },
		} {
			if err := db.Update(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		if got := count(t, db); got != 0 {
			t.Errorf("%d entries, want none", got)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReplaceADeadStore restores a backup where a process has died. Its journal
// stays with what is kept of the store, and isn't the backup's.
func TestReplaceADeadStore(t *testing.T) {
	backup := filled(t, 100)
	path := updated(t, 1, 4).restore(t)
	kept, err := bolt.Replace(t.Context(), path, backup, func(db *bolt.DB) error { return db.Check(t.Context()) })
	if err != nil {
		t.Fatalf("Replace: %v", err)
	}
	if got := count(t, open(t, path, bolt.Options{})); got != 100 {
		t.Errorf("%d entries, want the backup's 100", got)
	}
	if got := count(t, open(t, kept, bolt.Options{})); got != 8 {
		t.Errorf("%d entries in what is kept, want 8", got)
	}
}
