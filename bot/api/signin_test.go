package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/flows/approval"
)

const typeFresh = "urn:understudy:problem:fresh-sign-in"

// newFreshPortal has a case whose app wants a sign-in of the last five minutes.
func newFreshPortal(t *testing.T) *portal {
	p := newPortal(t)
	p.allow("c2", approval.App{Name: "portal", FreshSignIn: 5 * time.Minute})
	return p
}

// signedIn is a redemption by Kim, who signed in so long before now.
func (p *portal) signedIn(code string, ago time.Duration, how ...string) api.Redemption {
	return api.Redemption{Code: code, StaffEmail: "kim@example.com", SignIn: api.SignIn{AuthTime: p.now().Add(-ago).Unix(), AMR: how}}
}

// stale is that a redemption is refused until its person signs in anew.
func (p *portal) stale(r api.Redemption, words string) {
	p.t.Helper()
	sent, err := json.Marshal(r)
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/v1/grants/redeem", bytes.NewReader(sent))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	var got api.Problem
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		p.t.Fatal(err)
	}
	if response.StatusCode != http.StatusUnauthorized || got.Type != typeFresh || got.MaxAge != 300 || !strings.Contains(got.Detail, words) {
		p.t.Errorf("%d %+v, want %q", response.StatusCode, got, words)
	}
	// RFC 9470, section 3.
	if challenge := response.Header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer ") || !strings.Contains(challenge, `error="insufficient_user_authentication"`) || !strings.Contains(challenge, `max_age="300"`) {
		p.t.Errorf("WWW-Authenticate: %s", challenge)
	}
}

func (p *portal) events(id string) (all []approval.Event) {
	p.t.Helper()
	all, err := p.ledger.Events(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// TestAStaleSignInOpensNothing and uses nothing up: the same link works once its
// person has signed in anew. That is kept.
func TestAStaleSignInOpensNothing(t *testing.T) {
	p := newFreshPortal(t)
	code, before := p.link("c2"), len(p.events("c2"))
	p.stale(api.Redemption{Code: code, StaffEmail: "kim@example.com"}, "Acme you must have signed in here within the last 5 minutes, and this app doesn't say when")
	p.stale(api.Redemption{Code: code, StaffEmail: "kim@example.com", SignIn: api.SignIn{AMR: []string{"hwk"}}}, "doesn't say when")
	p.stale(p.signedIn(code, 5*time.Minute+31*time.Second), "you signed in before that")
	p.stale(p.signedIn(code, 12*time.Hour), "you signed in before that")
	p.stale(p.signedIn(code, -2*time.Minute), "says that you will")
	if after := len(p.events("c2")); after != before || p.told.Load() != 0 {
		t.Errorf("%d events, before %d; %d told", after, before, p.told.Load())
	}
	get[api.Opening](p, "POST", "/v1/grants/redeem", p.signedIn(code, time.Minute, "hwk", "user", "mfa"))
	all := p.events("c2")
	opened, ok := all[len(all)-1].Body.(approval.Opened)
	want := approval.SignedIn{At: p.now().Add(-time.Minute), How: []string{"hwk", "user", "mfa"}}
	if diff := cmp.Diff(want, opened.SignedIn); !ok || diff != "" {
		t.Errorf("%T keeps (-want +got):\n%s", all[len(all)-1].Body, diff)
	}
	p.problem("POST", "/v1/grants/redeem", p.signedIn(code, 0), http.StatusNotFound, "was used already")
}

// TestOneWithoutTheLinkLearnsNothingOfSignIns: whose it is, is looked at first.
func TestOneWithoutTheLinkLearnsNothingOfSignIns(t *testing.T) {
	p := newFreshPortal(t)
	code := p.link("c2")
	p.problem("POST", "/v1/grants/redeem", api.Redemption{Code: code, StaffEmail: "eve@example.com"}, http.StatusForbidden, "made for somebody else")
	p.problem("POST", "/v1/grants/redeem", p.signedIn(code, 0), http.StatusNotFound, "was used already")
	p.do(approval.Bar{Why: "deactivated"}, "c2")
	p.problem("POST", "/v1/grants/redeem", api.Redemption{Code: p.link("c2"), StaffEmail: "kim@example.com"}, http.StatusGone, "was revoked")
}

// TestARequestInTheAppWantsAFreshSignInToo where no link is.
func TestARequestInTheAppWantsAFreshSignInToo(t *testing.T) {
	p := newPortal(t)
	kim := approval.Person{ID: "UKIM", Name: "Kim Berg", Email: "kim@example.com"}
	app := approval.App{Name: "portal", FreshSignIn: 5 * time.Minute}
	p.do(approval.Submit{ID: "c3", Flow: flowOf(app), AskedIn: "portal", Requester: kim, Account: approval.Account{ID: "acct_c3", Name: "Acme"}, Reason: "x", Duration: time.Hour}, "c3")
	p.problem("POST", "/v1/grants/redeem", api.Redemption{Case: "c3", StaffEmail: "kim@example.com"}, http.StatusConflict, "isn't decided")
	p.allowed("c3")
	stale := p.signedIn("", time.Hour)
	stale.Case = "c3"
	p.stale(stale, "you signed in before that")
	fresh := p.signedIn("", time.Second)
	fresh.Case = "c3"
	if o := get[api.Opening](p, "POST", "/v1/grants/redeem", fresh); o.Grant.Case != "c3" {
		t.Errorf("opened %+v", o.Grant)
	}
}

// TestAnyAppMayTellOfSignIns which are kept, and asked for by none but those that
// want them.
func TestAnyAppMayTellOfSignIns(t *testing.T) {
	p := newPortal(t)
	get[api.Opening](p, "POST", "/v1/grants/redeem", p.signedIn(p.link("c1"), 9*time.Hour, "pwd"))
	p.redeemed("c1")
	get[api.Opening](p, "POST", "/v1/grants/redeem", map[string]any{"code": p.link("c1"), "staff_email": "kim@example.com", "auth_time": 0, "amr": []string{}})
	var kept []approval.SignedIn
	for _, e := range p.events("c1") {
		if opened, ok := e.Body.(approval.Opened); ok {
			kept = append(kept, opened.SignedIn)
		}
	}
	if diff := cmp.Diff([]approval.SignedIn{{At: p.now().Add(-9 * time.Hour), How: []string{"pwd"}}, {}, {}}, kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestSignInsThatAreNone(t *testing.T) {
	p := newFreshPortal(t)
	code := p.link("c2")
	for _, c := range []struct {
		signIn api.SignIn
		field  string
	}{
		{api.SignIn{AuthTime: p.now().UnixMilli()}, "auth_time"},
		{api.SignIn{AuthTime: -1}, "auth_time"},
		{api.SignIn{AuthTime: p.now().Unix(), AMR: slices.Repeat([]string{"mfa"}, 11)}, "amr"},
		{api.SignIn{AuthTime: p.now().Unix(), AMR: []string{""}}, "amr"},
		{api.SignIn{AuthTime: p.now().Unix(), AMR: []string{"two words"}}, "amr"},
		{api.SignIn{AuthTime: p.now().Unix(), AMR: []string{"new\nline"}}, "amr"},
		{api.SignIn{AuthTime: p.now().Unix(), AMR: []string{"\u202emfa"}}, "amr"},
		{api.SignIn{AuthTime: p.now().Unix(), AMR: []string{strings.Repeat("m", 41)}}, "amr"},
	} {
		p.problem("POST", "/v1/grants/redeem", api.Redemption{Code: code, StaffEmail: "kim@example.com", SignIn: c.signIn}, http.StatusUnprocessableEntity, c.field)
	}
	p.problem("POST", "/v1/grants/redeem", map[string]any{"code": code, "staff_email": "kim@example.com", "auth_time": "noon"}, http.StatusBadRequest, "auth_time")
	get[api.Opening](p, "POST", "/v1/grants/redeem", p.signedIn(code, 0, slices.Repeat([]string{strings.Repeat("m", 40)}, 10)...))
}
