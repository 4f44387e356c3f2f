package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

func TestADamagedCaseHoldsUpNoOther(t *testing.T) {
	engine := storetest.NewMemory()
	l := open(t, engine)
	must(t, l, submit("c1", "acct_1"), noon)
	must(t, l, submit("c2", "acct_2"), noon)
	err := engine.Update(t.Context(), func(tx store.Tx) error { return tx.Put("case/c1", []byte("no case")) })
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Reclaim(t.Context(), noon); err != nil {
		t.Errorf("taking back: %v", err)
	}
	cases, _, err := l.TakeDue(t.Context(), noon, 10, time.Minute)
	if !errors.Is(err, store.ErrCorrupt) || len(cases) != 1 || cases[0].ID != "c2" {
		t.Errorf("took %v, %v", cases, err)
	}
	if cases, _, err := l.TakeDue(t.Context(), noon.Add(time.Minute), 10, time.Minute); err != nil || len(cases) != 1 {
		t.Errorf("a minute later: took %v, %v", cases, err)
	}
}

func TestCheckMissesNoCase(t *testing.T) {
	for key, want := range map[string]string{
		"case/c1": "is of the case c1, which isn't there",
		"past/":   "the index of past cases says",
	} {
		t.Run(key, func(t *testing.T) {
			engine := storetest.NewMemory()
			l := open(t, engine)
			must(t, l, submit("c1", "acct_1"), noon)
			must(t, l, ask("c1", mia), noon)
			sound(t, l)
			err := engine.Update(t.Context(), func(tx store.Tx) error {
				for _, entry := range entries(t, engine, key) {
					if err := tx.Delete(entry.Key); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			report, err := l.Check(t.Context())
			if err != nil || !strings.Contains(strings.Join(report.Problems, "\n"), want) {
				t.Errorf("found %q, %v", report.Problems, err)
			}
		})
	}
}
