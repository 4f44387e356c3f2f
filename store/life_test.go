package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// granted is a ledger with the case c1 of Kim's, approved by Mia for an hour.
func granted(t *testing.T) *store.Ledger {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	must(t, l, ask("c1", mia, ola), noon)
	must(t, l, store.Change{Case: "c1", Command: approval.Approve{By: mia}}, noon)
	return l
}

func extend(id, base string) store.Change {
	change := submit(id, "acct")
	command := change.Command.(approval.Submit)
	command.Extends = base
	change.Command = command
	return change
}

func statusOf(t *testing.T, l *store.Ledger, id string) approval.Status {
	t.Helper()
	c, err := l.Case(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c.Status
}

func TestTwoSubmissionsAtOnceMakeOneCase(t *testing.T) {
	l := open(t, storetest.NewMemory())
	var both sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		both.Go(func() { _, errs[i] = l.Do(t.Context(), submit(fmt.Sprintf("c%d", i), "acct"), noon) })
	}
	both.Wait()
	made := 0
	for _, err := range errs {
		var live *store.LiveCaseError
		switch {
		case err == nil:
			made++
		case !errors.As(err, &live) || live.Case.Account.ID != "acct":
			t.Errorf("a submission failed with %v", err)
		}
	}
	cases, err := l.Cases(t.Context(), "", 100)
	if made != 1 || len(cases) != 1 || err != nil {
		t.Errorf("%d submissions made %d cases, %v", made, len(cases), err)
	}
	sound(t, l)
}

func TestAnExtensionAddsItsTime(t *testing.T) {
	l := granted(t)
	must(t, l, extend("c2", "c1"), noon.Add(50*time.Minute))
	must(t, l, ask("c2", mia), noon.Add(50*time.Minute))
	sound(t, l)
	result := must(t, l, store.Change{Case: "c2", Command: approval.Approve{By: mia}}, noon.Add(55*time.Minute))
	var types []string
	for _, e := range result.Events {
		types = append(types, e.Case+" "+e.Type())
	}
	if diff := cmp.Diff([]string{"c2 approved", "c2 granted", "c1 extended", "c2 merged"}, types); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	base, err := l.Case(t.Context(), "c1")
	if err != nil || !base.Grant.Until.Equal(noon.Add(2*time.Hour)) || base.Status != approval.Active {
		t.Errorf("the grant is %+v, %v", base.Grant, err)
	}
	if got := statusOf(t, l, "c2"); got != approval.Ended {
		t.Errorf("the extension is %s", got)
	}
	must(t, l, extend("c3", "c1"), noon.Add(100*time.Minute)) // and again
	sound(t, l)
}

func TestAnExtensionTakesThePlaceOfWhatEnded(t *testing.T) {
	l := granted(t)
	must(t, l, extend("c2", "c1"), noon.Add(50*time.Minute))
	must(t, l, ask("c2", mia), noon.Add(50*time.Minute))
	must(t, l, store.Change{Case: "c1", Command: approval.Expire{}}, noon.Add(time.Hour))
	sound(t, l)
	var live *store.LiveCaseError
	if _, err := l.Do(t.Context(), submit("c9", "acct"), noon.Add(time.Hour)); !errors.As(err, &live) || live.Case.ID != "c2" {
		t.Errorf("a new request meets %v", err)
	}
	must(t, l, store.Change{Case: "c2", Command: approval.Approve{By: mia}}, noon.Add(61*time.Minute))
	if got := statusOf(t, l, "c2"); got != approval.Active {
		t.Errorf("the extension is %s", got)
	}
	sound(t, l)
	must(t, l, store.Change{Case: "c2", Command: approval.Release{By: kim}}, noon.Add(62*time.Minute))
	must(t, l, submit("c9", "acct"), noon.Add(63*time.Minute))
	sound(t, l)
}

func TestWhoApprovedAnExtensionCanRevokeIt(t *testing.T) {
	l := granted(t)
	must(t, l, extend("c2", "c1"), noon.Add(50*time.Minute))
	must(t, l, ask("c2", ida, mia), noon.Add(50*time.Minute))
	must(t, l, store.Change{Case: "c2", Command: approval.Approve{By: ida}}, noon.Add(50*time.Minute))
	cards, err := l.CardsOf(t.Context(), "c1")
	if err != nil || !slices.Contains(ids(cards), "c1/approver/"+ida.ID) {
		t.Errorf("cards %v, %v", ids(cards), err)
	}
	sound(t, l)
	must(t, l, store.Change{Case: "c1", Command: approval.Revoke{By: ida}}, noon.Add(51*time.Minute))
	sound(t, l)
}

func TestExtensionsDoNotPileUp(t *testing.T) {
	l := granted(t)
	at := noon.Add(55 * time.Minute)
	must(t, l, extend("c2", "c1"), at)
	must(t, l, ask("c2", mia), at)
	must(t, l, store.Change{Case: "c2", Command: approval.Approve{By: mia}}, at)
	_, err := l.Do(t.Context(), extend("c3", "c1"), at.Add(time.Second))
	if rejection, ok := errors.AsType[*approval.Rejection](err); !ok || rejection.Kind != approval.TooSoon {
		t.Errorf("another extension meets %v", err)
	}
	must(t, l, extend("c3", "c1"), noon.Add(time.Hour))
}

func TestAFlowsLongestAccess(t *testing.T) {
	for longest, want := range map[time.Duration]approval.RejectionKind{2 * time.Hour: "", 2*time.Hour - time.Second: approval.TooLong} {
		l := granted(t)
		change := extend("c2", "c1")
		s, _ := change.Command.(approval.Submit)
		s.Flow.Policy.Longest = longest
		change.Command = s
		var kind approval.RejectionKind
		_, err := l.Do(t.Context(), change, noon.Add(50*time.Minute))
		if rejection, ok := errors.AsType[*approval.Rejection](err); ok {
			kind = rejection.Kind
		} else if err != nil {
			t.Fatal(err)
		}
		if kind != want {
			t.Errorf("with %s at most: %q, want %q", longest, kind, want)
		}
	}
}

func TestWhoIsDoneWantsNoExtension(t *testing.T) {
	l := granted(t)
	must(t, l, extend("c2", "c1"), noon.Add(time.Minute))
	must(t, l, store.Change{Case: "c1", Command: approval.Release{By: kim}}, noon.Add(2*time.Minute))
	if got := statusOf(t, l, "c2"); got != approval.Cancelled {
		t.Errorf("the extension is %s", got)
	}
	sound(t, l)
}

func TestARevokedGrantTakesItsExtensionAlong(t *testing.T) {
	for name, routed := range map[string]bool{"pending": true, "routing": false} {
		l := granted(t)
		must(t, l, extend("c2", "c1"), noon.Add(time.Minute))
		if routed {
			must(t, l, ask("c2", mia), noon.Add(time.Minute))
		}
		result := must(t, l, store.Change{Case: "c1", Command: approval.Revoke{By: mia}}, noon.Add(2*time.Minute))
		if got := statusOf(t, l, "c2"); got != approval.Refused || result.Case.ID != "c1" || len(result.Events) != 2 {
			t.Errorf("%s: the extension is %s, the result of %s: %v", name, got, result.Case.ID, result.Events)
		}
		sound(t, l)
		must(t, l, submit("c3", "acct"), noon.Add(3*time.Minute))
		sound(t, l)
	}
}

func TestWhatCanNotBeExtended(t *testing.T) {
	l := granted(t)
	other := extend("c3", "c1")
	command := other.Command.(approval.Submit)
	command.Requester = ola
	other.Command = command
	must(t, l, extend("c2", "c1"), noon.Add(time.Minute))
	for name, test := range map[string]struct {
		change store.Change
		at     time.Time
		want   string
	}{
		"somebody else's": {other, noon, "this person isn't the requester of the case"},
		"twice":           {extend("c4", "c1"), noon, "case c2 of UKIM"},
		"over":            {extend("c5", "c1"), noon.Add(time.Hour), "the time for that is over"},
		"not running":     {extend("c6", "c2"), noon, "the case holds no running grant"},
		"unknown":         {extend("c7", "c8"), noon, "not found"},
	} {
		if _, err := l.Do(t.Context(), test.change, test.at); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	sound(t, l)
}

func TestEachReminderIsAMessageForWhoHasntDecided(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	must(t, l, ask("c1", mia, ola), noon)
	for _, at := range []time.Time{noon, noon.Add(approval.NudgePause)} {
		must(t, l, store.Change{Case: "c1", Command: approval.Nudge{By: kim}}, at)
	}
	cards, err := l.CardsOf(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"c1/approver/UMIA", "c1/approver/UOLA", "c1/modal/Vc1", "c1/reminder/UMIA~1", "c1/reminder/UMIA~2",
		"c1/reminder/UOLA~1", "c1/reminder/UOLA~2", "c1/requester/UKIM"}
	if diff := cmp.Diff(want, ids(cards)); diff != "" {
		t.Errorf("cards (-want +got):\n%s", diff)
	}
	for _, card := range cards {
		if _, _, recipient := card.ID.Parts(); recipient == "UMIA~1" {
			t.Errorf("the recipient of %s is %s", card.ID, recipient)
		}
	}
}

func TestAPostponedCaseKeepsTheTimeOfALaterChange(t *testing.T) {
	l := open(t, storetest.NewMemory())
	must(t, l, submit("c1", "acct"), noon)
	must(t, l, ask("c1", mia), noon)
	late := noon.Add(time.Hour)
	taken, _, err := l.TakeDue(t.Context(), late, 1, time.Minute)
	if err != nil || len(taken) != 1 {
		t.Fatalf("taken: %v, %v", taken, err)
	}
	must(t, l, store.Change{Case: "c1", Command: approval.LookAt{By: mia}}, late) // due at once, since its time is over
	if err := l.Postpone(t.Context(), taken[0], late.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	again, _, err := l.TakeDue(t.Context(), late, 1, time.Minute)
	if err != nil || len(again) != 1 {
		t.Fatalf("a case that changed after it was taken was put off all the same: %v, %v", again, err)
	}
	if err := l.Postpone(t.Context(), again[0], late.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if again, next, err := l.TakeDue(t.Context(), late.Add(2*time.Minute), 1, time.Minute); len(again) > 0 || !next.Equal(late.Add(time.Hour)) || err != nil {
		t.Errorf("put off, it is due at %s: %v, %v", next, again, err)
	}
}
