package consent_test

import (
	"flag"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	buttons = regexp.MustCompile(`<button[^>]*>([^<]*)</button>`)
	tags    = regexp.MustCompile(`<[^>]*>`)
	gaps    = regexp.MustCompile(`\n{2,}`)
)

func plain(main string) string {
	main = buttons.ReplaceAllString(main, "[ $1 ]")
	main = html.UnescapeString(tags.ReplaceAllString(main, ""))
	return strings.TrimSpace(gaps.ReplaceAllString(main, "\n")) + "\n"
}

// TestPages compares what the customer reads of every kind of case with what was
// reviewed.
func TestPages(t *testing.T) {
	agree, refuse := approval.Approve{By: customer}, approval.Deny{By: customer}
	alone := func() *desk { return asked(t, portal(), flows.Customer()) }
	beside := func() *desk {
		return asked(t, portal(), managers.WithConsent().OrElse(flows.Group("leads").WithConsent()), mia)
	}
	full, hidden, atOnce := portal(), portal(), portal()
	full.Scope, hidden.HideReason, atOnce.Clock = approval.FullAccess, true, approval.FromApproval
	for _, shown := range []struct {
		name string
		desk *desk
	}{
		{"asked", alone()},
		{"asked, for all", asked(t, full, flows.Customer())},
		{"asked, the reason hidden", asked(t, hidden, flows.Customer())},
		{"asked, and a manager", beside()},
		{"asked, and later others", asked(t, portal(), flows.Customer().EscalateAfter(10*time.Minute, managers))},
		{"agreed, and a manager has to", beside().do(agree)},
		{"others are looked for", beside().do(approval.Miss{ID: mia.ID, Why: "deactivated"})},
		{"agreed, others are looked for", beside().do(agree, approval.Miss{ID: mia.ID, Why: "deactivated"})},
		{"agreed", alone().do(agree)},
		{"agreed, counted at once", asked(t, atOnce, flows.Customer()).do(agree)},
		{"agreed, opened", alone().do(agree, approval.Open{By: kim, Session: "one"})},
		{"a manager allowed it", asked(t, portal(), flows.Customer().And(managers), mia).do(approval.Approve{By: mia})},
		{"refused", alone().do(refuse)},
		{"refused by a manager", beside().do(approval.Deny{By: mia})},
		{"ended by the customer", alone().do(agree, approval.Open{By: kim, Session: "one"}, approval.Revoke{By: customer})},
		{"ended by the agent", alone().do(agree, approval.Open{By: kim, Session: "one"}, approval.Release{By: kim})},
		{"its time is over", alone().do(agree).after(time.Hour)},
		{"cancelled", alone().do(approval.Cancel{By: kim})},
		{"nobody answered", alone().after(30 * time.Minute).do(approval.TimeOut{})},
		{"the app asked nobody", alone().do(approval.Miss{ID: customer.ID, Why: "the app answered 410 Gone"})},
	} {
		t.Run(shown.name, func(t *testing.T) { golden(t, shown.name, text(t, shown.desk.gets(link))) })
	}
	d := alone()
	golden(t, "no such link", text(t, d.gets("/consent/c1/guessed")))
	d.page.Ledger = func() *store.Ledger { return nil }
	golden(t, "no store", text(t, d.gets(link)))
}

// TestLengthsInWords are those that flows offer.
func TestLengthsInWords(t *testing.T) {
	for length, want := range map[time.Duration]string{
		time.Minute: "1 minute", 15 * time.Minute: "15 minutes", time.Hour: "1 hour", 90 * time.Minute: "90 minutes", 4 * time.Hour: "4 hours",
	} {
		d := newDesk(t)
		submit := submission("c1", portal())
		submit.Duration = length
		d.do(submit, rule(flows.Customer()))
		if got := text(t, d.gets(link)); !strings.Contains(got, "as Acme, for "+want+".") {
			t.Errorf("%s:\n%s", length, got)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(strings.ReplaceAll(name, ", ", "_"), " ", "_")+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test -update accepts it):\n%s", path, diff)
	}
}
