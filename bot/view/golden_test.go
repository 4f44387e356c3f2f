package view_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestCards compares every card of every kind of case with what was reviewed:
// a .txt is what people read, the .json beside it is what Slack gets.
func TestCards(t *testing.T) {
	for name, c := range stories(t) {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".txt", readable(t, c))
			golden(t, name+".json", indented(t, map[string]any{
				"requester": view.RequesterCard(c), "approver": view.ApproverCard(c, mia.ID), "channel": view.ChannelCard(c)}))
		})
	}
}

func readable(t *testing.T, c approval.Case) string {
	var b strings.Builder
	card := func(title string, m view.Message) {
		fmt.Fprintf(&b, "=== %s\nnotification: %s\n\n%s\n", title, m.Text, screen(t, m.Blocks))
	}
	card("Kim, who asked", view.RequesterCard(c))
	card("Mia, who may decide", view.ApproverCard(c, mia.ID))
	card("a channel", view.ChannelCard(c))
	if m, ok := view.OutcomeCard(c); ok {
		card("Kim, with a sound", m)
	}
	if c.Pokes > 0 {
		card("Mia, reminded", view.ReminderCard(c, mia.ID))
	}
	if c.Grant != nil && c.Grant.Warnings > 0 {
		card("Kim, warned", view.WarningCard(c))
	}
	if c.Grant != nil && c.Grant.End == approval.Revoked {
		card("Kim, told of the end", view.RevokedCard(c))
	}
	fmt.Fprintf(&b, "=== clicks that change nothing\n")
	for _, kind := range []approval.RejectionKind{approval.AlreadyDecided, approval.NotAnApprover, approval.AlreadyApproved,
		approval.TooLate, approval.TooSoon, approval.NotRouted, approval.NotTheRequester, approval.Invalid} {
		for _, p := range []approval.Person{kim, mia} {
			if makesSense(c, kind) {
				fmt.Fprintf(&b, "%s, %s:\n  %s\n", p.Name, kind, view.Rejected(&approval.Rejection{Kind: kind, Case: c}, p.ID))
			}
		}
	}
	if !c.Status.Over() {
		fmt.Fprintf(&b, "asking again:\n  %s\n", view.AlreadyLive(c))
	}
	return b.String()
}

func makesSense(c approval.Case, kind approval.RejectionKind) bool {
	switch kind {
	case approval.AlreadyDecided:
		return c.Status != approval.Pending && c.Status != approval.Routing
	case approval.NotRouted:
		return c.Status == approval.Routing
	case approval.AlreadyApproved, approval.NotAnApprover:
		return c.Status == approval.Pending
	case approval.TooSoon:
		return !c.NudgedAt.IsZero()
	case approval.TooLate:
		return c.Status == approval.Pending || c.Status == approval.Active
	default:
		return true
	}
}

func TestModals(t *testing.T) {
	hours := []time.Duration{15 * time.Minute, time.Hour, 90 * time.Minute, 24 * time.Hour}
	for name, m := range map[string]slack.ModalViewRequest{
		"modal_empty":    view.FormModal(view.Form{Flow: "impersonation", Durations: hours, Default: time.Hour, Notice: "No account matches “glboex”. Pick one below."}),
		"modal_of_flows": view.FormModal(view.Form{Flow: "break-glass", Flows: []string{"break-glass", "impersonation", "two-people"}, Durations: hours, Default: time.Hour}),
		"modal_of_many":  view.FormModal(view.Form{Flow: "break-glass", Flows: []string{"break-glass", "impersonation"}, Unlisted: true, Durations: hours, Default: time.Hour}),
		"modal_of_message": view.FormModal(view.Form{Flow: "impersonation", Durations: hours, Account: &view.Option{ID: "acct_42", Name: "Globex", Plan: "pro"},
			Link: "https://acme.slack.com/archives/C0SUPPORT/p1700000000000100"}),
		"modal_prepared":   view.FormModal(view.Form{Flow: "impersonation", Durations: hours, Account: &view.Option{ID: "acct_42", Name: "Globex", Plan: "pro", Assigned: true}, Reason: "invoice"}),
		"modal_checking":   view.Checking(),
		"modal_at_once":    foretelling(view.Preview{Case: free(t).c}),
		"modal_yourself":   foretelling(view.Preview{Case: self(t).c}),
		"modal_others":     foretelling(view.Preview{Case: long(t).c, AskedNot: true, Inside: []approval.Case{pending(t).then(approval.Approve{By: mia}).c}}),
		"modal_two":        foretelling(view.Preview{Case: two(t).c}),
		"modal_hopeless":   foretelling(view.Preview{Case: stories(t)["refused_no_plan"]}),
		"modal_unknown":    foretelling(view.Preview{}),
		"modal_has_it":     foretelling(view.Preview{Live: new(pending(t).then(approval.Approve{By: mia}).c)}),
		"modal_asked":      foretelling(view.Preview{Live: new(pending(t).c)}),
		"modal_deny":       view.DenyModal(pending(t).c),
		"modal_revoke":     view.RevokeModal(pending(t).then(approval.Approve{By: mia}).c),
		"modal_open":       view.OpenModal(ofApp(t, portal()).then(approval.Approve{By: mia}).c, "https://portal.example.com/understudy?code=ABCDEF"),
		"modal_open_full":  view.OpenModal(ofApp(t, approval.App{Name: "portal", Scope: approval.FullAccess, Clock: approval.FromApproval}).then(approval.Approve{By: mia}).c, "https://portal.example.com/understudy?code=ABCDEF"),
		"modal_open_fresh": view.OpenModal(ofApp(t, freshPortal()).then(approval.Approve{By: mia}).c, "https://portal.example.com/understudy?code=ABCDEF"),
		"modal_confirm":    view.ConfirmModal(opened(t).c),
		"modal_too_late":   view.RejectedModal(&approval.Rejection{Kind: approval.AlreadyDecided, Case: pending(t).then(approval.Deny{By: ola}).c}, mia.ID),
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".txt", screen(t, m.Blocks))
			golden(t, name+".json", indented(t, m))
		})
	}
}

// foretelling is a form in which Globex was picked.
func foretelling(p view.Preview) slack.ModalViewRequest {
	p.Account = "acct_42"
	return view.FormModal(view.Form{Flow: "impersonation", Durations: []time.Duration{time.Hour}, Default: time.Hour,
		Account: &view.Option{ID: "acct_42", Name: "Globex", Plan: "pro"}, Preview: &p})
}

func TestProgressShowsTheRequestersCard(t *testing.T) {
	for name, c := range stories(t) {
		m := view.Progress(c)
		if diff := cmp.Diff(decoded(t, view.RequesterCard(c).Blocks), decoded(t, m.Blocks)); diff != "" {
			t.Errorf("%s: the modal differs from the card:\n%s", name, diff)
		}
		if m.Submit != nil || m.PrivateMetadata != "" || m.Title.Text != "Impersonate a customer" || m.Close.Text != "Close" {
			t.Errorf("%s: a modal of the shape %+v", name, m)
		}
	}
}

func indented(t *testing.T, v any) string {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data) + "\n"
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
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
