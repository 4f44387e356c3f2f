package view_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
)

// TestOutcomeMakesASoundOnlyAfterAWait: whoever didn't wait for other people has
// the answer before their eyes.
func TestOutcomeMakesASoundOnlyAfterAWait(t *testing.T) {
	sounds := []string{"approved", "approved_for_less", "approved_known", "approved_by_two", "approved_ends_soon", "extended", "prolonged", "expired", "released", "revoked", "revoked_by_group",
		"denied", "denied_with_reason", "timed_out", "refused_unreachable",
		"app_to_open", "app_opened", "app_ends_soon", "app_misused", "app_never_opened", "app_from_approval", "app_barred",
		"customer_agreed", "customer_refused", "customer_revoked", "consent_missed"}
	for name, c := range stories(t) {
		m, ok := view.OutcomeCard(c)
		if want := slices.Contains(sounds, name); ok != want {
			t.Errorf("%s: a new message is %v, want %v", name, ok, want)
		}
		if !ok && len(m.Blocks) > 0 {
			t.Errorf("%s: a message that isn't to be shown has blocks", name)
		}
	}
}

func TestWhatPeopleAreTold(t *testing.T) {
	all := stories(t)
	rejected := func(name string, kind approval.RejectionKind, clicker approval.Person) string {
		return view.Rejected(&approval.Rejection{Kind: kind, Case: all[name]}, clicker.ID)
	}
	for name, tt := range map[string]struct {
		got  string
		want []string
	}{
		"late click":         {rejected("approved", approval.AlreadyDecided, ola), []string{"changed nothing", "Approved by <@U0MIA> (<!date^"}},
		"double click":       {rejected("approved", approval.AlreadyDecided, mia), []string{"changed nothing", "Approved by you (<!date^"}},
		"late after denial":  {rejected("denied", approval.AlreadyDecided, ola), []string{"<@U0MIA> denied this (<!date^"}},
		"late after the end": {rejected("revoked", approval.AlreadyDecided, mia), []string{"Approved by you", "<@U0OLA> revoked"}},
		"outsider":           {rejected("pending", approval.NotAnApprover, ida), []string{"You aren't one of the people", "nothing was changed", "<@U0MIA> or <@U0OLA>"}},
		"revoking":           {view.Rejected(&approval.Rejection{Kind: approval.NotAnApprover, Case: overseen(all["approved"])}, ida.ID), []string{"may revoke the access to Globex", "nothing was changed", "<@U0MIA> or <@U0OLA> or the members of @security"}},
		"own request":        {rejected("pending", approval.NotAnApprover, kim), []string{"somebody else to decide", "<@U0MIA> or <@U0OLA>"}},
		"outsider, missed":   {rejected("pending_missed", approval.NotAnApprover, ida), []string{"It's for <@U0MIA> to decide"}},
		"second yes":         {rejected("pending_two_of_them", approval.AlreadyApproved, mia), []string{"already", "waits for <@U0OLA>"}},
		"too late":           {rejected("pending", approval.TooLate, mia), []string{"too late", "changed nothing"}},
		"extended already":   {rejected("prolonged", approval.TooSoon, kim), []string{"was extended already and lasts until", "Nothing was changed"}},
		"clock set back":     {rejected("pending", approval.ClockSetBack, mia), []string{"Nothing was changed", "clock was set back"}},
		"no rejection":       {view.Rejected(nil, mia.ID), []string{"could not be saved", "nothing was changed"}},
		"second request":     {view.AlreadyLive(all["pending"]), []string{"already have a request for Globex (acct_42)", "waiting for <@U0MIA> or <@U0OLA>"}},
		"barred":             {view.Barred("guests may not ask"), []string{"You can't use this here: guests may not ask."}},
		"not saved":          {view.NotSaved(), []string{"could not be saved", "nothing was changed"}},
		"names in a notice":  {view.ApproverCard(all["pending"], mia.ID).Text, []string{"Kim Larsen asks to sign in as Globex"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, want := range tt.want {
				if !strings.Contains(tt.got, want) {
					t.Errorf("%q lacks %q", tt.got, want)
				}
			}
		})
	}
}

func TestMetadataNamesTheCard(t *testing.T) {
	m := view.Metadata("case-1/approver/U0MIA")
	if m.EventType != view.EventType || m.EventPayload["card"] != "case-1/approver/U0MIA" {
		t.Errorf("metadata %+v", m)
	}
}

func TestWhoeverGivesAReasonKnowsWhoReadsIt(t *testing.T) {
	c := pending(t).c
	shown := *c.Route
	shown.Channels = []string{"support-approvals"}
	c.Route = &shown
	if text := screen(t, view.DenyModal(c).Blocks); !strings.Contains(text, "the channels that show the request read your reason") {
		t.Errorf("the window says %q", text)
	}
}
