package bot_test

import (
	"testing"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/flows/examples"
)

// TestBreakingTheGlass is the shipped flow in a workspace: who is on call is in
// by themselves, and the reviewers have the copy; everybody else waits.
func TestBreakingTheGlass(t *testing.T) {
	t.Parallel()
	s := newStage(t, withRules(examples.BreakGlass), func(s *stage, c *bot.Config) {
		s.flow.Params = map[string]string{"incidents": "PINCID1", "managers": "PMGRS01", "review": "break-glass-review"}
		s.pager.AddSchedule("PINCID1", "Incidents")
		s.pager.SetOnCall("PINCID1", s.pager.AddUser("Kim Berg", "kim@example.com"))
		s.ws.AddChannel("break-glass-review", s.lee)
		c.Accounts = directoryOf(t, `{"id":"acct_42","name":"Acme","fields":{"legal_hold":false}}`+"\n"+`{"id":"acct_7","name":"Globex","fields":{"legal_hold":false}}`, c.Log)
	})
	ask(s.kim, "Acme")
	s.kim.Inbox().Wait("The rules let you approve this yourself.").Click("Approve")
	s.lee.Channel("break-glass-review").WaitText("Approved by @Kim Berg")
	if n := s.mia.Inbox().Len(); n != 0 {
		t.Errorf("Mia has %d messages about what she wasn't asked", n)
	}
	ask(s.lee, "Globex")
	s.mia.Inbox().Wait("Globex").Click("Approve")
	s.lee.Channel("break-glass-review").WaitText("Approved by @Mia Falk")
}
