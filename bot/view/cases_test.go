package view_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

var (
	noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	kim  = approval.Person{ID: "U0KIM", Name: "Kim Larsen", Email: "kim@example.com"}
	mia  = approval.Person{ID: "U0MIA", Name: "Mia Berg", Email: "mia@example.com"}
	ola  = approval.Person{ID: "U0OLA", Name: "Ola Nordmann", Email: "ola@example.com"}
	ida  = approval.Person{ID: "U0IDA", Name: "Ida Holm", Email: "ida@example.com"}
	gone = approval.Unreached{Person: approval.Person{Name: "Per Moe", Email: "per@example.com"}, Why: "has no account in this Slack workspace"}
)

// story is a case that the state machine itself made, a minute a command.
type story struct {
	t   testing.TB
	now time.Time
	c   approval.Case
	all []approval.Event
}

func (s *story) then(commands ...approval.Command) *story {
	s.t.Helper()
	for _, cmd := range commands {
		s.now = s.now.Add(time.Minute)
		events, err := approval.Decide(s.c, cmd, s.now)
		if err != nil {
			s.t.Fatalf("%T: %v", cmd, err)
		}
		for _, e := range events {
			s.c = approval.Apply(s.c, e)
			s.all = append(s.all, e)
		}
	}
	return s
}

func (s *story) after(d time.Duration) *story {
	s.now = s.now.Add(d)
	return s
}

func submitted(t testing.TB) *story {
	s := &story{t: t, now: noon}
	return s.then(approval.Submit{
		ID: "case-7f3a",
		Flow: approval.FlowVersion{ID: "82fe1163", Name: "impersonation", Version: 1,
			Policy:    approval.Policy{Timeout: 30 * time.Minute, Warn: 5 * time.Minute},
			Durations: []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour}},
		Requester: kim,
		Account:   approval.Account{ID: "acct_42", Name: "Globex", Plan: "enterprise"},
		Reason:    "Invoice 1042 shows twice.\nThey call back at 3.",
		Duration:  time.Hour,
	})
}

func ruled(plan string, isAssigned bool) approval.Ruling {
	facts := flows.Facts{Params: map[string]string{"manager_schedule": "PMGRS01"},
		Fields: map[string]any{"is_assigned": isAssigned}}
	if plan != "" {
		facts.Fields["customer_plan"] = plan
	}
	return approval.Ruling{
		Account: approval.Account{ID: "acct_42", Name: "Globex", Plan: plan},
		Facts:   facts, Outcome: flows.Evaluate(flows.Impersonation, facts)}
}

func onCall(people ...approval.Person) approval.Found {
	found := approval.Found{Route: flows.OnCall("PMGRS01")}
	leg := found.Route.Legs[0]
	leg.Title = "Support managers"
	for _, p := range people {
		found.Approvers = append(found.Approvers, approval.Approver{Person: p, Leg: leg, Asked: true})
	}
	return found
}

// long is a case whose route escalates, and whose shift ends.
func long(t testing.TB) *story {
	found := onCall(mia, ola)
	found.Route = found.Route.EscalateAfter(10*time.Minute, flows.Group("directors"))
	found.ShiftEnds = noon.Add(15 * time.Minute)
	return submitted(t).then(approval.Rule{Ruling: ruled("enterprise", false), Found: found})
}

func escalated(t testing.TB) *story {
	return long(t).after(10 * time.Minute).then(approval.Escalate{Found: directors(ida)})
}

func directors(people ...approval.Person) approval.Found {
	leg := flows.Leg{Kind: flows.GroupLeg, Name: "directors"}
	found := approval.Found{Route: flows.Group("directors")}
	for _, p := range people {
		found.Approvers = append(found.Approvers, approval.Approver{Person: p, Leg: leg, Asked: true})
	}
	return found
}

// extension asks to go on with a grant that another case gave.
func extension(t testing.TB) *story {
	s := submitted(t)
	s.c.Extends = "case-1a2b"
	return s.then(approval.Rule{Ruling: ruled("enterprise", false), Found: onCall(mia, ola)})
}

// silent is who was on call when the on-call service last answered.
func silent(t testing.TB) *story {
	found := onCall(mia)
	found.Approvers[0].Leg.Why = "as of 4 minutes ago, because the on-call service isn't answering"
	return submitted(t).then(approval.Rule{Ruling: ruled("enterprise", false), Found: found})
}

// known is a case of which all is known that a card may show.
func known(t testing.TB, before approval.Before) *story {
	found := onCall(mia, ola)
	found.Background = &approval.Background{Title: "Support agent, Nordics", Region: "eu", URL: "https://admin.example.com/accounts/acct_42",
		Photo: "https://avatars.slack-edge.com/2026-11-24/kim_72.png", Before: &before}
	return submitted(t).then(approval.Rule{Ruling: ruled("enterprise", false), Found: found})
}

func often() approval.Before {
	return approval.Before{ForThis: approval.Tally{Asked: 3, Approved: 2, Denied: 1, LastAt: noon.AddDate(0, 0, -3)},
		Overall: approval.Tally{Asked: 41, Approved: 36, Denied: 2, LastAt: noon.Add(-time.Hour)}}
}

func pending(t testing.TB) *story {
	return submitted(t).then(approval.Rule{Ruling: ruled("enterprise", false), Found: onCall(mia, ola)})
}

// overseenStory is of a case whose flow groups oversee.
func overseenStory(t testing.TB) *story {
	s := pending(t)
	s.c = overseen(s.c)
	return s
}

func self(t testing.TB) *story {
	route := flows.Requester("assigned to the account")
	return submitted(t).then(approval.Rule{Ruling: ruled("pro", true), Found: approval.Found{Route: route,
		Approvers: []approval.Approver{{Person: kim, Leg: route.Legs[0], Asked: true}}}})
}

func free(t testing.TB) *story { return submitted(t).then(approval.Rule{Ruling: ruled("free", false)}) }

func two(t testing.TB) *story {
	found := onCall(mia, ola)
	found.Route = found.Route.Need(2)
	found.Approvers = append(found.Approvers, approval.Approver{Person: ida, Leg: flows.Leg{Kind: flows.GroupLeg, Name: "leads"}})
	found.Unreachable = []approval.Unreached{gone}
	return submitted(t).then(approval.Rule{Ruling: ruled("enterprise", false), Found: found})
}

func crowd(t testing.TB) *story {
	people := make([]approval.Person, 100)
	for i := range people {
		people[i] = approval.Person{ID: fmt.Sprintf("U0P%03d", i), Name: fmt.Sprintf("Person %d", i)}
	}
	return submitted(t).then(approval.Rule{Ruling: ruled("enterprise", false), Found: onCall(people...)})
}

// ofApp is a case whose grant opens an app.
func ofApp(t testing.TB, app approval.App) *story {
	s := submitted(t)
	s.c.Flow.App = &app
	return s.then(approval.Rule{Ruling: ruled("enterprise", false), Found: onCall(mia, ola)})
}

func portal() approval.App {
	return approval.App{Name: "portal", URL: "https://portal.example.com/understudy"}
}

// freshPortal wants who comes to have signed in there a moment ago.
func freshPortal() approval.App {
	app := portal()
	app.FreshSignIn = 5 * time.Minute
	return app
}

// consulted is a case whose customer is asked: alone, or beside the managers.
func consulted(t testing.TB, beside ...approval.Person) *story {
	s := submitted(t)
	app := portal()
	app.Webhook = "https://portal.example.com/hook"
	s.c.Flow.App = &app
	found := onCall(beside...)
	leg := flows.Leg{Kind: flows.CustomerLeg}
	found.Route = flows.Customer()
	if len(beside) > 0 {
		leg.Kind, found.Route = flows.ConsentLeg, flows.OnCall("PMGRS01").WithConsent()
	}
	customer := approval.Approver{Person: s.c.Account.Customer(), Leg: leg, Asked: true}
	found.Approvers = append(found.Approvers, customer)
	ruling := ruled("enterprise", false)
	ruling.Outcome.Route = &found.Route
	return s.then(approval.Rule{Ruling: ruling, Found: found})
}

func byCustomer(t testing.TB) approval.Person { return submitted(t).c.Account.Customer() }

func opened(t testing.TB) *story {
	return ofApp(t, portal()).then(approval.Approve{By: mia}, approval.Open{By: kim, Session: "s1"})
}

func deniedByRule(t testing.TB) *story {
	ruling := ruled("enterprise", false)
	ruling.Outcome = flows.Outcome{Result: flows.Denied, Why: "contractors may not"}
	return submitted(t).then(approval.Rule{Ruling: ruling})
}

// stories are one of each kind of case.
func stories(t testing.TB) map[string]approval.Case {
	approve := approval.Approve{By: mia}
	nobody := approval.Found{Route: flows.OnCall("PMGRS01"), Unreachable: []approval.Unreached{gone}}
	return map[string]approval.Case{
		"routing":             submitted(t).c,
		"routing_delayed":     submitted(t).then(approval.Delay{Why: "the account directory doesn't answer"}).c,
		"pending":             pending(t).c,
		"pending_known":       known(t, often()).then(approval.LookAt{By: ola}).c,
		"pending_known_first": known(t, approval.Before{}).c,
		"approved_known":      known(t, often()).then(approve).c,
		"pending_two_of_them": two(t).then(approve).c,
		"pending_looked_at":   pending(t).then(approval.LookAt{By: ola}).c,
		"pending_missed":      pending(t).then(approval.Miss{ID: ola.ID, Why: "their Slack account is deactivated"}).c,
		"pending_crowd":       crowd(t).c,
		"pending_silent":      silent(t).c,
		"pending_escalated":   escalated(t).c,
		"pending_shift":       long(t).after(15 * time.Minute).then(approval.ChangeShift{Found: onCall(ida, ola)}).c,
		"pending_shift_empty": long(t).after(15 * time.Minute).then(approval.ChangeShift{Found: onCall()}).c,
		"pending_nudged":      pending(t).then(approval.Nudge{By: kim}).c,
		"pending_extension":   extension(t).c,
		"extended":            extension(t).then(approve, approval.Merge{Into: "case-1a2b", Until: noon.Add(2 * time.Hour)}).c,
		"prolonged":           pending(t).then(approve).after(56*time.Minute).then(approval.Warn{}, approval.Extend{Until: noon.Add(2 * time.Hour), By: "case-9"}).c,
		"self":                self(t).c,
		"self_approved":       self(t).then(approval.Approve{By: kim}).c,
		"self_denied":         self(t).then(approval.Deny{By: kim}).c,
		"self_timed_out":      self(t).after(time.Hour).then(approval.TimeOut{}).c,
		"allowed_by_rule":     free(t).c,
		"approved":            pending(t).then(approve).c,
		"approved_for_less":   pending(t).then(approval.Approve{By: mia, Duration: 15 * time.Minute}).c,
		"approved_by_two":     two(t).then(approve, approval.Approve{By: ola}).c,
		"approved_ends_soon":  pending(t).then(approve).after(56 * time.Minute).then(approval.Warn{}).c,
		"expired":             pending(t).then(approve).after(time.Hour).then(approval.Expire{}).c,
		"expired_by_rule":     free(t).after(time.Hour).then(approval.Expire{}).c,
		"released":            pending(t).then(approve, approval.Release{By: kim}).c,
		"revoked_by_group":    overseenStory(t).then(approve, approval.Revoke{By: ida, Why: "the laptop was stolen", Group: "security"}).c,
		"revoked":             pending(t).then(approve, approval.Revoke{By: ola, Why: "the customer called it off"}).c,
		"denied":              pending(t).then(approval.Deny{By: mia}).c,
		"denied_with_reason":  pending(t).then(approval.Deny{By: mia, Why: "ask them to share their screen"}).c,
		"denied_by_rule":      deniedByRule(t).c,
		"cancelled":           pending(t).then(approval.Cancel{By: kim}).c,
		"timed_out":           pending(t).after(time.Hour).then(approval.TimeOut{}).c,
		"refused_no_plan":     submitted(t).then(approval.Rule{Ruling: ruled("", false)}).c,
		"refused_nobody":      submitted(t).then(approval.Rule{Ruling: ruled("enterprise", false), Found: nobody}).c,
		"refused_directory":   submitted(t).then(approval.Refuse{Why: "the account directory didn't answer for 2 minutes"}).c,
		"refused_unreachable": pending(t).then(approval.Miss{ID: mia.ID, Why: "their Slack account is deactivated"}, approval.Miss{ID: ola.ID, Why: "their Slack account is deactivated"}).c,
		"app_asked":           ofApp(t, portal()).c,
		"app_asked_full":      ofApp(t, approval.App{Name: "portal", Scope: approval.FullAccess}).c,
		"app_to_open":         ofApp(t, portal()).then(approve).c,
		"app_opened":          opened(t).c,
		"app_from_approval":   ofApp(t, approval.App{Name: "portal", Clock: approval.FromApproval}).then(approve).c,
		"app_ends_soon":       opened(t).after(56 * time.Minute).then(approval.Warn{}).c,
		"app_misused":         ofApp(t, portal()).then(approve, approval.Misuse{App: "portal", Email: "eve@example.com"}).c,
		"app_never_opened":    ofApp(t, portal()).then(approve).after(time.Hour).then(approval.Expire{}).c,
		"app_barred":          opened(t).then(approval.Bar{Why: "their Slack account is deactivated"}).c,
		"customer_asked":      consulted(t).c,
		"customer_agreed":     consulted(t).then(approval.Approve{By: byCustomer(t)}).c,
		"customer_refused":    consulted(t).then(approval.Deny{By: byCustomer(t)}).c,
		"customer_revoked":    consulted(t).then(approval.Approve{By: byCustomer(t)}, approval.Revoke{By: byCustomer(t)}).c,
		"consent_asked":       consulted(t, mia, ola).c,
		"consent_first":       consulted(t, mia, ola).then(approval.Approve{By: byCustomer(t)}).c,
		"consent_last":        consulted(t, mia, ola).then(approval.Approve{By: mia}).c,
		"consent_missed":      consulted(t, mia, ola).then(approval.Miss{ID: approval.CustomerID, Why: "the app answered 410 Gone"}).c,
		"unknown":             {ID: "case-7f3a", Status: "paused", Requester: kim, Account: approval.Account{ID: "acct_42", Name: "Globex"}},
	}
}
