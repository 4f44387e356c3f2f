package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// withOverseers has Lee in security, which may revoke, and Ada in the auditors,
// who may look. Sam, a guest, is in both.
func withOverseers(ada **slacksim.Person) setting {
	return func(s *stage, _ *bot.Config) {
		*ada = s.ws.AddPerson("Ada Moe", "ada@example.com")
		s.ws.AddGroup("security", s.lee, s.sam)
		s.ws.AddGroup("auditors", *ada, s.sam)
		s.flow.Policy = approval.Policy{Timeout: time.Hour, Viewers: []string{"auditors"}, Revokers: []string{"security"}}
	}
}

func TestARevokerCallsBackAGrant(t *testing.T) {
	t.Parallel()
	var ada *slacksim.Person
	s := newStage(t, calm, withOverseers(&ada))
	own, card := approved(s)
	home := s.lee.OpensHome().WaitText("In flows that you oversee").WaitText("@Kim Berg, allowed until")
	if got := home.Buttons(); !slices.Equal(got, []string{"Impersonate a customer", "Revoke", "History"}) {
		t.Errorf("the Home of a revoker has the buttons %q", got)
	}
	home.Click("Revoke")
	s.lee.Modal().Fill("Reason", "the laptop was stolen").Submit()
	s.kim.Inbox().Wait("@Lee Chan (of the group @security) revoked the access")
	own.WaitGone("End now")
	card.WaitGone("Revoke").WaitText("@Lee Chan (of the group @security) revoked the access to Acme").WaitText("the laptop was stolen")
	home.WaitTextGone("In flows that you oversee").WaitText("Recently").WaitText("access ended")
	home.Click("History")
	s.lee.Modal().WaitText("You (of the group @security) revoked the access: the laptop was stolen")
}

func TestAViewerSeesAndCannotRevoke(t *testing.T) {
	t.Parallel()
	var ada *slacksim.Person
	s := newStage(t, calm, withOverseers(&ada))
	ask(s.kim, "Acme")
	own, card := s.kim.Inbox().Wait("Waiting for"), s.mia.Inbox().Wait("Acme")
	home := ada.OpensHome().WaitText("In flows that you oversee").WaitText("@Kim Berg, waiting for @Mia Falk or @Ola Nordmann")
	card.Click("Approve") // and the viewer's Home follows
	home.WaitText("@Kim Berg, allowed until")
	if got := home.Buttons(); slices.Contains(got, "Revoke") {
		t.Errorf("the Home of a viewer has the buttons %q", got)
	}
	home.Click("History")
	ada.Modal().WaitText("@Mia Falk approved it").Close()
	card.WaitText("Revoke").ClickAs(ada, "Revoke")
	ada.WaitNotice("You aren't one of the people who may revoke the access to Acme, so nothing was changed. That is for @Mia Falk or @Ola Nordmann or the members of @security.")
	card.ClickAs(s.sam, "Revoke")
	s.sam.WaitNotice("You aren't one of the people who may revoke")
	card.ClickAs(s.sam, "History")
	s.sam.WaitNotice("The history of a request is for whoever asked")
	if text := s.sam.OpensHome().WaitText("Nothing waits").Text(); strings.Contains(text, "oversee") {
		t.Errorf("a guest oversees a flow:\n%s", text)
	}
	own.Click("End now")
	home.WaitText("Recently").WaitText("access ended").WaitTextGone("In flows that you oversee")
}

// TestANewRevokerIsForNewGrants holds that a case goes on under the version of its
// flow that it began with, in this as in all else.
func TestANewRevokerIsForNewGrants(t *testing.T) {
	t.Parallel()
	var ada *slacksim.Person
	s := newStage(t, calm, withOverseers(&ada))
	_, card := approved(s)
	changed := s.flow
	changed.Policy.Revokers = []string{"auditors"}
	if _, err := s.ledger.Provision(t.Context(), changed, store.AnyVersion, time.Now()); err != nil {
		t.Fatal(err)
	}
	card.WaitText("Revoke").ClickAs(ada, "Revoke")
	ada.WaitNotice("or the members of @security")
	card.ClickAs(s.lee, "Revoke")
	s.lee.Modal().Fill("Reason", "the laptop was stolen").Submit()
	card.WaitText("@Lee Chan (of the group @security) revoked")
	s.kim.Modal().Close()
	ask(s.kim, "Hooli") // which a rule allows
	home := ada.OpensHome().WaitText("Hooli · acct_19: @Kim Berg, allowed")
	home.Click("Revoke")
	ada.Modal().Fill("Reason", "not now").Submit()
	s.kim.Inbox().Wait("@Ada Moe (of the group @auditors) revoked the access")
}

// TestNobodyRevokesByAGroupThatIsNotKnown takes Slack's word on groups away.
func TestNobodyRevokesByAGroupThatIsNotKnown(t *testing.T) {
	t.Parallel()
	var ada *slacksim.Person
	s := newStage(t, calm, withOverseers(&ada))
	_, card := approved(s)
	s.ws.Fail("usergroups.list", 1000, slacksim.Status(500))
	card.WaitText("Revoke").ClickAs(s.lee, "Revoke")
	s.lee.WaitNotice("Slack didn't say in time whether you're in a group that oversees this, so nothing was done.")
	s.ws.Heal()
	card.Click("Revoke") // an approver needs no group
	s.mia.Modal().Fill("Reason", "enough").Submit()
	card.WaitText("You revoked the access")
}
