package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

const issuer = "https://understudy.example.com"

// portal is a bot with an approved case, and the app that it opens.
type portal struct {
	*served
	token string // of the app
	ahead atomic.Int64
	keys  *grant.Keyring
	told  atomic.Int64 // events
}

func (p *portal) now() time.Time { return noon.Add(time.Duration(p.ahead.Load())) }

func (p *portal) later(d time.Duration) { p.ahead.Add(int64(d)) }

func newPortal(t *testing.T) *portal {
	keys, err := grant.OpenKeyring(filepath.Join(t.TempDir(), "keys"), noon)
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{keys: keys}
	p.served = serve(t, func(v *api.V1) {
		v.Keys, v.Issuer, v.Now = keys, issuer, p.now
		v.Committed = func(r store.Result) { p.told.Add(int64(len(r.Events))) }
		v.Ask = p.ask
	})
	p.token = p.appToken("portal")
	p.allow("c1", approval.App{Name: "portal", URL: "https://portal.example.com/in"})
	return p
}

func (p *portal) appToken(app string) string {
	p.t.Helper()
	made, err := p.NewToken(p.t.Context(), api.NewToken{Name: app + "'s", Role: store.ForApp, App: app})
	if err != nil {
		p.t.Fatal(err)
	}
	return made.Secret
}

// kim asks in the app, of which the bot's half is tested with the bot.
func (p *portal) ask(_ context.Context, a api.Asking) (approval.Case, error) {
	if a.Account == "" {
		return approval.Case{}, &api.Refusal{Field: "account", Text: "there is no account of this name"}
	}
	p.do(approval.Submit{
		ID: "asked", Flow: flowOf(approval.App{Name: a.App}), AskedIn: a.App, Requester: approval.Person{ID: "UKIM", Name: "Kim Berg", Email: a.StaffEmail},
		Account: approval.Account{ID: a.Account, Name: "Globex"}, Reason: a.Reason, Duration: time.Hour,
	}, "asked")
	return p.ledger.Case(p.t.Context(), "asked")
}

func flowOf(app approval.App) approval.FlowVersion {
	return approval.FlowVersion{Name: "impersonation", App: &app, Policy: approval.Policy{Timeout: time.Hour}}
}

func (p *portal) allow(id string, app approval.App) {
	kim := approval.Person{ID: "UKIM", Name: "Kim Berg", Email: "kim@example.com"}
	p.do(approval.Submit{ID: id, Flow: flowOf(app), Requester: kim, Account: approval.Account{ID: "acct_" + id, Name: "Acme"}, Reason: "invoice 1042", Duration: time.Hour}, id)
	p.allowed(id)
}

func (p *portal) allowed(id string) {
	ruling := approval.Ruling{Account: approval.Account{ID: "acct_" + id, Name: "Acme"}}
	ruling.Outcome.Result, ruling.Outcome.Why = "approved", "free tier account"
	p.do(approval.Rule{Ruling: ruling}, id)
}

func (p *portal) do(command approval.Command, id string) {
	p.t.Helper()
	if _, err := p.ledger.Do(p.t.Context(), store.Change{Case: id, Command: command}, p.now()); err != nil {
		p.t.Fatalf("%T: %v", command, err)
	}
}

// link makes a link of the case, and gives its code.
func (p *portal) link(id string) string {
	p.t.Helper()
	code := grant.NewCode()
	if err := p.ledger.AddLink(p.t.Context(), store.HashToken(code), store.Link{Case: id, Email: "kim@example.com", Until: p.now().Add(grant.LinkLife)}, "", p.now()); err != nil {
		p.t.Fatal(err)
	}
	return code
}

// call asks the bot as an app does. Into is what it answers, or a problem.
func (p *portal) call(method, path, bearer string, body any) (status int, answer []byte) {
	p.t.Helper()
	kind, sent := "application/json", []byte(nil)
	if form, ok := body.(url.Values); ok {
		kind, sent = "application/x-www-form-urlencoded", []byte(form.Encode())
	} else if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			p.t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, bytes.NewReader(sent))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, answer
}

func get[T any](p *portal, method, path string, body any) T {
	p.t.Helper()
	status, answer := p.call(method, path, p.token, body)
	var into T
	if status >= 300 || json.Unmarshal(answer, &into) != nil {
		p.t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	return into
}

// problem is that a call is refused with this status and these words.
func (p *portal) problem(method, path string, body any, status int, words string) {
	p.t.Helper()
	got, answer := p.call(method, path, p.token, body)
	if got != status || !strings.Contains(string(answer), words) {
		p.t.Errorf("%s %s: %d %s, want %d and %q", method, path, got, answer, status, words)
	}
}

func (p *portal) redeemed(id string) api.Opening {
	p.t.Helper()
	return get[api.Opening](p, "POST", "/v1/grants/redeem", api.Redemption{Code: p.link(id), StaffEmail: "Kim@example.com "})
}

func (p *portal) public() jose.JSONWebKeySet {
	p.t.Helper()
	status, answer := p.call("GET", "/.well-known/jwks.json", "", nil)
	var set jose.JSONWebKeySet
	if status != http.StatusOK || json.Unmarshal(answer, &set) != nil {
		p.t.Fatalf("the keys: %d %s", status, answer)
	}
	if bytes.Contains(answer, []byte(`"d"`)) {
		p.t.Fatalf("the keys are shown with their secrets: %s", answer)
	}
	return set
}

func TestALinkLetsItsPersonIn(t *testing.T) {
	p := newPortal(t)
	p.later(time.Minute)
	opening := p.redeemed("c1")
	claims, err := token.Read(opening.Token, p.public())
	if err != nil {
		t.Fatal(err)
	}
	if err := claims.Check(issuer, "portal", p.now()); err != nil {
		t.Error(err)
	}
	want := api.Grant{
		Case: "c1", Session: claims.Session, Flow: "impersonation", Subject: api.Subject{ID: "acct_c1", Name: "Acme"}, Actor: api.Actor{Email: "kim@example.com", Name: "Kim Berg"},
		Scope: "read_only", Reason: "invoice 1042", OpenedAt: noon.Add(time.Minute), Until: noon.Add(61 * time.Minute),
	}
	if diff := cmp.Diff(want, opening.Grant); diff != "" {
		t.Errorf("the grant (-want +got):\n%s", diff)
	}
	if claims.Subject != "acct_c1" || claims.Actor.Subject != "kim@example.com" || !opening.ExpiresAt.Equal(p.now().Add(token.Life)) || p.told.Load() != 1 {
		t.Errorf("%+v, until %s, %d events told", claims, opening.ExpiresAt, p.told.Load())
	}
}

func TestLinksThatOpenNothing(t *testing.T) {
	p := newPortal(t)
	redeem := func(code, email string, status int, words string) {
		t.Helper()
		p.problem("POST", "/v1/grants/redeem", api.Redemption{Code: code, StaffEmail: email}, status, words)
	}
	redeem("guessed", "kim@example.com", http.StatusNotFound, "was used already")
	stolen := p.link("c1")
	redeem(stolen, "eve@example.com", http.StatusForbidden, "made for somebody else")
	redeem(stolen, "kim@example.com", http.StatusNotFound, "was used already")
	old := p.link("c1")
	p.later(2 * time.Minute)
	redeem(old, "kim@example.com", http.StatusGone, "two minutes")
	other := p.link("c1")
	p.token = p.appToken("wiki")
	redeem(other, "kim@example.com", http.StatusForbidden, "for another app")
	p.problem("POST", "/v1/grants/redeem", api.Redemption{StaffEmail: "kim@example.com"}, http.StatusUnprocessableEntity, "code")
	p.problem("POST", "/v1/grants/redeem", api.Redemption{Code: "x", StaffEmail: "kim\n@example.com"}, http.StatusUnprocessableEntity, "staff_email")
	events, err := p.ledger.Events(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, e.Type())
	}
	if diff := cmp.Diff([]string{"submitted", "allowed", "granted", "misused", "misused"}, kinds); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestOnlyAnAppsTokenLetsPeopleIn: an admin makes tokens, and acts as nobody.
func TestOnlyAnAppsTokenLetsPeopleIn(t *testing.T) {
	p := newPortal(t)
	app := p.token
	for _, path := range []string{"/v1/grants/redeem", "/v1/grants/refresh", "/v1/grants/deeds", "/v1/introspect", "/v1/revoke", "/v1/cases"} {
		p.token = adminToken
		p.problem("POST", path, api.Redemption{}, http.StatusForbidden, "for apps alone")
		p.token = "nobody's"
		p.problem("POST", path, api.Redemption{}, http.StatusUnauthorized, "isn't known")
	}
	p.token = app
	for _, path := range []string{"/v1/flows", "/v1/cases", "/v1/cases/c1", "/v1/tokens"} {
		p.problem("GET", path, nil, http.StatusForbidden, "has the role app")
	}
	if _, err := p.NewToken(t.Context(), api.NewToken{Name: "x", Role: store.ForApp}); err == nil {
		t.Error("a token of no app was made")
	}
	if _, err := p.NewToken(t.Context(), api.NewToken{Name: "x", Role: store.Read, App: "portal"}); err == nil {
		t.Error("a reader's token of an app was made")
	}
}

func TestATokenIsRefreshedAsLongAsItsGrantRuns(t *testing.T) {
	p := newPortal(t)
	first := p.redeemed("c1")
	p.later(20 * time.Minute) // the app was away
	next := get[api.Opening](p, "POST", "/v1/grants/refresh", api.Refresh{Token: first.Token})
	if next.Token == first.Token || next.Grant.Session != first.Grant.Session || !next.Grant.Until.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v", next)
	}
	p.later(38 * time.Minute)
	last := get[api.Opening](p, "POST", "/v1/grants/refresh", api.Refresh{Token: next.Token})
	if !last.ExpiresAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("the last token ends at %s, after the grant", last.ExpiresAt)
	}
	p.later(2 * time.Minute) // nobody has expired the case yet
	p.problem("POST", "/v1/grants/refresh", api.Refresh{Token: last.Token}, http.StatusGone, "has ended")
	p.problem("POST", "/v1/grants/refresh", api.Refresh{Token: last.Token + "x"}, http.StatusBadRequest, "isn't a token")
}

func TestWhoEndsAGrantEndsItsTokens(t *testing.T) {
	for name, end := range map[string]approval.Command{
		"released": approval.Release{By: approval.Person{ID: "UKIM"}}, "barred": approval.Bar{Why: "deactivated"},
	} {
		p := newPortal(t)
		opening := p.redeemed("c1")
		if is := get[api.Introspection](p, "POST", "/v1/introspect", url.Values{"token": {opening.Token}}); !is.Active || is.Subject != "acct_c1" || is.Actor.Subject != "kim@example.com" {
			t.Errorf("%s: before: %+v", name, is)
		}
		p.do(end, "c1")
		if is := get[api.Introspection](p, "POST", "/v1/introspect", url.Values{"token": {opening.Token}}); is != (api.Introspection{}) {
			t.Errorf("%s: after: %+v", name, is)
		}
		p.problem("POST", "/v1/grants/refresh", api.Refresh{Token: opening.Token}, http.StatusGone, "nothing was opened")
	}
}

// TestAnotherAppLearnsNothing: what one app holds is no use with another's token.
func TestAnotherAppLearnsNothing(t *testing.T) {
	p := newPortal(t)
	opening := p.redeemed("c1")
	p.token = p.appToken("wiki")
	if is := get[api.Introspection](p, "POST", "/v1/introspect", url.Values{"token": {opening.Token}}); is != (api.Introspection{}) {
		t.Errorf("it is told %+v", is)
	}
	p.problem("POST", "/v1/grants/refresh", api.Refresh{Token: opening.Token}, http.StatusBadRequest, "for the app wiki")
	p.problem("POST", "/v1/grants/deeds", api.Deeds{Token: opening.Token, Deeds: []approval.Deed{deed("/")}}, http.StatusBadRequest, "for the app wiki")
	p.problem("GET", "/v1/cases/c1/standing", nil, http.StatusNotFound, "opens the app wiki")
	if status, _ := p.call("POST", "/v1/revoke", p.token, url.Values{"token": {opening.Token}}); status != http.StatusOK {
		t.Errorf("revocation: %d", status) // as RFC 7009 has it of tokens that aren't valid
	}
	if c, err := p.ledger.Case(t.Context(), "c1"); err != nil || c.Status != approval.Active {
		t.Errorf("it ended a grant of another app: %s, %v", c.Status, err)
	}
}

func TestAnAppEndsAGrant(t *testing.T) {
	p := newPortal(t)
	opening := p.redeemed("c1")
	for range 2 { // once more changes nothing
		get[struct{}](p, "POST", "/v1/revoke", url.Values{"token": {opening.Token}, "token_type_hint": {"access_token"}})
	}
	c, err := p.ledger.Case(t.Context(), "c1")
	if err != nil || c.Grant.End != approval.Released {
		t.Errorf("%+v, %v", c.Grant, err)
	}
	p.problem("POST", "/v1/revoke", url.Values{}, http.StatusBadRequest, "has no token")
}

func deed(path string) approval.Deed {
	return approval.Deed{At: noon, Method: "POST", Path: path, Status: 303}
}

func TestDeedsAreKept(t *testing.T) {
	p := newPortal(t)
	opening := p.redeemed("c1")
	kept := get[api.KeptDeeds](p, "POST", "/v1/grants/deeds", api.Deeds{Token: opening.Token, Deeds: []approval.Deed{deed("/invoices/7/void?card=4711"), deed("/x")}})
	if kept != (api.KeptDeeds{Kept: 2}) {
		t.Errorf("%+v", kept)
	}
	p.do(approval.Release{By: approval.Person{ID: "UKIM"}}, "c1")
	p.later(time.Hour)
	kept = get[api.KeptDeeds](p, "POST", "/v1/grants/deeds", api.Deeds{Token: opening.Token, Deeds: []approval.Deed{deed("/last")}})
	if kept.Kept != 1 {
		t.Errorf("after the end: %+v", kept)
	}
	events, err := p.ledger.Events(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if acted, ok := e.Body.(approval.Acted); ok && strings.Contains(acted.Deeds[0].Path, "4711") {
			t.Error("a query was kept")
		}
	}
	for name, bad := range map[string]approval.Deed{
		"no time": {Method: "POST", Path: "/", Status: 200}, "no method": {At: noon, Path: "/", Status: 200}, "no path": {At: noon, Method: "GET", Status: 200},
		"no status": {At: noon, Method: "GET", Path: "/"}, "a line": {At: noon, Method: "GET", Path: "/\n", Status: 200},
		"a long path": {At: noon, Method: "GET", Path: "/" + strings.Repeat("x", 300), Status: 200},
	} {
		if status, answer := p.call("POST", "/v1/grants/deeds", p.token, api.Deeds{Token: opening.Token, Deeds: []approval.Deed{bad}}); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	p.problem("POST", "/v1/grants/deeds", api.Deeds{Token: opening.Token, Deeds: slices.Repeat([]approval.Deed{deed("/")}, 101)}, http.StatusUnprocessableEntity, "1 to 100")
}

// TestWhoAsksInTheAppNeedsNoLink: they are there already.
func TestWhoAsksInTheAppNeedsNoLink(t *testing.T) {
	p := newPortal(t)
	p.problem("POST", "/v1/cases", api.Asking{Flow: "impersonation", StaffEmail: "kim@example.com"}, http.StatusUnprocessableEntity, "no account of this name")
	asked := get[api.Standing](p, "POST", "/v1/cases", api.Asking{Flow: "impersonation", Account: "acct_asked", Reason: "invoice", StaffEmail: "kim@example.com"})
	if asked.Status != approval.Routing || asked.Over || asked.FromSlack || asked.Subject.ID != "acct_asked" {
		t.Errorf("%+v", asked)
	}
	own := api.Redemption{Case: asked.Case, StaffEmail: "kim@example.com"}
	p.problem("POST", "/v1/grants/redeem", own, http.StatusConflict, "isn't decided")
	p.allowed("asked")
	if now := get[api.Standing](p, "GET", "/v1/cases/asked/standing", nil); now.Status != approval.Active || now.Decision != "free tier account" {
		t.Errorf("%+v", now)
	}
	p.problem("POST", "/v1/grants/redeem", api.Redemption{Case: asked.Case, StaffEmail: "eve@example.com"}, http.StatusNotFound, "")
	p.problem("POST", "/v1/grants/redeem", api.Redemption{Case: "c1", StaffEmail: "kim@example.com"}, http.StatusNotFound, "") // that one was asked in Slack
	if opening := get[api.Opening](p, "POST", "/v1/grants/redeem", own); opening.Grant.Case != "asked" {
		t.Errorf("%+v", opening)
	}
	p.token = p.appToken("wiki")
	p.problem("POST", "/v1/grants/redeem", own, http.StatusNotFound, "")
}

func TestTheMetadataSaysWhereThingsAre(t *testing.T) {
	p := newPortal(t)
	status, answer := p.call("GET", "/.well-known/oauth-authorization-server", "", nil)
	var m map[string]any
	if status != http.StatusOK || json.Unmarshal(answer, &m) != nil || m["issuer"] != issuer || m["jwks_uri"] != issuer+"/.well-known/jwks.json" {
		t.Errorf("%d %s", status, answer)
	}
}

func TestKeysAreChangedByAnAdmin(t *testing.T) {
	p := newPortal(t)
	opening := p.redeemed("c1")
	p.problem("POST", "/v1/keys", api.Rotation{Leaked: true}, http.StatusForbidden, "has the role app")
	for _, leaked := range []bool{false, true} {
		if status, answer := p.call("POST", "/v1/keys", adminToken, api.Rotation{Leaked: leaked}); status != http.StatusNoContent {
			t.Fatalf("%d %s", status, answer)
		}
		if _, err := token.Read(opening.Token, p.public()); (err != nil) != leaked {
			t.Errorf("leaked %v: the old token: %v", leaked, err)
		}
	}
}

// listener reads the app's stream.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (p *portal) listen() *listener {
	p.t.Helper()
	return p.listenAs(p.token)
}

func (p *portal) listenAs(bearer string) *listener {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+"/v1/grants/stream", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		p.t.Fatalf("the stream is %s", kind)
	}
	return &listener{p.t, bufio.NewScanner(response.Body)}
}

// hears is that the next event is this one.
func (l *listener) hears(want string) {
	l.t.Helper()
	var event []string
	for l.lines.Scan() {
		line := l.lines.Text()
		if line == "" && len(event) > 0 {
			break
		}
		if line != "" && !strings.HasPrefix(line, ":") {
			event = append(event, line)
		}
	}
	if got := strings.Join(event, " "); got != want {
		l.t.Errorf("heard %s\nwant  %s", got, want)
	}
}

func TestTheStreamTellsOfGrants(t *testing.T) {
	p := newPortal(t)
	p.allow("c2", approval.App{Name: "wiki"})
	first := p.listen()
	first.hears(`event: running data: {"all":true,"grants":[]}`)
	p.redeemed("c1")
	first.hears(`event: running data: {"all":false,"grants":[{"case":"c1","until":"2026-11-25T13:00:00Z"}]}`)
	second := p.listen()
	second.hears(`event: running data: {"all":true,"grants":[{"case":"c1","until":"2026-11-25T13:00:00Z"}]}`)
	p.do(approval.Extend{Until: noon.Add(2 * time.Hour), By: "c9"}, "c1")
	first.hears(`event: running data: {"all":false,"grants":[{"case":"c1","until":"2026-11-25T14:00:00Z"}]}`)
	second.hears(`event: running data: {"all":false,"grants":[{"case":"c1","until":"2026-11-25T14:00:00Z"}]}`)
	p.do(approval.Release{By: approval.Person{ID: "UKIM"}}, "c1")
	first.hears(`event: ended data: {"case":"c1","end":"released"}`)
	second.hears(`event: ended data: {"case":"c1","end":"released"}`)
	third := p.listen()
	third.hears(`event: running data: {"all":true,"grants":[]}`)
	third.hears(`event: ended data: {"case":"c1","end":"released"}`)
	p.allow("c3", approval.App{Name: "portal"})
	get[api.Opening](p, "POST", "/v1/grants/redeem", api.Redemption{Code: p.link("c3"), StaffEmail: "kim@example.com"})
	p.do(approval.Bar{Why: "at once"}, "c3") // between two looks
	third.hears(`event: ended data: {"case":"c3","end":"revoked"}`)
	p.later(store.EndedKept + time.Second)
	p.listen().hears(`event: running data: {"all":true,"grants":[]}`)
}

// TestAnAppHasOnlySoManyStreams: one that was taken over can't have the bot look at
// the store for it without end.
func TestAnAppHasOnlySoManyStreams(t *testing.T) {
	p := newPortal(t)
	for range 200 {
		p.listen()
	}
	if status, answer := p.call("GET", "/v1/grants/stream", p.token, nil); status != http.StatusTooManyRequests {
		t.Errorf("%d\n%s", status, answer)
	}
	if l := p.listenAs(p.appToken("wiki")); !l.lines.Scan() {
		t.Error("another app can't listen")
	}
}

// TestARevokedAppsStreamEnds at the next thing that it would tell.
func TestARevokedAppsStreamEnds(t *testing.T) {
	p := newPortal(t)
	l := p.listen()
	l.hears(`event: running data: {"all":true,"grants":[]}`)
	all, err := p.Tokens(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	code := p.link("c1")
	get[api.Opening](p, "POST", "/v1/grants/redeem", api.Redemption{Code: code, StaffEmail: "kim@example.com"})
	l.hears(`event: running data: {"all":false,"grants":[{"case":"c1","until":"2026-11-25T13:00:00Z"}]}`)
	if err := p.RevokeToken(t.Context(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	p.do(approval.Release{By: approval.Person{ID: "UKIM"}}, "c1")
	if l.lines.Scan() {
		t.Errorf("heard %q", l.lines.Text())
	}
}
