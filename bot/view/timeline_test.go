package view_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// histories are lives of cases, one of each kind.
func histories(t testing.TB) map[string]*story {
	approve := approval.Approve{By: mia}
	unreachable := approval.Found{Route: flows.OnCall("PMGRS01"), Unreachable: []approval.Unreached{gone}}
	leads := flows.Group("leads")
	orElse := onCall(mia)
	orElse.Route = orElse.Route.OrElse(leads)
	return map[string]*story{
		"timeline_extended": known(t, often()).then(approval.LookAt{By: ola}, approval.Nudge{By: kim}, approval.LookAway{By: ola}, approve).after(56*time.Minute).
			then(approval.Warn{}, approval.Extend{Until: noon.Add(2 * time.Hour), By: "case-9", Approvers: directors(ida).Approvers}).after(time.Hour).then(approval.Expire{}),
		"timeline_for_less":  pending(t).then(approval.Approve{By: mia, Duration: 15 * time.Minute}, approval.Release{By: kim}),
		"timeline_two":       two(t).then(approve, approval.Approve{By: ola}),
		"timeline_denied":    pending(t).then(approval.Deny{By: mia, Why: "ask them to share their screen"}),
		"timeline_escalated": escalated(t),
		"timeline_shift":     long(t).after(15 * time.Minute).then(approval.ChangeShift{Found: onCall(ida, ola)}).then(approval.Cancel{By: kim}),
		"timeline_reminded":  pending(t).then(approval.Miss{ID: ola.ID, Why: "their Slack account is deactivated"}).after(time.Hour).then(approval.TimeOut{}),
		"timeline_rerouted":  submitted(t).then(approval.Rule{Ruling: ruled("enterprise", false), Found: orElse}, approval.Miss{ID: mia.ID, Why: "their Slack account is deactivated"}),
		"timeline_refused":   submitted(t).then(approval.Delay{Why: "the account directory hasn't answered"}, approval.Rule{Ruling: ruled("enterprise", false), Found: unreachable}),
		"timeline_by_rule":   free(t),
		"timeline_no":        deniedByRule(t),
		"timeline_self":      self(t).then(approval.Approve{By: kim}),
		"timeline_by_group":  overseenStory(t).then(approve, approval.Revoke{By: ida, Why: "the laptop was stolen", Group: "security"}),
		"timeline_revoked":   pending(t).then(approve, approval.Revoke{By: ola, Why: "the customer called it off"}),
		"timeline_app":       opened(t).then(approval.Misuse{App: "portal", Email: "eve@example.com"}, approval.Act{Session: "s1", Deeds: deeds(12)}, approval.Bar{Why: "their Slack account is deactivated"}),
		"timeline_fresh": ofApp(t, freshPortal()).then(approve, approval.Open{By: kim, Session: "s1", SignedIn: approval.SignedIn{At: noon, How: []string{"hwk", "user", "mfa"}}},
			approval.Open{By: kim, Session: "s2", SignedIn: approval.SignedIn{At: noon}}),
		"timeline_merged": extension(t).then(approve, approval.Merge{Into: "case-1a2b", Until: noon.Add(2 * time.Hour)}),
	}
}

// deeds are things that an agent did.
func deeds(n int) []approval.Deed {
	all := make([]approval.Deed, n)
	for i := range all {
		all[i] = approval.Deed{At: noon.Add(time.Duration(i) * time.Minute), Method: "POST", Path: fmt.Sprintf("/invoices/%d/void", 1000+i), Status: []int{303, 403, 500}[i%3]}
	}
	return all
}

func TestTimelines(t *testing.T) {
	for name, s := range histories(t) {
		t.Run(name, func(t *testing.T) {
			m := view.Timeline(s.c, s.all, mia.ID)
			golden(t, name+".txt", screen(t, m.Blocks))
			golden(t, name+".json", indented(t, m))
		})
	}
}

// TestEveryEventHasALine goes over the types of events that there are, as their
// own file names them.
func TestEveryEventHasALine(t *testing.T) {
	source, err := os.ReadFile("../../flows/approval/event.go")
	if err != nil {
		t.Fatal(err)
	}
	ofApps, err := os.ReadFile("../../flows/approval/app.go")
	if err != nil {
		t.Fatal(err)
	}
	source = append(source, ofApps...)
	kinds := regexp.MustCompile(`eventType\(\) string +\{ return "(\w+)" \}`).FindAllStringSubmatch(string(source), -1)
	if len(kinds) < 26 {
		t.Fatalf("only %d types of events were found", len(kinds))
	}
	c := pending(t).c
	for _, kind := range kinds {
		var e approval.Event
		if err := json.Unmarshal(fmt.Appendf(nil, `{"case":"case-7f3a","seq":1,"at":"2026-11-24T12:00:00Z","type":%q,"body":{}}`, kind[1]), &e); err != nil {
			t.Fatal(err)
		}
		m := view.Timeline(c, []approval.Event{e}, mia.ID)
		validView(t, kind[1], m, m.Blocks.BlockSet, map[string]bool{kim.ID: true, mia.ID: true, ola.ID: true})
		line := strings.Split(screen(t, m.Blocks), "\n")[2]
		if _, words, _ := strings.Cut(line, " · "); len(words) < len("Its end.") || strings.Contains(words, "doesn't know") {
			t.Errorf("%s: the line is %q", kind[1], line)
		}
	}
	if m := view.Timeline(c, []approval.Event{{At: noon}}, mia.ID); !strings.Contains(screen(t, m.Blocks), "this version of the bot doesn't know") {
		t.Error("an event of an unknown type has no line")
	}
}

// TestNothingBreaksATimeline draws histories of any length with hostile text.
func TestNothingBreaksATimeline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := map[string]bool{}
		c := anyCase(t, users)
		why, name := typedText(t, "why"), typedText(t, "name")
		kinds := []approval.Body{
			approval.Submitted{Requester: c.Requester, Account: c.Account, Reason: why, Duration: duration(t)}, approval.Delayed{Why: why},
			approval.Asked{Ruling: approval.Ruling{Outcome: c.Outcome}, Approvers: c.Approvers, Unreachable: c.Unreachable, Quorum: 2},
			approval.RefusedCase{Why: why, Unreachable: c.Unreachable}, approval.Rerouted{Route: flows.Group(name)},
			approval.Escalated{Approvers: c.Approvers, Unreachable: c.Unreachable}, approval.ShiftChanged{Approvers: c.Approvers, OnCall: c.OnCall},
			approval.DeniedCase{By: somebody(t, users), Why: why}, approval.GrantEnded{End: approval.Revoked, By: somebody(t, users), Why: why},
			approval.Missed{Person: somebody(t, users), Why: why}, approval.Extended{Approvers: c.Approvers}, approval.Unclaimed{},
		}
		var events []approval.Event
		for i := range rapid.SampledFrom([]int{0, 1, 5, 89, 90, 91, 400}).Draw(t, "events") {
			events = append(events, approval.Event{Case: c.ID, Seq: i + 1, At: noon, Body: rapid.SampledFrom(kinds).Draw(t, "event")})
		}
		m := view.Timeline(c, events, c.Requester.ID)
		validView(t, "timeline", m, m.Blocks.BlockSet, users)
	})
}

func TestALongTimelineSaysWhatItLeavesOut(t *testing.T) {
	s := pending(t)
	for range 200 {
		s.then(approval.LookAt{By: ola})
	}
	m := view.Timeline(s.c, s.all, mia.ID)
	text := screen(t, m.Blocks)
	if len(m.Blocks.BlockSet) > 100 || !strings.Contains(text, "… 113 more events came here.") || !strings.Contains(text, "asked to sign in as") {
		t.Errorf("%d blocks:\n%s", len(m.Blocks.BlockSet), text)
	}
}

// TestTheWidestTimelineFits fills ninety events with the widest text there is.
func TestTheWidestTimelineFits(t *testing.T) {
	wide := strings.Repeat("&", 4000)
	asked := approval.Asked{Ruling: approval.Ruling{Outcome: flows.Outcome{Result: flows.Denied, Why: wide, Reads: []flows.Read{{Value: wide}}}}}
	for range 30 {
		asked.Approvers = append(asked.Approvers, approval.Approver{Person: approval.Person{Name: wide}, Leg: flows.Leg{Kind: flows.GroupLeg, Name: wide}})
		asked.Unreachable = append(asked.Unreachable, approval.Unreached{Person: approval.Person{Name: wide}, Why: wide})
	}
	events := make([]approval.Event, 90)
	for i := range events {
		events[i] = approval.Event{At: noon, Body: asked}
	}
	m := view.Timeline(pending(t).c, events, mia.ID)
	data, err := json.Marshal(m)
	if err != nil || len(data) > viewBytes || !strings.Contains(string(data), "more events came here") {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// TestAReasonIsShownWhole holds that the longest reason that the form takes
// stands on every surface to its last character, whatever it is made of.
func TestAReasonIsShownWhole(t *testing.T) {
	for _, part := range []string{"<!channel> ", "https://evil.example/x ", "```code``` ", "שלום ", "&&&&&", "👍", "客", "<@U0EVIL> *b* "} {
		runes := []rune(strings.Repeat(part, view.MaxReason))
		reason := string(runes[:view.MaxReason-4]) + " END"
		s := submitted(t)
		s.all[0].Body = withReason(s.all[0].Body.(approval.Submitted), reason)
		s.c.Reason = reason
		s.then(approval.Rule{Ruling: ruled("enterprise", false), Found: onCall(mia, ola)})
		waiting := s.c
		s.then(approval.Deny{By: mia, Why: reason})
		users := map[string]bool{kim.ID: true, mia.ID: true, ola.ID: true}
		outcome, _ := view.OutcomeCard(s.c)
		for where, m := range map[string]view.Message{"approver": view.ApproverCard(waiting, mia.ID), "requester": view.RequesterCard(waiting), "channel": view.ChannelCard(waiting),
			"reminder": view.ReminderCard(waiting, mia.ID), "denied": view.ApproverCard(s.c, mia.ID), "outcome": outcome} {
			validMessage(t, where, m.Text, m.Blocks, users)
			if !strings.Contains(screen(t, m.Blocks), "END") {
				t.Errorf("%s: %.10q isn't whole", where, reason)
			}
		}
		m := view.Timeline(s.c, s.all, mia.ID)
		validView(t, "timeline", m, m.Blocks.BlockSet, users)
		if strings.Count(screen(t, m.Blocks), "END") != 2 {
			t.Errorf("timeline: %.10q isn't whole twice", reason)
		}
	}
}

func withReason(s approval.Submitted, reason string) approval.Submitted {
	s.Reason = reason
	return s
}

// TestADecidingCardIsShort holds the number of blocks that a plain request takes.
func TestADecidingCardIsShort(t *testing.T) {
	m := view.ApproverCard(known(t, often()).c, mia.ID)
	lines := len(strings.Split(strings.TrimSpace(screen(t, m.Blocks[:len(m.Blocks)-1])), "\n"))
	if len(m.Blocks) > 7 || lines > 12 {
		t.Errorf("%d blocks, %d lines without the buttons:\n%s", len(m.Blocks), lines, screen(t, m.Blocks))
	}
}

// TestAMessageWithoutPictures says the same.
func TestAMessageWithoutPictures(t *testing.T) {
	m := view.ApproverCard(known(t, often()).c, mia.ID)
	plain, pictured := m.WithoutPictures()
	if got := strings.ReplaceAll(screen(t, m.Blocks), "  ((Photo of Kim Larsen))", ""); !pictured || got != screen(t, plain.Blocks) || got == screen(t, m.Blocks) {
		t.Errorf("pictures: %v\n%s", pictured, screen(t, plain.Blocks))
	}
	if _, pictured := plain.WithoutPictures(); pictured {
		t.Error("a message without pictures has one")
	}
}
