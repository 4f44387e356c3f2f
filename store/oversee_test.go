package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

var ida = approval.Person{ID: "UIDA", Name: "Ida"}

// overseen is a request whose flow is overseen by these groups.
func overseen(id string, viewers, revokers []string) store.Change {
	change := submit(id, "acct"+id)
	s, _ := change.Command.(approval.Submit)
	s.Flow.Policy.Viewers, s.Flow.Policy.Revokers = viewers, revokers
	change.Command = s
	return change
}

func TestWhoOverseesAFlowHasItsCases(t *testing.T) {
	l := open(t, storetest.NewMemory())
	security, auditors := []string{"security"}, []string{"auditors"}
	must(t, l, overseen("c1", auditors, security), noon)
	must(t, l, overseen("c2", security, security), noon.Add(time.Minute))
	must(t, l, submit("c3", "acctc3"), noon)
	for _, id := range []string{"c1", "c2", "c3"} {
		must(t, l, ask(id, mia), noon.Add(2*time.Minute))
	}
	now := noon.Add(5 * time.Minute)
	must(t, l, store.Change{Case: "c1", Command: approval.Approve{By: mia}}, now)
	sees := func(who approval.Person, groups []string, want string) {
		t.Helper()
		if got := strings.ReplaceAll(homeOf(t, l, who.ID, now.Add(time.Minute), groups...), "\n", "; "); got != want {
			t.Errorf("%s in %v sees %q, want %q", who.ID, groups, got, want)
		}
	}
	sees(ida, nil, "")
	sees(ida, security, "overseen 1/1 of 2: c1 c2")
	sees(ida, auditors, "overseen 1/1 of 1: c1")
	sees(ida, []string{"security", "auditors"}, "overseen 1/1 of 2: c1 c2")
	sees(ida, []string{"secur", "security/overseen"}, "")
	sees(mia, security, "waiting 1/1 of 2: c2 c3; running 1/1 of 1: c1") // and not twice
	if groups, err := l.Overseers(t.Context()); err != nil || !slices.Equal(groups, []string{"auditors", "security"}) {
		t.Errorf("the groups that oversee something are %v, %v", groups, err)
	}
	must(t, l, store.Change{Case: "c1", Command: approval.Revoke{By: ida, Group: "security"}}, now)
	sees(ida, []string{"security", "auditors"}, "overseen 1/1 of 1: c2; recent 1/1 of 1: c1")
	sees(mia, security, "waiting 1/1 of 2: c2 c3; recent 1/1 of 1: c1")
	sound(t, l)
}

// TestTheHomesOfOverseersFollow holds that a case makes the Homes dirty of those
// who were last found in its groups.
func TestTheHomesOfOverseersFollow(t *testing.T) {
	l := open(t, storetest.NewMemory())
	for _, p := range []approval.Person{ida, ola} {
		if err := l.OpenHome(t.Context(), p.ID, noon); err != nil {
			t.Fatal(err)
		}
	}
	groups := func(who approval.Person, groups ...string) {
		t.Helper()
		if err := l.Oversee(t.Context(), who.ID, groups); err != nil {
			t.Fatal(err)
		}
	}
	followers := func(id string) (homes []string) {
		t.Helper()
		for _, card := range dirty(t, l, noon) {
			if err := l.Delivered(t.Context(), card, noon); err != nil {
				t.Fatal(err)
			}
		}
		must(t, l, overseen(id, []string{"auditors"}, []string{"security"}), noon)
		for _, card := range dirty(t, l, noon) {
			if _, kind, who := card.ID.Parts(); kind == store.HomeCard {
				homes = append(homes, who)
			}
		}
		return homes
	}
	groups(ida, "security", "auditors")
	groups(ola, "others")
	if got := followers("c1"); !slices.Equal(got, []string{ida.ID}) {
		t.Errorf("the Homes that follow are %v", got)
	}
	groups(ola, "auditors")
	groups(ida)
	if got := followers("c2"); !slices.Equal(got, []string{ola.ID}) {
		t.Errorf("the Homes that follow now are %v", got)
	}
	sound(t, l)
}
