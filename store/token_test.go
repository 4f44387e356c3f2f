package store_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

func tokens(t *testing.T, l *store.Ledger, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := l.AddToken(t.Context(), store.Token{ID: "id-" + name, Name: name, Role: store.Read, Hash: store.HashToken(name), By: "ops", Since: noon}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARevokedTokenLeavesARecord(t *testing.T) {
	l := open(t, storetest.NewMemory())
	tokens(t, l, "laptop", "pipeline")
	at := noon.Add(time.Hour)
	if err := l.RevokeToken(t.Context(), "id-laptop", "mia", at); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Token(t.Context(), "laptop"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a revoked token is found: %v", err)
	}
	if err := l.RevokeToken(t.Context(), "id-laptop", "ola", at.Add(time.Hour)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoked again: %v", err)
	}
	all, damaged, err := l.Tokens(t.Context())
	if err != nil || len(damaged) > 0 || len(all) != 2 {
		t.Fatalf("%v, %v, %v", all, damaged, err)
	}
	for _, token := range all {
		if revoked := token.Name == "laptop"; token.Revoked() != revoked || revoked && (token.RevokedBy != "mia" || !token.RevokedAt.Equal(at)) {
			t.Errorf("%+v", token)
		}
	}
	sound(t, l)
}

// TestADamagedTokenBlocksNoOther makes a reader an administrator on disk.
func TestADamagedTokenBlocksNoOther(t *testing.T) {
	engine := storetest.NewMemory()
	l := open(t, engine)
	tokens(t, l, "laptop", "pipeline")
	err := engine.Update(t.Context(), func(tx store.Tx) error {
		key := "token/" + store.HashToken("laptop")
		value, err := tx.Get(key)
		if err != nil {
			return err
		}
		return tx.Put(key, bytes.Replace(value, []byte("\"read\""), []byte("\"admin\""), 1))
	})
	if err != nil {
		t.Fatal(err)
	}
	if token, err := l.Token(t.Context(), "laptop"); !errors.Is(err, store.ErrCorrupt) || token.Role != "" {
		t.Errorf("a changed token is %+v, %v", token, err)
	}
	if all, damaged, err := l.Tokens(t.Context()); err != nil || len(all) != 1 || len(damaged) != 1 {
		t.Errorf("%v, %v, %v", all, damaged, err)
	}
	if err := l.RevokeToken(t.Context(), "id-pipeline", "mia", noon); err != nil {
		t.Error(err)
	}
	report, err := l.Check(t.Context())
	if err != nil || len(report.Problems) != 1 || !strings.Contains(report.Problems[0], "was changed after it was written") {
		t.Errorf("the check says %q, %v", report.Problems, err)
	}
}
