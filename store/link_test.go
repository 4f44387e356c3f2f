package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

const code = "5f1d"

// toOpen is a ledger with a grant that waits to be opened, and a link to it.
func toOpen(t *testing.T, engine store.Engine) *store.Ledger {
	return toOpenIn(t, engine, approval.App{Name: "portal", URL: "https://portal.example.com"})
}

// toOpenFresh wants who opens it to have signed in within the last five minutes.
func toOpenFresh(t *testing.T) *store.Ledger {
	return toOpenIn(t, storetest.NewMemory(), approval.App{Name: "portal", FreshSignIn: 5 * time.Minute})
}

func toOpenIn(t *testing.T, engine store.Engine, app approval.App) *store.Ledger {
	l := open(t, engine)
	change := submit("c1", "acct_1")
	s, _ := change.Command.(approval.Submit)
	s.Flow.App = &app
	change.Command = s
	must(t, l, change, noon)
	must(t, l, ask("c1", mia), noon)
	must(t, l, store.Change{Case: "c1", Command: approval.Approve{By: mia}}, noon)
	link(t, l, code)
	return l
}

func link(t *testing.T, l *store.Ledger, hash string) {
	t.Helper()
	if err := l.AddLink(t.Context(), hash, store.Link{Case: "c1", Email: "kim@example.com", Until: noon.Add(2 * time.Minute)}, "", noon); err != nil {
		t.Fatal(err)
	}
}

func redemption() store.Redemption {
	return store.Redemption{Hash: code, App: "portal", Email: "Kim@Example.com", Session: "s1"}
}

func running(t *testing.T, l *store.Ledger) map[string]store.Running {
	t.Helper()
	all, err := l.Running(t.Context(), "portal")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestALinkOpensOnce(t *testing.T) {
	l := toOpen(t, storetest.NewMemory())
	if len(running(t, l)) > 0 {
		t.Error("the grant counts as open before it is")
	}
	result, err := l.Redeem(t.Context(), redemption(), noon.Add(time.Minute))
	if err != nil || !result.Case.HasSession("s1") {
		t.Fatalf("%v, %v", result.Case.Grant, err)
	}
	if diff := cmp.Diff(map[string]store.Running{"c1": {Case: "c1", Until: result.Case.Grant.Until}}, running(t, l)); diff != "" {
		t.Errorf("running (-want +got):\n%s", diff)
	}
	if _, err := l.Redeem(t.Context(), redemption(), noon.Add(time.Minute)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	sound(t, l)
	must(t, l, store.Change{Case: "c1", Command: approval.Revoke{By: mia}}, noon.Add(2*time.Minute))
	if len(running(t, l)) > 0 {
		t.Error("the grant counts as open after its end")
	}
	for since, want := range map[time.Duration]int{0: 1, 2 * time.Minute: 1, 2*time.Minute + 1: 0} {
		if all, err := l.EndedSince(t.Context(), "portal", noon.Add(since)); err != nil || len(all) != want {
			t.Errorf("ended since %s: %v, %v", since, all, err)
		}
	}
	sound(t, l)
}

// TestEndedGrantsAreForgotten but not before their last token is over.
func TestEndedGrantsAreForgotten(t *testing.T) {
	l := open(t, storetest.NewMemory())
	for n := range 100 {
		id, now := fmt.Sprint("c", n), noon.Add(time.Duration(n)*time.Minute)
		change := submit(id, id)
		s, _ := change.Command.(approval.Submit)
		s.Flow.App = &approval.App{Name: "portal"}
		change.Command = s
		must(t, l, change, now)
		must(t, l, ask(id, mia), now)
		must(t, l, store.Change{Case: id, Command: approval.Approve{By: mia}}, now)
		must(t, l, store.Change{Case: id, Command: approval.Open{By: s.Requester, Session: "s"}}, now)
		must(t, l, store.Change{Case: id, Command: approval.Revoke{By: mia}}, now)
	}
	if all, err := l.EndedSince(t.Context(), "portal", noon); err != nil || len(all) != 16 {
		t.Errorf("%d are kept, %v", len(all), err)
	}
}

// TestALinkThatIsRefusedIsUsedUp whoever it comes from.
func TestALinkThatIsRefusedIsUsedUp(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*store.Redemption)
		after time.Duration
		want  error
		event string
	}{
		"of another person": {func(r *store.Redemption) { r.Email = "eve@example.com" }, 0, store.ErrLinkMisuse, "misused"},
		"of nobody":         {func(r *store.Redemption) { r.Email = "" }, 0, store.ErrLinkMisuse, "misused"},
		"by another app":    {func(r *store.Redemption) { r.App = "wiki" }, 0, store.ErrLinkMisuse, "misused"},
		"too late":          {func(*store.Redemption) {}, 2 * time.Minute, store.ErrLinkOver, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := toOpen(t, storetest.NewMemory())
			r := redemption()
			c.spoil(&r)
			result, err := l.Redeem(t.Context(), r, noon.Add(c.after))
			if !errors.Is(err, c.want) || result.Case.HasSession("s1") {
				t.Errorf("%v, %v", result.Case.Grant, err)
			}
			var types []string
			for _, e := range result.Events {
				types = append(types, e.Type())
			}
			if got := strings.Join(types, " "); got != c.event {
				t.Errorf("events: %q", got)
			}
			if _, err := l.Redeem(t.Context(), redemption(), noon); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the right one afterwards: %v", err)
			}
			sound(t, l)
		})
	}
}

// TestALinkWaitsForAFreshSignIn and is used up by nothing but what it was refused
// for before: its person, its app and its time are looked at first.
func TestALinkWaitsForAFreshSignIn(t *testing.T) {
	l := toOpenFresh(t)
	at := noon.Add(time.Minute)
	stale := redemption()
	for _, when := range []time.Time{{}, noon.Add(-time.Hour), noon.Add(time.Hour)} {
		stale.SignedIn.At = when
		result, err := l.Redeem(t.Context(), stale, at)
		if rejection, ok := errors.AsType[*approval.Rejection](err); !ok || rejection.Kind != approval.StaleSignIn || len(result.Events) > 0 {
			t.Errorf("signed in at %s: %v, %v", when, result.Events, err)
		}
		sound(t, l)
	}
	fresh := redemption()
	fresh.SignedIn = approval.SignedIn{At: noon, How: []string{"hwk"}}
	if result, err := l.Redeem(t.Context(), fresh, at); err != nil || !result.Case.HasSession("s1") {
		t.Errorf("once they signed in anew: %v", err)
	}
	if _, err := l.Redeem(t.Context(), fresh, at); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	sound(t, l)
}

func TestAStaleSignInExcusesNothing(t *testing.T) {
	for name, spoil := range map[string]func(*store.Redemption){
		"of another person": func(r *store.Redemption) { r.Email = "eve@example.com" },
		"by another app":    func(r *store.Redemption) { r.App = "wiki" },
	} {
		l := toOpenFresh(t)
		r := redemption()
		spoil(&r)
		if _, err := l.Redeem(t.Context(), r, noon); !errors.Is(err, store.ErrLinkMisuse) {
			t.Errorf("%s: %v", name, err)
		}
		fresh := redemption()
		fresh.SignedIn.At = noon
		if _, err := l.Redeem(t.Context(), fresh, noon); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: the right one afterwards: %v", name, err)
		}
	}
	l := toOpenFresh(t)
	if _, err := l.Redeem(t.Context(), redemption(), noon.Add(2*time.Minute)); !errors.Is(err, store.ErrLinkOver) {
		t.Errorf("too late: %v", err)
	}
}

func TestANewLinkReplacesTheOld(t *testing.T) {
	l := toOpen(t, storetest.NewMemory())
	link(t, l, "a07c")
	if _, err := l.Redeem(t.Context(), redemption(), noon); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the old one: %v", err)
	}
	r := redemption()
	r.Hash = "a07c"
	if _, err := l.Redeem(t.Context(), r, noon); err != nil {
		t.Errorf("the new one: %v", err)
	}
	sound(t, l)
}

func TestALinkEndsWithItsGrant(t *testing.T) {
	l := toOpen(t, storetest.NewMemory())
	must(t, l, store.Change{Case: "c1", Command: approval.Revoke{By: mia}}, noon)
	if _, err := l.Redeem(t.Context(), redemption(), noon); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after the grant's end: %v", err)
	}
	sound(t, l)
}

func TestAnExpiredGrantIsNotOpened(t *testing.T) {
	l := toOpen(t, storetest.NewMemory())
	late := noon.Add(2 * time.Hour)
	if err := l.AddLink(t.Context(), code, store.Link{Case: "c1", Email: "kim@example.com", Until: late.Add(time.Minute)}, "", late); err != nil {
		t.Fatal(err)
	}
	_, err := l.Redeem(t.Context(), redemption(), late)
	if rejection, ok := errors.AsType[*approval.Rejection](err); !ok || rejection.Kind != approval.TooLate {
		t.Errorf("an hour after its end, before the bot noticed: %v", err)
	}
	sound(t, l)
}

func TestCheckNoticesLinksAndRunningGrants(t *testing.T) {
	for _, prefix := range []string{"link/", "link-of/", "running/"} {
		engine := storetest.NewMemory()
		l := toOpen(t, engine)
		if prefix == "running/" {
			if _, err := l.Redeem(t.Context(), redemption(), noon); err != nil {
				t.Fatal(err)
			}
		}
		sound(t, l)
		for _, entry := range entries(t, engine, prefix) {
			if err := engine.Update(t.Context(), func(tx store.Tx) error { return tx.Delete(entry.Key) }); err != nil {
				t.Fatal(err)
			}
		}
		if report, err := l.Check(t.Context()); err != nil || len(report.Problems) == 0 {
			t.Errorf("without %s: %v, %v", prefix, report.Problems, err)
		}
	}
}

// TestARepeatedClickLeavesItsLinkGood because the window that has it is open already,
// and says so of a link that is another.
func TestARepeatedClickLeavesItsLinkGood(t *testing.T) {
	l := toOpen(t, storetest.NewMemory())
	link := store.Link{Case: "c1", Email: "kim@example.com", Until: noon.Add(2 * time.Minute)}
	if err := l.AddLink(t.Context(), "first", link, "envelope-1", noon); err != nil {
		t.Fatal(err)
	}
	if err := l.AddLink(t.Context(), "again", link, "envelope-1", noon); !errors.Is(err, store.ErrRepeated) {
		t.Errorf("the same click, another link: %v", err)
	}
	if err := l.AddLink(t.Context(), "first", link, "envelope-1", noon); err != nil {
		t.Errorf("the same click, the same link: %v", err)
	}
	if err := l.AddLink(t.Context(), "first", link, "envelope-1", link.Until); !errors.Is(err, store.ErrRepeated) {
		t.Errorf("the same click, its link's time over: %v", err)
	}
	other := link
	other.Email = "kim.berg@example.com"
	if err := l.AddLink(t.Context(), "first", other, "envelope-1", noon); !errors.Is(err, store.ErrRepeated) {
		t.Errorf("the same click, their address another one: %v", err)
	}
	r := redemption()
	r.Hash = "first"
	if _, err := l.Redeem(t.Context(), r, noon); err != nil {
		t.Errorf("the first one's link: %v", err)
	}
	if err := l.AddLink(t.Context(), "first", link, "envelope-1", noon); !errors.Is(err, store.ErrRepeated) {
		t.Errorf("the same click, its link used: %v", err)
	}
}
