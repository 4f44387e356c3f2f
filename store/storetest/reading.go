package storetest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/store"
)

func absentKey(t *testing.T, e store.Engine) {
	view(t, e, func(tx store.Tx) error {
		value, err := tx.Get("nobody")
		if value != nil {
			t.Errorf("Get of an absent key is %q, want nil", value)
		}
		return err
	})
}

func emptyValue(t *testing.T, e store.Engine) {
	check := func(tx store.Tx) error {
		for _, key := range []string{"empty", "nil"} {
			value, err := tx.Get(key)
			if err != nil {
				return err
			}
			if value == nil || len(value) != 0 {
				t.Errorf("Get(%q) is %#v, want empty and not nil", key, value)
			}
		}
		return nil
	}
	update(t, e, func(tx store.Tx) error {
		if err := tx.Put("nil", nil); err != nil {
			return err
		}
		if err := tx.Put("empty", []byte{}); err != nil {
			return err
		}
		return check(tx)
	})
	view(t, e, check)
	holds(t, e, "empty", "nil")
}

func ownValues(t *testing.T, e store.Engine) {
	check := func(tx store.Tx) error {
		value, err := tx.Get("a")
		if string(value) != "good" {
			t.Errorf("Get is %q, want what was put", value)
		}
		copy(value, "evil")
		for entry, err := range tx.Scan("a", "b") {
			if err != nil {
				return err
			}
			copy(entry.Value, "evil")
		}
		again, _ := tx.Get("a")
		if string(again) != "good" {
			t.Errorf("Get is %q after its value was changed outside", again)
		}
		return err
	}
	update(t, e, func(tx store.Tx) error {
		value := []byte("good")
		if err := tx.Put("a", value); err != nil {
			return err
		}
		copy(value, "evil")
		return check(tx)
	})
	view(t, e, check)
}

func largeValue(t *testing.T, e store.Engine) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	update(t, e, func(tx store.Tx) error { return tx.Put("large", large) })
	view(t, e, func(tx store.Tx) error {
		value, err := tx.Get("large")
		if !bytes.Equal(value, large) {
			t.Errorf("a value of %d bytes comes back as %d others", len(large), len(value))
		}
		return err
	})
}

func keyLength(t *testing.T, e store.Engine) {
	longest := strings.Repeat("k", store.MaxKey)
	put(t, e, longest)
	for _, key := range []string{"", longest + "k"} {
		if err := e.Update(t.Context(), func(tx store.Tx) error { return tx.Put(key, nil) }); err == nil {
			t.Errorf("a key of %d bytes was taken", len(key))
		}
	}
	holds(t, e, longest)
}

func scanOrder(t *testing.T, e store.Engine) {
	sorted := []string{"\x00", "\x00\x00", "A", "Z", "a", "a\x00", "a/", "a/b", "a0", "aa", "b", "\x7f", "\x80", "é", "\xff"}
	shuffled := []string{"b", "é", "a/b", "\x80", "a", "\x00\x00", "\xff", "aa", "A", "a\x00", "\x7f", "Z", "a0", "a/", "\x00"}
	update(t, e, func(tx store.Tx) error {
		if err := putAll(tx, shuffled...); err != nil {
			return err
		}
		got, err := keys(tx, "", end)
		same(t, "keys before the commit", sorted, got)
		return err
	})
	holds(t, e, sorted...)
}

func scanBounds(t *testing.T, e store.Engine) {
	put(t, e, "a", "b", "b/1", "b/2", "c")
	tests := []struct {
		from, to string
		want     []string
	}{
		{"b", "c", []string{"b", "b/1", "b/2"}},
		{"b/", "b0", []string{"b/1", "b/2"}},
		{"", "b", []string{"a"}},
		{"aa", "b/1", []string{"b"}},
		{"b", "b", nil},
		{"c", "a", nil},
		{"d", end, nil},
		{"a", "", nil},
	}
	check := func(tx store.Tx) error {
		for _, test := range tests {
			got, err := keys(tx, test.from, test.to)
			if err != nil {
				return err
			}
			same(t, "Scan("+test.from+", "+test.to+")", test.want, got)
		}
		return nil
	}
	view(t, e, check)
	update(t, e, check)
}

func scanStops(t *testing.T, e store.Engine) {
	put(t, e, "a", "b", "c")
	view(t, e, func(tx store.Tx) error {
		for entry, err := range tx.Scan("", end) {
			if err != nil || entry.Key == "b" {
				return err
			}
			if entry.Key > "b" {
				t.Errorf("the scan went on to %q", entry.Key)
			}
		}
		return nil
	})
}

func scanNested(t *testing.T, e store.Engine) {
	put(t, e, "a", "b")
	var got []string
	view(t, e, func(tx store.Tx) error {
		got = nil
		for outer, err := range tx.Scan("", end) {
			if err != nil {
				return err
			}
			for inner, err := range tx.Scan("", end) {
				if err != nil {
					return err
				}
				got = append(got, outer.Key+inner.Key)
			}
		}
		return nil
	})
	same(t, "pairs", []string{"aa", "ab", "ba", "bb"}, got)
}
