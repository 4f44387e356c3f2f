package approval_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// situations are a case of each status, and of those in which time matters.
func situations(t testing.TB) map[string]*story {
	return map[string]*story{
		"0 none":             begin(t),
		"1 routing":          begin(t).then(submission()),
		"2 pending":          pending(t),
		"3 pending, claimed": pending(t).then(approval.LookAt{By: mia}).after(time.Minute),
		"4 pending 20m":      pending(t).then(approval.LookAt{By: mia}).after(20 * time.Minute),
		"5 pending 30m":      pending(t).after(30 * time.Minute),
		"6 active":           active(t),
		"6 active, opens":    begin(t).then(ofApp(approval.FromOpening), ask(managers, mia, ola), approval.Approve{By: mia}),
		"7 active, opened":   begin(t).then(ofApp(approval.FromOpening), ask(managers, mia, ola), approval.Approve{By: mia}, opening("one")),
		"6 active, fresh":    begin(t).then(ofFreshApp(), ask(managers, mia, ola), approval.Approve{By: mia}),
		"7 active 55m":       active(t).after(55 * time.Minute),
		"8 active 60m":       active(t).after(time.Hour),
		"9 ended":            active(t).then(approval.Release{By: kim}),
		"9 denied":           pending(t).then(approval.Deny{By: ola, Why: "no"}),
		"9 cancelled":        pending(t).then(approval.Cancel{By: kim}),
		"9 timed_out":        pending(t).after(30 * time.Minute).then(approval.TimeOut{}),
		"9 refused":          begin(t).then(submission(), approval.Refuse{Why: "nobody knows"}),
	}
}

// commands are one of each, by those who may give them and by those who may not.
func commands() map[string]approval.Command {
	return map[string]approval.Command{
		"nil":                  nil,
		"Submit":               submission(),
		"Delay":                approval.Delay{Why: "PagerDuty is silent"},
		"Rule approved":        approval.Rule{Ruling: ruled(flows.Approved, nil)},
		"Rule denied":          approval.Rule{Ruling: ruled(flows.Denied, nil)},
		"Rule refused":         approval.Rule{Ruling: ruled(flows.Refused, nil)},
		"Rule needs":           approval.Rule{Ruling: ruled(flows.NeedsFact, nil)},
		"Rule asks":            ask(managers, mia),
		"Rule asks nobody":     ask(managers),
		"Refuse":               approval.Refuse{Why: "nobody knows"},
		"Escalate":             approval.Escalate{Found: found(flows.Group("directors"), ida)},
		"ChangeShift":          approval.ChangeShift{Found: found(managers, ida)},
		"Miss approver":        approval.Miss{ID: mia.ID, Why: "user_disabled"},
		"Miss other":           approval.Miss{ID: ida.ID, Why: "user_disabled"},
		"LookAt by approver":   approval.LookAt{By: ola},
		"LookAt by other":      approval.LookAt{By: ida},
		"LookAway by claimer":  approval.LookAway{By: mia},
		"LookAway by other":    approval.LookAway{By: ola},
		"LookAway by time":     approval.LookAway{},
		"Remind":               approval.Remind{},
		"Nudge by kim":         approval.Nudge{By: kim},
		"Nudge by approver":    approval.Nudge{By: mia},
		"Approve by approver":  approval.Approve{By: mia},
		"Approve by kim":       approval.Approve{By: kim},
		"Approve by nobody":    approval.Approve{},
		"Approve for longer":   approval.Approve{By: mia, Duration: 2 * time.Hour},
		"Approve for less":     approval.Approve{By: mia, Duration: time.Minute},
		"Approve for -1":       approval.Approve{By: mia, Duration: -1},
		"Approve for unlisted": approval.Approve{By: mia, Duration: 7 * time.Minute},
		"Deny by approver":     approval.Deny{By: ola, Why: "no"},
		"Deny by kim":          approval.Deny{By: kim},
		"Cancel by kim":        approval.Cancel{By: kim},
		"Cancel by approver":   approval.Cancel{By: mia},
		"TimeOut":              approval.TimeOut{},
		"Warn":                 approval.Warn{},
		"Extend":               approval.Extend{Until: noon.Add(90 * time.Minute), By: "case-2"},
		"Extend to earlier":    approval.Extend{Until: noon, By: "case-2"},
		"Merge":                approval.Merge{Into: "case-1", Until: noon.Add(2 * time.Hour)},
		"Expire":               approval.Expire{},
		"Open by kim":          opening("two"),
		"Open by kim, fresh":   approval.Open{By: kim, Session: "two", SignedIn: approval.SignedIn{At: noon}},
		"Open by approver":     approval.Open{By: mia, Session: "two"},
		"Misuse":               approval.Misuse{App: "portal", Email: "eve@example.com"},
		"Act":                  approval.Act{Session: "one", Deeds: []approval.Deed{{Method: "POST", Path: "/x"}}},
		"Bar":                  approval.Bar{Why: "deactivated"},
		"Release by kim":       approval.Release{By: kim},
		"Release by other":     approval.Release{By: mia},
		"Revoke by approver":   approval.Revoke{By: ola, Why: "enough"},
		"Revoke by other":      approval.Revoke{By: ida},
		"Revoke by revoker":    approval.Revoke{By: ida, Why: "stolen laptop", Group: "security"},
		"Revoke by viewer":     approval.Revoke{By: ida, Group: "auditors"},
		"Revoke by nobody":     approval.Revoke{Group: "security"},
	}
}

// TestCommands holds what each command does to a case in each situation.
func TestCommands(t *testing.T) {
	var lines []string
	for name, cmd := range commands() {
		for situation, s := range situations(t) {
			before := len(s.events)
			kind := s.rejected(cmd)
			said := "✗ " + string(kind)
			if kind == "" {
				said = strings.Join(append(s.types(before), "→ "+string(s.c.Status)), " ")
			}
			lines = append(lines, fmt.Sprintf("%-20s | %-18s | %s\n", name, situation, said))
		}
	}
	slices.Sort(lines)
	golden(t, "commands.txt", strings.Join(lines, ""))
}

func TestEveryStatusIsReached(t *testing.T) {
	all := []approval.Status{approval.Routing, approval.Pending, approval.Active, approval.Ended,
		approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused}
	reached := map[approval.Status]bool{}
	for _, s := range situations(t) {
		reached[s.c.Status] = true
	}
	for _, status := range all {
		if !reached[status] {
			t.Errorf("no situation is %s", status)
		}
	}
}

func TestASubmissionIsComplete(t *testing.T) {
	for name, spoil := range map[string]func(*approval.Submit){
		"no id":        func(s *approval.Submit) { s.ID = "" },
		"no requester": func(s *approval.Submit) { s.Requester.ID = "" },
		"itself":       func(s *approval.Submit) { s.Extends = s.ID },
		"no account":   func(s *approval.Submit) { s.Account.ID = "" },
		"another app":  func(s *approval.Submit) { s.AskedIn = "wiki" },
		"no duration":  func(s *approval.Submit) { s.Duration = 0 },
		"no timeout":   func(s *approval.Submit) { s.Flow.Policy.Timeout = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			s := submission()
			spoil(&s)
			same(t, "rejection", approval.Invalid, begin(t).rejected(s))
		})
	}
}

func TestRejectionsSayWhatIsSo(t *testing.T) {
	_, err := pending(t).try(approval.Approve{By: mia, Duration: 2 * time.Hour})
	same(t, "error", "case case-7f3a (pending): that can't be asked: approving 2h0m0s of 1h0m0s", err.Error())
	_, err = pending(t).try(approval.Approve{By: kim})
	same(t, "error", "case case-7f3a (pending): this person isn't an approver of the case", err.Error())
}
