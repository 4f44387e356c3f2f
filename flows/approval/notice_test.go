package approval_test

import (
	"slices"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// notices are what the app is told of the story.
func (s *story) notices() (all []approval.Notice) {
	var c approval.Case
	for _, e := range s.events {
		if n := c.Notice(e); n != approval.NoNotice {
			all = append(all, n)
		}
		c = approval.Apply(c, e)
	}
	return all
}

// TestAnAppIsToldOfWhatHappensInIt and of nothing before.
func TestAnAppIsToldOfWhatHappensInIt(t *testing.T) {
	submit := ofApp(approval.FromApproval)
	submit.Flow.App.Webhook = "https://portal.example.com/hook"
	misuse := approval.Misuse{App: "portal", Email: "eve@example.com"}
	extend := func(d time.Duration) approval.Extend { return approval.Extend{Until: noon.Add(d), By: "another"} }
	toldOf := func(submit approval.Submit, commands ...approval.Command) []approval.Notice {
		return begin(t).then(submit, ask(managers, mia), approval.Approve{By: mia}).then(commands...).notices()
	}
	for name, tt := range map[string]struct{ got, want []approval.Notice }{
		"whole": {
			toldOf(submit, opening("one"), opening("two"), extend(2*time.Hour), misuse, approval.Release{By: kim}),
			[]approval.Notice{approval.GrantOpened, approval.GrantExtended, approval.LinkMisused, approval.GrantOver},
		},
		"never opened": {toldOf(submit, extend(2*time.Hour), misuse, approval.Revoke{By: mia}), []approval.Notice{approval.LinkMisused}},
		"no webhook":   {toldOf(ofApp(approval.FromApproval), opening("one"), misuse, approval.Release{By: kim}), nil},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s: told %q, want %q", name, tt.got, tt.want)
		}
	}
}
