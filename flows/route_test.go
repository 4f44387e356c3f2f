package flows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/understudyhq/understudy/flows"
)

const byItself = "the rule escalates to a route that needs, shows or escalates by itself: say it of the whole route"

const stands = "the rule lets the requester decide together with others, or be asked later: Requester stands alone"

func nested(depth int) flows.Route {
	if depth == 0 {
		return flows.OnCall("P1")
	}
	return flows.OnCall("P1").OrElse(nested(depth - 1))
}

func TestNothingUnknownAllows(t *testing.T) {
	ask := func(route flows.Route) flows.Flow {
		return flows.Flow{Approvers: func(flows.Request) flows.Route { return route }}
	}
	for name, tt := range map[string]struct {
		flow flows.Flow
		why  string
	}{
		"no rules":             {flows.Flow{}, "the flow names no approvers"},
		"no verdict":           {flows.Flow{OnRequest: func(flows.Request) flows.Verdict { return flows.Verdict{} }}, "the rule gave no verdict"},
		"undeclared parameter": {flows.Flow{OnRequest: func(r flows.Request) flows.Verdict { return flows.Approve(r.Param("x")) }}, "the flow doesn't declare the parameter x"},
		"panic":                {flows.Flow{OnRequest: func(flows.Request) flows.Verdict { panic("boom") }}, "the rule failed: boom"},
		"nobody":               {ask(flows.Route{}), "the rule names nobody to ask"},
		"nameless":             {ask(flows.OnCall("")), "the rule asks a schedule without an id"},
		"nameless also":        {ask(flows.OnCall("P1").MayAlso(flows.Group(""))), "the rule asks a group without a handle"},
		"nameless else":        {ask(flows.OnCall("P1").OrElse(flows.Person(""))), "the rule asks a person without an e-mail"},
		"nameless escalation":  {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Person(""))), "the rule asks a person without an e-mail"},
		"instant escalation":   {ask(flows.OnCall("P1").EscalateAfter(0, flows.Person("a@b.c"))), "the rule escalates after no time"},
		"unknown leg":          {ask(flows.Route{Legs: []flows.Leg{{Kind: "oracle", Name: "x"}}}), `the rule asks in a way that nobody knows: "oracle"`},
		"requester and others": {ask(flows.Requester("").And(flows.OnCall("P1"))), stands},
		"requester may also":   {ask(flows.OnCall("P1").MayAlso(flows.Requester(""))), stands},
		"two requesters":       {ask(flows.Requester("").Need(2)), stands},
		"requester later":      {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Requester(""))), "the rule escalates to the requester"},
		"nested for ever":      {ask(nested(9)), "the rule nests more than 8 routes"},
		"two later":            {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Group("a").Need(2))), byItself},
		"shown later":          {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Group("a").Show("b"))), byItself},
		"later and later":      {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Group("a").EscalateAfter(time.Minute, flows.Group("b")))), byItself},
		"customer unasked":     {ask(flows.OnCall("P1").MayAlso(flows.Customer())), "the rule lets the customer decide without being asked: they have no other way to"},
		"customer twice":       {ask(flows.Customer().WithConsent()), "the rule asks the customer twice: Customer alone decides, WithConsent is for what others decide"},
		"customer and oneself": {ask(flows.Requester("").WithConsent()), stands},
		"consent later":        {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Group("a").WithConsent())), byItself},
		"consent later, or":    {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Group("a").OrElse(flows.Group("b").WithConsent()))), byItself},
		"two later, or":        {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Group("a").OrElse(flows.Group("b").OrElse(flows.Group("c").Need(2))))), byItself},
		"requester later, or":  {ask(flows.OnCall("P1").EscalateAfter(time.Minute, flows.Group("a").OrElse(flows.Requester("")))), "the rule escalates to the requester"},
		"consent as a leg":     {ask(flows.Route{Legs: []flows.Leg{{Kind: flows.ConsentLeg}}}), `the rule asks in a way that nobody knows: "consent"`},
		"negative quorum":      {ask(flows.OnCall("P1").Need(-1)), "the rule needs fewer than no approvals"},
	} {
		t.Run(name, func(t *testing.T) {
			got := flows.Evaluate(tt.flow, flows.Facts{})
			if got.Result != flows.Refused || got.Why != tt.why {
				t.Errorf("got %s: %s, want refused: %s", got.Result, got.Why, tt.why)
			}
		})
	}
}

// TestConsentStaysNeeded however a route that needs it is combined, but for an OrElse.
func TestConsentStaysNeeded(t *testing.T) {
	plain, consent := flows.OnCall("P1"), flows.Group("leads").WithConsent()
	for name, route := range map[string]flows.Route{
		"and": plain.And(consent), "the other way": consent.And(plain), "may also": plain.MayAlso(consent),
		"or else":   plain.OrElse(plain).WithConsent(),
		"escalates": consent.EscalateAfter(time.Minute, plain), "two": consent.Need(2), "shown": consent.Show(flows.Channel("c")),
	} {
		if !route.Consent || route.Else != nil && !route.Else.Consent {
			t.Errorf("%s: %s", name, route)
		}
	}
	if route := consent.OrElse(plain); !route.Consent || route.Else.Consent {
		t.Errorf("an OrElse that leaves it out: %s", route)
	}
}

func TestRouteIsData(t *testing.T) {
	base := flows.OnCall("P1")
	route := base.And(flows.Person("cto@example.com")).
		OrElse(flows.Group("support-leads")).OrElse(flows.Requester("")).
		EscalateAfter(10*time.Minute, flows.Group("directors")).
		Need(2).WithConsent().MayAlso(flows.Group("leads")).Show(flows.Channel("support-approvals"))
	text := "on-call managers (schedule P1) and cto@example.com, 2 must approve, and the customer must agree, may also decide: the group @leads, " +
		"after 10m also the group @directors, shown in #support-approvals, or else the group @support-leads, 2 must approve, and the customer must agree, or else the requester, 2 must approve, and the customer must agree"
	if route.String() != text {
		t.Errorf("route reads %q, want %q", route, text)
	}
	if diff := cmp.Diff(flows.OnCall("P1"), base); diff != "" {
		t.Errorf("combining changed the first route:\n%s", diff)
	}
	stored, err := json.Marshal(route)
	if err != nil {
		t.Fatal(err)
	}
	var loaded flows.Route
	if err := json.Unmarshal(stored, &loaded); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(route, loaded); diff != "" {
		t.Errorf("stored and loaded (-want +got):\n%s", diff)
	}
}

func TestAndKeepsWhatBelongsToEither(t *testing.T) {
	one := flows.OnCall("P1").EscalateAfter(time.Hour, flows.Group("a")).OrElse(flows.Group("b"))
	two := flows.OnCall("P2").EscalateAfter(time.Minute, flows.Group("c")).OrElse(flows.Group("d")).Need(2).
		MayAlso(flows.Group("e").MayAlso(flows.Group("f"))).Show(flows.Channel("g"))
	got := one.And(two)
	want := "on-call managers (schedule P1) and on-call managers (schedule P2), 2 must approve, may also decide: the group @e and the group @f, " +
		"after 1m also the group @c, after 1h also the group @a, shown in #g, or else the group @b and the group @d, 2 must approve"
	if got.String() != want || got.Channels[0] != "g" {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if other := flows.OnCall("P1").And(two); other.Else.String() != two.Else.String() {
		t.Errorf("the second's OrElse is lost: %s", other)
	}
}

// TestConsentIsOfAllThatIsAskedTogether also where only one of two routes has an
// OrElse, which is asked in the place of both.
func TestConsentIsOfAllThatIsAskedTogether(t *testing.T) {
	one, two, three := flows.OnCall("P1"), flows.Group("a"), flows.Group("b")
	for name, tt := range map[string]struct {
		route flows.Route
		want  bool // of its OrElse
	}{
		"the first's":    {one.WithConsent().And(two.OrElse(three)), true},
		"the second's":   {one.OrElse(three).And(two.WithConsent()), true},
		"left out":       {one.WithConsent().OrElse(three).And(two), false},
		"both left out":  {one.WithConsent().OrElse(three).And(two.WithConsent().OrElse(three)), false},
		"one left out":   {one.WithConsent().OrElse(three).And(two.OrElse(three).WithConsent()), true},
		"nobody's":       {one.And(two.OrElse(three)), false},
		"of both, after": {one.OrElse(three).And(two).WithConsent(), true},
	} {
		if tt.route.Else.Consent != tt.want {
			t.Errorf("%s: %s", name, tt.route)
		}
	}
}
