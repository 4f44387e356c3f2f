package approval_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// bodies are one of each kind of event.
func bodies() []approval.Body {
	ruling := ruled(flows.Asked, &managers)
	people := may(found(managers, mia), ida).Approvers
	gone := []approval.Unreached{{Person: ola, Why: "deactivated"}}
	s := submission()
	return []approval.Body{
		approval.Submitted{Flow: s.Flow, Requester: s.Requester, Account: s.Account, Reason: s.Reason, Duration: s.Duration, Extends: "case-1"},
		approval.Delayed{Why: "PagerDuty is silent"},
		approval.Allowed{Ruling: ruling},
		approval.Rejected{Ruling: ruling},
		approval.RefusedCase{Ruling: ruling, Why: "nobody", Unreachable: gone},
		approval.Asked{Ruling: ruling, Route: managers, Approvers: people, Unreachable: gone, Quorum: 2, ShiftEnds: noon},
		approval.Rerouted{Route: flows.Group("leads")},
		approval.Escalated{Approvers: people, Unreachable: gone},
		approval.ShiftChanged{Approvers: people, Unreachable: gone, ShiftEnds: noon, OnCall: []string{mia.ID}},
		approval.Missed{Person: ola, Why: "deactivated"},
		approval.Claimed{By: mia, Until: noon},
		approval.Unclaimed{},
		approval.Reminded{},
		approval.Nudged{By: kim},
		approval.ApprovedCase{By: mia, Duration: time.Hour},
		approval.Granted{Until: noon},
		approval.DeniedCase{By: mia, Why: "no"},
		approval.CancelledCase{By: kim},
		approval.TimedOutCase{},
		approval.Warned{},
		approval.Extended{Until: noon, By: "case-2"},
		approval.MergedGrant{Into: "case-1", Until: noon},
		approval.GrantEnded{End: approval.Revoked, By: mia, Why: "enough"},
		approval.GrantEnded{End: approval.Revoked, By: ida, Why: "enough", Group: "security"},
		approval.Asked{Ruling: ruling, Route: managers, Approvers: people, Quorum: 1,
			Background: &approval.Background{Title: "agent", Region: "eu", Before: &approval.Before{Overall: approval.Tally{Asked: 1, Denied: 1, LastAt: noon}}}},
		approval.Submitted{Flow: s.Flow, Requester: s.Requester, Account: s.Account, Reason: s.Reason, Duration: s.Duration,
			Foreseen: &approval.Foreseen{Prospect: approval.AtOnce, Why: "customer_plan = free → approved"}},
		approval.Opened{By: kim, Session: "s1", Until: noon},
		approval.Misused{App: "portal", Email: "eve@example.com"},
		approval.Acted{Session: "s1", Deeds: []approval.Deed{{At: noon, Method: "POST", Path: "/invoices/7/void", Status: 303}}, Full: true},
		approval.Opened{By: kim, Session: "s1", Until: noon, SignedIn: approval.SignedIn{At: noon, How: []string{"hwk", "mfa"}}},
	}
}

// TestEventsAreKeptAsTheyAre pins what the log's entries look like for ever.
func TestEventsAreKeptAsTheyAre(t *testing.T) {
	var lines []string
	for i, body := range bodies() {
		event := approval.Event{Case: "case-7f3a", Seq: i + 1, At: noon, Body: body}
		line, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		var again approval.Event
		if err := json.Unmarshal(line, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(event, again); diff != "" {
			t.Errorf("written and read (-want +got):\n%s", diff)
		}
		lines = append(lines, string(line)+"\n")
	}
	golden(t, "events.jsonl", strings.Join(lines, ""))
}

func TestEventsThatAreNone(t *testing.T) {
	for entry, want := range map[string]string{
		`{"case":"c","seq":1,"type":"blessed","body":{}}`:              `event c/1 ("blessed"): this version doesn't know such an event`,
		`{"case":"c","seq":1,"type":"granted"}`:                        `event c/1 ("granted"): it has no body`,
		`{"case":"c","seq":1,"type":"granted","body":null}`:            `event c/1 ("granted"): it has no body`,
		`{"case":"c","seq":1,"type":"granted","body":{"until":"x y"}}`: `event c/1 ("granted"): parsing time "x y"`,
		`{"case":1}`: `json: cannot unmarshal number`,
	} {
		var e approval.Event
		if err := json.Unmarshal([]byte(entry), &e); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v", entry, err)
		}
	}
	if _, err := json.Marshal(approval.Event{Case: "c", Seq: 1}); err == nil || !strings.Contains(err.Error(), "it has no body") {
		t.Errorf("writing an event without a body: %v", err)
	}
	unwritable := ruled(flows.Approved, nil)
	unwritable.Facts.Fields = map[string]any{"x": func() {}}
	if _, err := json.Marshal(approval.Event{Case: "c", Seq: 1, Body: approval.Allowed{Ruling: unwritable}}); err == nil {
		t.Error("an event that JSON can't hold was written")
	}
}

// FuzzEvent reads anything, and whatever it reads makes a case without a panic.
func FuzzEvent(f *testing.F) {
	for i, body := range bodies() {
		line, err := json.Marshal(approval.Event{Case: "c", Seq: i, At: noon, Body: body})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"type":"granted","body":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e approval.Event
		if json.Unmarshal(data, &e) != nil {
			return
		}
		if _, err := json.Marshal(e); err != nil {
			t.Errorf("what was read can't be written: %v", err)
		}
		for _, s := range situations(t) {
			c := approval.Apply(s.c, e)
			c.Due()
			c.Open(noon)
		}
	})
}
