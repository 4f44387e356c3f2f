package bot

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// TestForgettingKeepsUp drops what a busy day has left in one go of rounds, and
// then rests.
func TestForgettingKeepsUp(t *testing.T) {
	b, _ := fuzzedBot(t, nil)
	now := time.Now()
	b.Now = func() time.Time { return now }
	const left = 2*forgetAtOnce + 10
	for n := range left {
		// Nobody looks at the case, so this makes no event.
		change := store.Change{Case: "case-1", Command: approval.LookAway{}, Once: fmt.Sprint("click:", n)}
		if _, err := b.Ledger.Do(t.Context(), change, now.Add(-72*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	var last time.Time
	for round := range 3 {
		if !last.IsZero() {
			t.Fatalf("it rests after %d rounds", round)
		}
		last = b.forget(t.Context(), last)
	}
	if last != now {
		t.Error("it doesn't rest when nothing is left")
	}
	if more, err := b.Ledger.Forget(t.Context(), now, 1); more != 0 || err != nil {
		t.Errorf("%d names are left, %v", more, err)
	}
}
