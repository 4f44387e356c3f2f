package approval_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// ofApp is a submission under a flow whose grants open an app.
func ofApp(clock approval.Clock) approval.Submit {
	s := submission()
	s.Flow.App = &approval.App{Name: "portal", URL: "https://portal.example.com/understudy", Clock: clock}
	return s
}

// ofFreshApp is one whose app has to have signed the requester in a moment ago.
func ofFreshApp() approval.Submit {
	s := ofApp(approval.FromOpening)
	s.Flow.App.FreshSignIn = 5 * time.Minute
	return s
}

// allowed is a grant of an hour that opens an app.
func allowed(t *testing.T, clock approval.Clock) *story {
	return begin(t).then(ofApp(clock), ask(managers, mia), approval.Approve{By: mia})
}

func opening(session string) approval.Open { return approval.Open{By: kim, Session: session} }

// TestTheTimeCountsFromTheFirstOpening and no longer than was allowed.
func TestTheTimeCountsFromTheFirstOpening(t *testing.T) {
	s := allowed(t, approval.FromOpening)
	same(t, "waits", true, s.c.Waits())
	same(t, "extendable", false, s.c.Extendable())
	s.after(40 * time.Minute).then(opening("one"))
	same(t, "waits once open", false, s.c.Waits())
	same(t, "until", noon.Add(100*time.Minute), s.c.Grant.Until)
	s.after(time.Minute).then(opening("two"))
	same(t, "until after another opening", noon.Add(100*time.Minute), s.c.Grant.Until)
	same(t, "sessions", true, s.c.HasSession("one") && s.c.HasSession("two") && !s.c.HasSession("") && !s.c.HasSession("three"))
	s.after(54 * time.Minute).then(approval.Warn{})
	s.after(5 * time.Minute).then(approval.Expire{})
}

func TestAGrantThatNobodyOpensEnds(t *testing.T) {
	s := allowed(t, approval.FromOpening).after(55 * time.Minute)
	same(t, "warning", approval.NotDue, s.rejected(approval.Warn{}))
	s.after(5 * time.Minute)
	same(t, "opening too late", approval.TooLate, s.rejected(opening("one")))
	s.then(approval.Expire{})
	same(t, "opened", true, s.c.Grant.OpenedAt.IsZero())
}

func TestTheTimeCountsFromTheApprovalWhereTheFlowSaysSo(t *testing.T) {
	s := allowed(t, approval.FromApproval).after(40 * time.Minute).then(opening("one"))
	same(t, "until", noon.Add(time.Hour), s.c.Grant.Until)
}

func TestOnlyTheRequesterOpens(t *testing.T) {
	s := allowed(t, approval.FromOpening)
	same(t, "another", approval.NotTheRequester, s.rejected(approval.Open{By: mia, Session: "one"}))
	same(t, "without a session", approval.Invalid, s.rejected(opening("")))
	s.then(opening("one"))
	same(t, "the same session again", approval.Invalid, s.rejected(opening("one")))
	same(t, "a flow without an app", approval.Invalid, active(t).rejected(opening("one")))
	same(t, "before it is allowed", approval.NotActive, begin(t).then(ofApp(approval.FromOpening)).rejected(opening("one")))
	s.then(approval.Revoke{By: mia})
	same(t, "after its end", approval.NotActive, s.rejected(opening("two")))
}

// TestOnlyAFreshSignInOpens where the flow wants one. The clocks of the app and the
// bot may differ.
func TestOnlyAFreshSignInOpens(t *testing.T) {
	for name, c := range map[string]struct {
		at    time.Time
		fresh bool
	}{
		"untold":             {time.Time{}, false},
		"now":                {noon, true},
		"as old as may be":   {noon.Add(-5 * time.Minute), true},
		"older by a leeway":  {noon.Add(-5*time.Minute - 30*time.Second), true},
		"older":              {noon.Add(-5*time.Minute - 31*time.Second), false},
		"a minute ahead":     {noon.Add(time.Minute), true},
		"more than a minute": {noon.Add(61 * time.Second), false},
		"of 1970":            {time.Unix(0, 0), false},
		"of a far future":    {time.Unix(1<<40, 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			open := opening("one")
			open.SignedIn = approval.SignedIn{At: c.at, How: []string{"hwk"}}
			for _, later := range []time.Duration{0, 10 * time.Minute} { // the grant's time doesn't matter
				s := begin(t).then(ofFreshApp(), ask(managers, mia), approval.Approve{By: mia}).after(later)
				before := len(s.events)
				if !open.SignedIn.At.IsZero() {
					open.SignedIn.At = c.at.Add(later)
				}
				if !c.fresh {
					same(t, "rejection", approval.StaleSignIn, s.rejected(open))
					same(t, "events", before, len(s.events))
					continue
				}
				s.then(open)
				last, _ := s.events[len(s.events)-1].Body.(approval.Opened)
				same(t, "kept", open.SignedIn, last.SignedIn)
			}
		})
	}
	s := begin(t).then(ofFreshApp(), ask(managers, mia), approval.Approve{By: mia})
	same(t, "another's, and not fresh", approval.NotTheRequester, s.rejected(approval.Open{By: mia, Session: "one"}))
	s.after(time.Hour)
	same(t, "too late, and not fresh", approval.TooLate, s.rejected(opening("one")))
}

// TestDeedsAreKeptToTheEnd and after it, because an app sends them in batches.
func TestDeedsAreKeptToTheEnd(t *testing.T) {
	s := allowed(t, approval.FromOpening).then(opening("one"))
	deeds := make([]approval.Deed, 600)
	for i := range deeds {
		deeds[i] = approval.Deed{At: noon, Method: "POST", Path: fmt.Sprint("/invoices/", i), Status: 200}
	}
	same(t, "another's session", approval.Invalid, s.rejected(approval.Act{Session: "two", Deeds: deeds}))
	s.then(approval.Act{Session: "one", Deeds: deeds}, approval.Act{Session: "one"}, approval.Release{By: kim}, approval.Act{Session: "one", Deeds: deeds})
	same(t, "kept", approval.MostDeeds, s.c.Grant.Deeds)
	same(t, "status", approval.Ended, s.c.Status)
	last, _ := s.events[len(s.events)-1].Body.(approval.Acted)
	same(t, "said to be full", true, last.Full)
	events := len(s.events)
	s.then(approval.Act{Session: "one", Deeds: deeds})
	same(t, "events once full", events, len(s.events))
}

func TestOldSessionsArePushedOut(t *testing.T) {
	s := allowed(t, approval.FromOpening)
	for n := range 21 {
		s.then(opening(fmt.Sprint("session ", n)))
	}
	same(t, "the first", false, s.c.HasSession("session 0"))
	same(t, "the last", true, s.c.HasSession("session 20"))
}

func TestABarredRequesterLosesTheGrant(t *testing.T) {
	s := allowed(t, approval.FromOpening).then(opening("one"), approval.Misuse{App: "portal", Email: "eve@example.com"}, approval.Bar{Why: "deactivated"})
	same(t, "end", approval.Revoked, s.c.Grant.End)
	same(t, "why", "deactivated", s.c.Closed.Why)
}
