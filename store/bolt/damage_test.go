package bolt_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

const page = 4096

// filled is the path of a closed store with so many entries, of a size that
// makes a tree of pages. The file ends where its pages do.
func filled(t testing.TB, entries int) string {
	t.Helper()
	db := open(t, newPath(t), bolt.Options{})
	err := db.Update(t.Context(), func(tx store.Tx) error {
		for i := range entries {
			if err := tx.Put(fmt.Sprintf("key/%06d", i), bytes.Repeat([]byte{byte(i)}, 200)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	path := newPath(t)
	if err := db.Backup(t.Context(), path); err != nil {
		t.Fatalf("Backup: %v", err)
	}
	return path
}

func count(t testing.TB, db *bolt.DB) (entries int) {
	t.Helper()
	if err := db.View(t.Context(), func(tx store.Tx) (err error) {
		entries, err = countIn(tx)
		return err
	}); err != nil {
		t.Fatalf("View: %v", err)
	}
	return entries
}

func countIn(tx store.Tx) (entries int, err error) {
	for _, err := range tx.Scan("", "\xff") {
		if err != nil {
			return 0, err
		}
		entries++
	}
	return entries, nil
}

func TestOpenDamaged(t *testing.T) {
	whole, err := os.ReadFile(filled(t, 2000))
	if err != nil {
		t.Fatal(err)
	}
	random := make([]byte, 16*page)
	rand.NewChaCha8([32]byte{}).Read(random)
	tests := map[string][]byte{
		"empty":           {},
		"one byte":        {1},
		"text":            []byte("not a store\n"),
		"pages of text":   bytes.Repeat([]byte("not a store\n"), 10*page),
		"zeros":           make([]byte, 16*page),
		"random bytes":    random,
		"no first pages":  append(make([]byte, 2*page), whole[2*page:]...),
		"the first page":  whole[:page],
		"first two pages": whole[:2*page],
		"half":            whole[:len(whole)/2],
		"half a page off": whole[:len(whole)-page/2],
		"one byte off":    whole[:len(whole)-1],
	}
	for cut := 3; cut < len(whole)/page; cut += 17 {
		tests[fmt.Sprintf("%d pages of %d", cut, len(whole)/page)] = whole[:cut*page]
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, content)
			for name, open := range openers() {
				db, err := open(t.Context(), path, bolt.Options{LockTimeout: -1})
				if !errors.Is(err, store.ErrCorrupt) {
					t.Errorf("%s: %v, want ErrCorrupt", name, err)
				}
				if err == nil {
					db.Close()
				}
			}
		})
	}
}

func write(t *testing.T, content []byte) string {
	t.Helper()
	path := newPath(t)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenNewerFormat(t *testing.T) {
	content, err := os.ReadFile(filled(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, start := range []int{0, page} { // bbolt: a page's header, magic, version
		binary.NativeEndian.PutUint32(content[start+16+4:], 3)
	}
	if _, err := bolt.Open(t.Context(), write(t, content), bolt.Options{}); !errors.Is(err, store.ErrNewer) {
		t.Errorf("Open: %v, want ErrNewer", err)
	}
}

// TestDamagedPages wipes one page of many, each in its own copy. Whatever is done then, it
// works or says ErrCorrupt.
func TestDamagedPages(t *testing.T) {
	whole, err := os.ReadFile(filled(t, 2000))
	if err != nil {
		t.Fatal(err)
	}
	noticed, wiped := 0, 0
	for n := 2; n < len(whole)/page; n += 7 {
		for _, wipe := range []byte{0x00, 0xff} {
			content := bytes.Clone(whole)
			copy(content[n*page:], bytes.Repeat([]byte{wipe}, page))
			wiped++
			if !use(t, write(t, content)) {
				noticed++
			}
		}
	}
	t.Logf("%d of %d wiped pages were noticed", noticed, wiped)
}

// TestEveryBitOfTheRoot flips each bit of the page that says which buckets there
// are. It is said, or it changes nothing.
func TestEveryBitOfTheRoot(t *testing.T) {
	const entries = 100
	whole, err := os.ReadFile(filled(t, entries))
	if err != nil {
		t.Fatal(err)
	}
	at := int(rootPage(whole)) * page
	elements := int(binary.NativeEndian.Uint16(whole[at+10:]))
	end := at + 16
	for i := range elements { // an element: flags, where its key is, how long key and value are
		element := at + 16 + 16*i
		field := func(n int) int { return int(binary.NativeEndian.Uint32(whole[element+4*n:])) }
		end = max(end, element+field(1)+field(2)+field(3))
	}
	said := 0
	for bit := range 8 * (end - at) {
		content := bytes.Clone(whole)
		content[at+bit/8] ^= 1 << (bit % 8)
		db, err := bolt.Open(t.Context(), write(t, content), bolt.Options{JournalSize: smallJournal})
		if err == nil {
			if n := count(t, db); n != entries {
				t.Errorf("bit %d of byte %d: %d entries", bit%8, bit/8, n)
			}
			err = db.Close()
		}
		switch {
		case errors.Is(err, store.ErrCorrupt):
			said++
		case err != nil:
			t.Errorf("bit %d of byte %d: %v, want ErrCorrupt", bit%8, bit/8, err)
		}
	}
	t.Logf("%d of %d were said", said, 8*(end-at))
}

// rootPage is the number of the page that says which buckets a file has. bbolt has
// two pages of a header of 16 bytes, then magic, version, page size, flags, the
// root, and which commit it is of.
func rootPage(file []byte) uint64 {
	number := func(at int) uint64 { return binary.NativeEndian.Uint64(file[at:]) }
	newest := 16
	if number(newest+page+48) > number(newest+48) {
		newest += page
	}
	return number(newest + 16)
}

// TestAnotherPageAsRoot puts every other page in the root's place, as a disk may
// that gives back what the page was before.
func TestAnotherPageAsRoot(t *testing.T) {
	path, _ := worked(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root := rootPage(whole)
	for n := range uint64(len(whole) / page) {
		if n == root {
			continue
		}
		content := bytes.Clone(whole)
		copy(content[root*page:], whole[n*page:(n+1)*page])
		binary.NativeEndian.PutUint64(content[root*page:], root) // a page begins with its own number
		if _, err := bolt.Open(t.Context(), write(t, content), bolt.Options{JournalSize: smallJournal}); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("page %d: %v, want ErrCorrupt", n, err)
		}
	}
}

// use does everything to a store. It says whether all went well.
func use(t *testing.T, path string) bool {
	t.Helper()
	db, err := bolt.Open(t.Context(), path, bolt.Options{JournalSize: smallJournal})
	if err == nil {
		defer db.Close()
		err = errors.Join(
			db.View(t.Context(), func(tx store.Tx) error {
				_, err := countIn(tx)
				return err
			}),
			db.Check(t.Context()),
			db.Update(t.Context(), func(tx store.Tx) error { return tx.Put("key/000100x", []byte("new")) }),
			db.Update(t.Context(), func(tx store.Tx) error {
				for entry, err := range tx.Scan("", "\xff") {
					if err := errors.Join(err, tx.Delete(entry.Key)); err != nil {
						return err
					}
				}
				return nil
			}),
		)
	}
	if err != nil && !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("%v, want ErrCorrupt", err)
	}
	return err == nil
}

// TestCutShortWhileOpen takes the file's end away from under an open store.
func TestCutShortWhileOpen(t *testing.T) {
	path := filled(t, 2000)
	db, err := bolt.Open(t.Context(), path, bolt.Options{JournalSize: smallJournal})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 2*page); err != nil {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(tx store.Tx) error {
		_, err := countIn(tx)
		return err
	})
	if !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("View: %v, want ErrCorrupt", err)
	}
	err = db.Update(context.Background(), func(tx store.Tx) error { return tx.Put("new", nil) })
	if !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Update: %v, want ErrCorrupt", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
