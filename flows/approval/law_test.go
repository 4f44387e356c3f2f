package approval_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

var barred = approval.Bar{Why: "gone"}

// anyCommand draws a command, by anybody, with anything found.
func anyCommand(t *rapid.T) approval.Command {
	person := func() approval.Person {
		return rapid.SampledFrom([]approval.Person{kim, mia, ola, ida, customer, {}}).Draw(t, "person")
	}
	route := rapid.SampledFrom([]flows.Route{
		managers, managers.Need(2), flows.Requester("assigned"), managers.OrElse(flows.Group("leads")),
		managers.Need(2).OrElse(flows.Group("leads")), managers.EscalateAfter(10*time.Minute, flows.Group("directors")),
		managers.MayAlso(flows.Requester("")), flows.Customer(), managers.WithConsent(), managers.Need(2).WithConsent().OrElse(flows.Group("leads")), {},
	}).Draw(t, "route")
	anyFound := approval.Found{Route: route}
	for range rapid.IntRange(0, 4).Draw(t, "found") {
		anyFound.Approvers = append(anyFound.Approvers, approval.Approver{Person: person(), Asked: rapid.Bool().Draw(t, "asked"),
			Leg: rapid.SampledFrom([]flows.Leg{managers.Legs[0], {Kind: flows.RequesterLeg}, {Kind: flows.CustomerLeg}, {Kind: flows.ConsentLeg}}).Draw(t, "leg")})
	}
	anyFound.ShiftEnds = rapid.SampledFrom([]time.Time{{}, noon, noon.Add(time.Hour)}).Draw(t, "shift")
	result := rapid.SampledFrom([]flows.Result{flows.Asked, flows.Asked, flows.Asked, flows.Approved, flows.Denied, flows.Refused, flows.NeedsFact, ""}).Draw(t, "result")
	duration := rapid.SampledFrom([]time.Duration{0, 0, time.Minute, time.Hour, 2 * time.Hour, -1}).Draw(t, "duration")
	return rapid.SampledFrom([]approval.Command{
		nil, submission(), approval.Delay{Why: "slow"}, approval.Rule{Ruling: ruled(result, &route), Found: anyFound},
		approval.Rule{Ruling: ruled(result, &route), Found: anyFound}, approval.Refuse{Why: "no"}, approval.Escalate{Found: anyFound},
		approval.ChangeShift{Found: anyFound}, approval.Miss{ID: person().ID, Why: "gone"}, approval.LookAt{By: person()}, approval.LookAway{By: person()},
		approval.Remind{}, approval.Nudge{By: person()}, approval.Merge{Into: rapid.SampledFrom([]string{"", "case-1"}).Draw(t, "into"), Until: noon.Add(duration)}, approval.Approve{By: person(), Duration: duration}, approval.Approve{By: person()}, approval.Approve{By: person()},
		approval.Deny{By: person()}, approval.Cancel{By: person()}, approval.TimeOut{}, approval.Warn{},
		approval.Extend{Until: noon.Add(duration), By: rapid.SampledFrom([]string{"", "case-2", "case-7f3a"}).Draw(t, "by")},
		approval.Open{By: person(), Session: rapid.StringN(0, 1, -1).Draw(t, "session"), SignedIn: approval.SignedIn{At: rapid.SampledFrom([]time.Time{{}, noon, noon.Add(time.Hour)}).Draw(t, "signed in")}}, approval.Misuse{App: "portal", Email: "eve@example.com"}, barred,
		approval.Act{Session: rapid.StringN(0, 1, -1).Draw(t, "session"), Deeds: make([]approval.Deed, rapid.IntRange(0, 2).Draw(t, "deeds"))},
		approval.Expire{}, approval.Release{By: person()}, approval.Revoke{By: person()},
		approval.Revoke{By: person(), Group: rapid.SampledFrom([]string{"", "security", "auditors", "others"}).Draw(t, "group")},
	}).Draw(t, "command")
}

// TestLaws holds of every sequence of commands, by whomever and whenever.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &story{now: noon}
		app := rapid.SampledFrom([]*approval.App{nil, {Name: "portal"}, {Name: "portal", Clock: approval.FromApproval}, {Name: "portal", FreshSignIn: 5 * time.Minute}}).Draw(t, "app")
		for _, first := range openings(app, rapid.Bool().Draw(t, "consent"))[:rapid.IntRange(0, 3).Draw(t, "opening")] {
			if _, err := s.try(first); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			s.now = s.now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute, 10 * time.Minute, -time.Minute, -10 * time.Minute}).Draw(t, "pause"))
			before := s.c
			events, err := s.try(anyCommand(t))
			if err == nil {
				step(t, before, events)
				short(t, s, events)
			}
			settled(t, s)
		}
	})
}

// openings bring a case to where most happens: three people, of whom two must
// approve, and others if they can't be reached; or one and the customer; or
// where a grant opens an app.
func openings(app *approval.App, consent bool) []approval.Command {
	submit := submission()
	submit.Flow.App = app
	if app != nil {
		return []approval.Command{submit, ask(managers, mia), approval.Approve{By: mia}}
	}
	if consent {
		return []approval.Command{submit, withCustomer(ask(managers.OrElse(flows.Group("leads")).WithConsent(), mia, ola)), approval.LookAt{By: mia}}
	}
	return []approval.Command{submit, ask(managers.OrElse(flows.Group("leads")).Need(2), mia, ola, ida), approval.LookAt{By: mia}}
}

// step holds of what one command did.
func step(t *rapid.T, before approval.Case, events []approval.Event) {
	for _, e := range events {
		if _, acted := e.Body.(approval.Acted); before.Status.Over() && !acted {
			t.Fatalf("a case that is %s went on: %v", before.Status, events)
		}
		by, decides := "", false
		switch body := e.Body.(type) {
		case approval.ApprovedCase:
			by, decides = body.By.ID, true
		case approval.DeniedCase:
			by, decides = body.By.ID, true
		case approval.GrantEnded:
			revoked(t, before, body)
		}
		if !decides {
			continue
		}
		if _, may := before.Approver(by); !may || before.Status != approval.Pending {
			t.Fatalf("%q decided a case (%s) of %v", by, before.Status, before.Approvers)
		}
		if by == kim.ID && !before.Route.Self() {
			t.Fatalf("the requester decided a case of %s", before.Route)
		}
	}
}

// revoked holds of every grant that was called back: by an approver, by the
// flow's revokers, or by the bot because its requester is barred.
func revoked(t *rapid.T, before approval.Case, body approval.GrantEnded) {
	_, approver := before.Approver(body.By.ID)
	lets := slices.Contains(before.Flow.Policy.Revokers, body.Group)
	if body.End == approval.Revoked && body == (approval.GrantEnded{End: approval.Revoked, Why: barred.Why}) {
		return
	}
	if body.End == approval.Revoked && (body.By.ID == "" || approver == lets) || body.End != approval.Revoked && body.Group != "" {
		t.Fatalf("%q of the group %q ended a grant (%s) of %v", body.By.ID, body.Group, body.End, before.Approvers)
	}
}

// short holds of every grant, and of every opening, whatever the clock said before.
func short(t *rapid.T, s *story, events []approval.Event) {
	for _, e := range events {
		if opened, ok := e.Body.(approval.Opened); ok && s.c.Flow.App.FreshSignIn > 0 && (opened.SignedIn.At.IsZero() || e.At.Sub(opened.SignedIn.At).Abs() > s.c.Flow.App.FreshSignIn+30*time.Second) {
			t.Fatalf("opened at %s by who signed in at %s", e.At, opened.SignedIn.At)
		}
		if opened, ok := e.Body.(approval.Opened); ok && opened.Until.After(s.now.Add(s.c.Duration+approval.ClockSlack)) && s.c.Grant.Extended == 0 {
			t.Fatalf("opened for %s, asked were %s", opened.Until.Sub(s.now), s.c.Duration)
		}
		if granted, ok := e.Body.(approval.Granted); ok && granted.Until.After(s.now.Add(s.c.Duration+approval.ClockSlack)) {
			t.Fatalf("a grant for %s, asked were %s", granted.Until.Sub(s.now), s.c.Duration)
		}
	}
}

// settled holds of every case at any time.
func settled(t *rapid.T, s *story) {
	granted, decided := 0, 0
	for i, e := range s.events {
		if e.Seq != i+1 {
			t.Fatalf("event %d has the number %d", i+1, e.Seq)
		}
		if i > 0 && e.At.Before(s.events[i-1].At) {
			t.Fatalf("time runs backwards at event %d", e.Seq)
		}
		switch body := e.Body.(type) {
		case approval.Granted:
			granted++
			decided++
			if body.Until.After(e.At.Add(s.c.Duration)) {
				t.Fatalf("a grant of %s, asked were %s", body.Until.Sub(e.At), s.c.Duration)
			}
		case approval.Rejected, approval.DeniedCase, approval.RefusedCase, approval.CancelledCase, approval.TimedOutCase:
			decided++
		}
	}
	if decided > 1 {
		t.Fatalf("%d decisions: %v", decided, s.types(0))
	}
	if s.c.Open(s.now) && granted != 1 {
		t.Fatalf("open after %d grants", granted)
	}
	if s.c.Grant != nil && s.c.Open(s.c.Grant.Until) {
		t.Fatal("open at its end")
	}
	if s.c.Status == approval.Active && len(s.c.Approvals) > 0 {
		agreed(t, s.c)
	}
	for _, a := range s.c.Approvers {
		if (a.ID == customer.ID) != a.Leg.Kind.OfCustomer() {
			t.Fatalf("%s is asked by the leg %s", a.ID, a.Leg)
		}
	}
	replayed(t, s)
}

// agreed holds of every case that people allowed.
func agreed(t *rapid.T, c approval.Case) {
	needed := c.Quorum
	if c.Route.Consent && !c.ApprovedBy(customer.ID) {
		t.Fatalf("active without the customer, by %v", c.Approvals)
	}
	who, _ := c.Approver(customer.ID)
	if c.ApprovedBy(customer.ID) && (c.Route.Consent || who.Leg.Kind == flows.ConsentLeg) {
		needed++
	}
	if len(c.Approvals) < needed {
		t.Fatalf("active with %d of %d approvals", len(c.Approvals), needed)
	}
}

// replayed holds of the events when they have been in the log.
func replayed(t *rapid.T, s *story) {
	kept, err := json.Marshal(s.events)
	if err != nil {
		t.Fatal(err)
	}
	var events []approval.Event
	if err := json.Unmarshal(kept, &events); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.c, approval.Replay(slices.Clone(events))); diff != "" {
		t.Fatalf("replayed (-want +got):\n%s", diff)
	}
}
