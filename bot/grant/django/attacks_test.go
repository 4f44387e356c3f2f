package django_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/flows/approval"
)

const (
	readOnly = approval.ReadOnly
	full     = approval.FullAccess
)

// TestAttacks is what the suite of all middleware doesn't try, with one app.
func TestAttacks(t *testing.T) {
	t.Parallel()
	b := newBetween(t)
	kim, early := b.opens(t, full)
	kim.do(http.MethodPost, "/invoices/7/void", url.Values{})
	for _, one := range []struct {
		name string
		test func(*testing.T, *between)
	}{
		{"tokens that are no good", badTokens},
		{"clocks that differ", clocks},
		{"the next token", refreshes},
		{"the bot sends the app elsewhere", elsewhere},
		{"the stream was away", streamAway},
		{"a list that was made before", staleList},
		{"the banner on pages of all sorts", banners},
		{"a banner for pages, and none in their parts", parts},
		{"methods that aren't what they seem", methods},
		{"a double click after the end", doubleClick},
		{"a script's request after the end", scripts},
		{"the session's id", fixation},
		{"an end that the bot isn't told of", endAlone},
		{"forms of before", oldForms},
		{"the app's forms of before", appForms},
		{"a grant by another flow", otherFlow},
		{"looking at addresses that change something", looking},
		{"the code while somebody signs in", codes},
		{"many at once", manyAtOnce},
		{"what streams ends with the grant", lasting},
		{"an end that the stream doesn't tell", endUnheard},
		{"a GET that does something, after the end", lateScripts},
		{"pages that hide what they are", disguised},
		{"a page that is nothing but bodies", bodies},
		{"cookies of a host with TLS", hostCookies},
		{"an account of which nothing is known", unknown},
		{"no deed hides another", hiddenDeeds},
		{"deeds are told soon", func(t *testing.T, b *between) {
			soon(t, "the bot is told", func() bool { return len(b.bot.Deeds(early)) == 1 })
		}},
		{"what the bot doesn't hear at first", lastDeeds}, // it ends the app
	} {
		t.Run(one.name, func(t *testing.T) { one.test(t, b) })
	}
	for _, secret := range []string{"eyJ", b.bot.Token, "Traceback"} {
		if strings.Contains(b.app.log(), secret) {
			t.Errorf("the app's log has %q", secret)
		}
	}
}

func badTokens(t *testing.T, b *between) {
	encode := base64.RawURLEncoding.EncodeToString
	with := func(change func(*token.Claims)) func(token.Claims) string {
		return func(c token.Claims) string {
			change(&c)
			return b.sign(c)
		}
	}
	forged := func(header string, sign func(head string) []byte) func(token.Claims) string {
		return func(c token.Claims) string {
			body, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			head := encode([]byte(header)) + "." + encode(body)
			return head + "." + encode(sign(head))
		}
	}
	public, err := b.bot.Keys.Public(time.Now())
	if err != nil || len(public.Keys) == 0 {
		t.Fatal(err)
	}
	first := public.Keys[0].KeyID
	nothing := func(string) []byte { return nil }
	second := func(head string) []byte { return ed25519.Sign(b.second, []byte(head)) }
	mac := func(head string) []byte {
		key, _ := public.Keys[0].Key.(ed25519.PublicKey)
		h := hmac.New(sha256.New, key)
		h.Write([]byte(head))
		return h.Sum(nil)
	}
	brought, err := json.Marshal(jose.JSONWebKey{Key: b.second.Public(), KeyID: first, Algorithm: "EdDSA"})
	if err != nil {
		t.Fatal(err)
	}
	header := func(alg, typ, kid, more string) string {
		return fmt.Sprintf(`{"alg":%q,"typ":%q,"kid":%q%s}`, alg, typ, kid, more)
	}
	b.forges(t, forged(header("EdDSA", token.Type, secondKey, ""), second))
	b.opens(t, full) // as long as nothing is wrong with it
	for name, forge := range map[string]func(token.Claims) string{
		"no token":                   func(token.Claims) string { return "a.b.c" },
		"alg none":                   forged(header("none", token.Type, first, ""), nothing),
		"alg None":                   forged(header("None", token.Type, first, ""), nothing),
		"EdDSA, and no signature":    forged(header("EdDSA", token.Type, first, ""), nothing),
		"HMAC with the public key":   forged(header("HS256", token.Type, first, ""), mac),
		"another key's signature":    forged(header("EdDSA", token.Type, first, ""), second),
		"a key that isn't there":     forged(header("EdDSA", token.Type, "guessed", ""), second),
		"another such key":           forged(header("EdDSA", token.Type, "guessed too", ""), second),
		"a third one":                forged(header("EdDSA", token.Type, "a third one", ""), second),
		"a fourth one":               forged(header("EdDSA", token.Type, "a fourth one", ""), second),
		"a fifth one":                forged(header("EdDSA", token.Type, "a fifth one", ""), second),
		"no key":                     forged(`{"alg":"EdDSA","typ":"understudy-grant+jwt"}`, second),
		"a key that is a list":       forged(`{"alg":"EdDSA","typ":"understudy-grant+jwt","kid":["second"]}`, second),
		"a key that is brought":      forged(header("EdDSA", token.Type, first, `,"jwk":`+string(brought)), second),
		"something critical":         forged(header("EdDSA", token.Type, secondKey, `,"crit":["x"],"x":1`), second),
		"of another type":            forged(header("EdDSA", "JWT", secondKey, ""), second),
		"of no type":                 forged(`{"alg":"EdDSA","kid":"second"}`, second),
		"for another app":            with(func(c *token.Claims) { c.Audience = jwt.Audience{"wiki"} }),
		"for several apps":           with(func(c *token.Claims) { c.Audience = jwt.Audience{granttest.App, "wiki"} }),
		"of another bot":             with(func(c *token.Claims) { c.Issuer = "https://evil.example" }),
		"over":                       with(func(c *token.Claims) { c.Expiry = date(-31 * time.Second) }),
		"over, of a grant that is":   with(func(c *token.Claims) { c.Until = date(-31 * time.Second) }),
		"of the future":              with(func(c *token.Claims) { c.NotBefore = date(35 * time.Second) }),
		"made in the future":         with(func(c *token.Claims) { c.IssuedAt = date(35 * time.Second) }),
		"of somebody else":           with(func(c *token.Claims) { c.Actor.Subject = granttest.Eve }),
		"of somebody for themselves": with(func(c *token.Claims) { c.Subject = c.Actor.Subject }),
		"for nobody":                 with(func(c *token.Claims) { c.Subject = "" }),
		"of no case":                 with(func(c *token.Claims) { c.Case = "" }),
		"with a scope nobody knows":  with(func(c *token.Claims) { c.Scope = "admin" }),
		"without a scope":            with(func(c *token.Claims) { c.Scope = "" }),
		"without an end":             with(func(c *token.Claims) { c.Expiry = nil }),
	} {
		b.forges(t, forge)
		kim, _, got := b.tries(t, full)
		if got.status != http.StatusBadGateway || !strings.Contains(got.text, "couldn&#x27;t be verified") {
			t.Errorf("%s: %d:\n%s", name, got.status, got.text)
		}
		kim.is("kim@example.com")
	}
	if times := b.called(keys); times > 4 { // the first time, when the app began to listen, and twice a minute at most
		t.Errorf("the keys were fetched %d times", times)
	}
}

func date(from time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(time.Now().Add(from)) }

func clocks(t *testing.T, b *between) {
	for _, ahead := range []time.Duration{-25 * time.Second, 25 * time.Second} {
		b.forges(t, func(c token.Claims) string {
			c.IssuedAt, c.NotBefore, c.Expiry = date(ahead), date(ahead), date(ahead+token.Life)
			return b.sign(c)
		})
		b.opens(t, readOnly)
	}
}

// ending is a forged token that is over so much later.
func (b *between) ending(in time.Duration) func(token.Claims) string {
	return func(c token.Claims) string {
		c.Expiry = date(in)
		return b.sign(c)
	}
}

func refreshes(t *testing.T, b *between) {
	answers := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	over := func(kim *browser) bool {
		who, _ := kim.page()
		return strings.Contains(who, "Your access to Acme has ended.")
	}

	b.forges(t, b.ending(55*time.Second))
	before := b.called(refresh)
	kim, _ := b.opens(t, readOnly)
	kim.is(kim.acting)
	if times := b.called(refresh) - before; times != 1 {
		t.Errorf("the next token was asked for %d times", times)
	}

	b.answers(t, refresh, answers(http.StatusInternalServerError, "oh"))
	before = b.called(refresh)
	kim, _ = b.opens(t, readOnly)
	kim.is(kim.acting)
	if times := b.called(refresh) - before; times != 1 {
		t.Errorf("a bot that fails was asked %d times at once", times)
	}

	for name, answer := range map[string]string{"no JSON": "<html>", "no token": "{}", "a list": "[]", "no text": `{"token": 7}`} {
		b.answers(t, refresh, answers(http.StatusOK, answer))
		kim, _, got := b.tries(t, readOnly)
		if who, _ := kim.page(); got.status != http.StatusSeeOther || who != kim.acting && !strings.Contains(who, "has ended") {
			t.Errorf("%s: %d, %s", name, got.status, who)
		}
	}

	b.forges(t, b.ending(-28*time.Second)) // within what clocks may differ by
	b.answers(t, refresh, answers(http.StatusBadGateway, ""))
	kim, _ = b.opens(t, readOnly)
	soon(t, "a token that can't be refreshed is over", func() bool { return over(kim) })
	kim.is("kim@example.com")

	b.answers(t, refresh, answers(http.StatusGone, `{"title": "Access ended", "detail": "It is over."}`))
	kim, _, _ = b.tries(t, readOnly)
	if !over(kim) {
		t.Error("the bot said no, and the grant goes on")
	}
	kim.is("kim@example.com")

	other := b.sign(token.Claims{
		Claims: jwt.Claims{Issuer: b.bot.URL, Subject: "acct_else", Audience: jwt.Audience{granttest.App}, ID: "j", IssuedAt: date(0), NotBefore: date(0), Expiry: date(token.Life)},
		Actor:  token.Actor{Subject: granttest.Kim}, Scope: token.ScopeFull, Case: "c", Session: "s", Until: date(time.Hour), Flow: "impersonation",
	})
	b.answers(t, refresh, answers(http.StatusOK, fmt.Sprintf(`{"token": %q}`, other)))
	kim, _, _ = b.tries(t, readOnly)
	if !over(kim) {
		t.Error("the bot answered with another grant, and it was taken")
	}
}

func elsewhere(t *testing.T, b *between) {
	evil := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the app followed to %s with %q", r.URL, r.Header.Get("Authorization"))
	}))
	defer evil.Close()
	for _, status := range []int{http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect} {
		b.answers(t, redeem, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, evil.URL, status) })
		if got := b.kim(t).get("/understudy/open?code=x"); got.status != http.StatusServiceUnavailable {
			t.Errorf("%d: %d", status, got.status)
		}
	}
}

func streamAway(t *testing.T, b *between) {
	kim, id := b.opens(t, readOnly)
	goesOn, _ := b.opens(t, readOnly)
	connected := b.called(stream)
	b.answers(t, stream, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	b.cut()
	soon(t, "the app hears nothing any more, and tries again", func() bool { return b.called(stream) > connected })
	b.bot.Do(id, approval.Bar{Why: "called back"})
	late, _ := b.opens(t, readOnly)
	kim.is(kim.acting) // nothing has told the app
	b.asBefore(stream)
	soon(t, "the list of all ends what isn't on it", func() bool { who, _ := kim.page(); return who == "kim@example.com" })
	goesOn.is(goesOn.acting)
	late.is(late.acting)
}

// staleList is a list of all that run which was made before a grant was opened,
// and arrives after it.
func staleList(t *testing.T, b *between) {
	asked, go1, go2 := make(chan struct{}, 100), make(chan struct{}), make(chan struct{})
	b.answers(t, stream, func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-go1:
		case <-r.Context().Done():
			return
		}
		fmt.Fprint(w, "event: running\ndata: {\"all\":true,\"grants\":[]}\n\nevent: running\ndata: {\"all\":false,\"grants\":[{\"case\":\"heard\"}]}\n\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-go2:
		case <-r.Context().Done():
		}
	})
	b.cut()
	<-asked
	kim, _ := b.opens(t, readOnly)
	close(go1)
	for range 20 { // while the list arrives
		kim.is(kim.acting)
	}
	close(go2) // the next list was asked for after the opening
	soon(t, "a later list ends it", func() bool { who, _ := kim.page(); return who == "kim@example.com" })
	b.asBefore(stream)
	b.cut()
	again := b.called(stream)
	soon(t, "the app hears the bot again", func() bool { return b.called(stream) > again })
}

func banners(t *testing.T, b *between) {
	kim, _ := b.opens(t, readOnly)
	for kind, want := range map[string]struct {
		status int
		before string // what comes right before the banner
	}{
		"streamed": {200, `class=x>`}, "file": {200, `class=x>`}, "missing": {404, `class=x>`}, "bodiless": {200, "</title>\n"}, "text": {200, ""}, "compressed": {500, "color:#1d1c1d\">"},
	} {
		got := kim.get("/odd/"+kind, "Accept-Encoding", "gzip", "If-None-Match", `"x"`, "If-Modified-Since", "Wed, 25 Nov 2099 22:00:00 GMT", "Range", "bytes=50-")
		at := strings.Index(got.text, `<div id="understudy-banner"`)
		if got.status != want.status || at < 0 || !strings.HasSuffix(got.text[:at], want.before) || strings.Count(got.text, "understudy-banner") != 1 {
			t.Errorf("%s: %d:\n%s", kind, got.status, got.text)
		}
		if !strings.Contains(got.text, "page") {
			t.Errorf("%s: the page itself is lost:\n%s", kind, got.text)
		}
		for _, word := range []string{"no-store", "private"} {
			if cache := got.header.Get("Cache-Control"); !strings.Contains(cache, word) || strings.Contains(cache, "public") {
				t.Errorf("%s: Cache-Control: %s", kind, cache)
			}
		}
	}
	if got := kim.get("/odd/json"); !strings.Contains(got.header.Get("Cache-Control"), "no-store") || got.text != `{"who": "kim@example.com"}` {
		t.Errorf("JSON: %s\n%s", got.header.Get("Cache-Control"), got.text)
	}
	if got := kim.get("/odd/empty"); got.text != "" { // as of 204
		t.Errorf("an answer without content:\n%s", got.text)
	}
	me := b.kim(t)
	if got := me.get("/odd/streamed"); strings.Contains(got.text, "understudy") || strings.Contains(got.header.Get("Cache-Control"), "no-store") {
		t.Errorf("as oneself: %s\n%s", got.header.Get("Cache-Control"), got.text)
	}
}

func parts(t *testing.T, b *between) {
	kim, _ := b.opens(t, readOnly)
	if got := kim.get("/odd/text", "Sec-Fetch-Mode", "cors"); strings.Contains(got.text, "understudy") {
		t.Errorf("a part of a page:\n%s", got.text)
	}
	if got := kim.get("/odd/streamed", "Sec-Fetch-Mode", "cors"); !strings.Contains(got.text, "understudy-banner") { // a script may show it as a page
		t.Errorf("a page that a script asked for:\n%s", got.text)
	}
}

func methods(t *testing.T, b *between) {
	kim, _ := b.opens(t, readOnly)
	_, before := kim.page()
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Other-Override"} {
		if got := kim.get("/invoices/7/void", header, "POST"); got.status != http.StatusForbidden {
			t.Errorf("GET with %s: %d", header, got.status)
		}
		if got := kim.do(http.MethodPost, "/invoices/7/void", url.Values{}, header, "GET"); got.status != http.StatusForbidden {
			t.Errorf("POST with %s: %d", header, got.status)
		}
	}
	if got := kim.do(http.MethodHead, "/export", nil); got.status != http.StatusForbidden {
		t.Errorf("HEAD of what is dangerous: %d", got.status)
	}
	if got := kim.do("get", "/invoices/7/void", nil); got.status == http.StatusOK {
		t.Errorf("a method in small letters: %d", got.status)
	}
	if _, after := kim.page(); after != before {
		t.Errorf("voided %s, before %s", after, before)
	}
	all, _ := b.opens(t, full)
	if got := all.do("PROPFIND", "/invoices/7/void", nil); got.status != http.StatusMethodNotAllowed {
		t.Errorf("what can't be told of: %d", got.status)
	}
	if got := all.do(http.MethodOptions, "/password", nil); got.status != http.StatusForbidden {
		t.Errorf("OPTIONS of what is never for them: %d", got.status)
	}
}

// revoked is an app that has heard that Kim's grant has ended, and her browser
// that hasn't.
func revoked(t *testing.T, b *between) *browser {
	kim, id := b.opens(t, full)
	other := b.kim(t)
	other.get("/understudy/open?code=" + b.bot.Code(id))
	b.bot.Do(id, approval.Bar{Why: "called back"})
	soon(t, "the app hears the end", func() bool { who, _ := other.page(); return who != kim.acting })
	return kim
}

func doubleClick(t *testing.T, b *between) {
	kim := revoked(t, b)
	_, before := b.kim(t).page()
	for range 2 {
		if got := kim.do(http.MethodPost, "/invoices/7/void", url.Values{}); got.status != http.StatusForbidden || !strings.Contains(got.text, "has ended") {
			t.Errorf("%d:\n%s", got.status, got.text)
		}
	}
	if got := kim.get("/"); got.status != http.StatusOK || !strings.Contains(got.text, "Your access to Acme has ended.") || !strings.Contains(got.header.Get("Cache-Control"), "no-store") {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	if who, after := kim.page(); who != "kim@example.com" || after != before {
		t.Errorf("the app says %s, voided %s, before %s", who, after, before)
	}
	if got := kim.do(http.MethodPost, "/invoices/7/void", url.Values{}); got.status != http.StatusSeeOther {
		t.Errorf("once they know, in their own name: %d", got.status)
	}
}

func scripts(t *testing.T, b *between) {
	kim := revoked(t, b)
	if got := kim.get("/odd/json", "Sec-Fetch-Mode", "cors"); !strings.Contains(got.text, "null") {
		t.Errorf("a script is told %s", got.text)
	}
	if got := kim.get("/odd/json", "Accept", "application/json"); !strings.Contains(got.text, "null") {
		t.Errorf("a script is told %s", got.text)
	}
	if got := kim.do(http.MethodPost, "/invoices/7/void", url.Values{}); got.status != http.StatusForbidden {
		t.Errorf("what was sent from a page of before: %d", got.status)
	}
	kim.get("/sign-in?staff="+granttest.Eve, "Sec-Fetch-Mode", "cors")
	if got := kim.get("/"); strings.Contains(got.text, "Acme") || !strings.Contains(got.text, granttest.Eve) {
		t.Errorf("another person is told of Kim's customer:\n%s", got.text)
	}
}

// fixation looks at the session's cookie alone: Django's secret for forms changes
// as well.
func fixation(t *testing.T, b *between) {
	address, err := url.Parse(b.app.url)
	if err != nil {
		t.Fatal(err)
	}
	kim := b.kim(t)
	session := func() string {
		for _, c := range kim.http.Jar.Cookies(address) {
			if c.Name == "sessionid" {
				return c.Value
			}
		}
		return ""
	}
	use := func(id string) answer {
		return b.nobody(t).get("/", "Cookie", "sessionid="+id)
	}
	before := session()
	id, account := b.allowed(readOnly)
	kim.get("/understudy/open?code=" + b.bot.Code(id))
	during := session()
	if got := use(before); strings.Contains(got.text, account) {
		t.Error("whoever knew the session before acts as the customer now")
	}
	if got := use(during); !strings.Contains(got.text, account) {
		t.Errorf("the session of the customer:\n%s", got.text)
	}
	kim.do(http.MethodPost, "/understudy/end", kim.secret("/"))
	if after := session(); after == during || after == before {
		t.Error("the session is the same after the end")
	}
	if got := use(during); strings.Contains(got.text, granttest.Kim) {
		t.Errorf("whoever knew the session during it is Kim now:\n%s", got.text)
	}
}

func endAlone(t *testing.T, b *between) {
	kim, id := b.opens(t, readOnly)
	b.answers(t, revoke, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	if got := kim.do(http.MethodPost, "/understudy/end", kim.secret("/")); got.status != http.StatusOK || !strings.Contains(got.text, "end it in Slack as well") || strings.Contains(got.text, "banner") {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	kim.is("kim@example.com")
	if status := b.bot.Case(id).Status; status != approval.Active {
		t.Errorf("the grant is %s", status)
	}
}

func oldForms(t *testing.T, b *between) {
	kim := b.kim(t)
	asking := kim.secret("/accounts/acct_x")
	id, _ := b.allowed(readOnly)
	kim.get("/understudy/open?code=" + b.bot.Code(id))
	for _, form := range []url.Values{asking, {}} {
		if got := kim.do(http.MethodPost, "/understudy/end", form); got.status != http.StatusForbidden {
			t.Errorf("a form of before the opening: %d", got.status)
		}
	}
	other, _ := b.opens(t, readOnly)
	if got := kim.do(http.MethodPost, "/understudy/end", other.secret("/")); got.status != http.StatusForbidden {
		t.Errorf("a form of another session: %d", got.status)
	}
	ending := kim.secret("/")
	if got := kim.do(http.MethodPost, "/understudy/end?"+ending.Encode(), url.Values{}); got.status != http.StatusForbidden {
		t.Errorf("the secret in the address: %d", got.status)
	}
	if got := kim.do(http.MethodPost, "/understudy/ask", ending); got.status != http.StatusConflict {
		t.Errorf("asking as a customer: %d", got.status)
	}
	if got := kim.do(http.MethodPost, "/understudy/end", ending); got.status != http.StatusSeeOther || got.header.Get("Location") != "/" {
		t.Errorf("the end: %d to %q", got.status, got.header.Get("Location"))
	}
	if got := kim.do(http.MethodPost, "/understudy/end", ending); got.status != http.StatusForbidden {
		t.Errorf("the form of before once more: %d", got.status)
	}
}

// appForms are the app's own, with Django's secret: what was filled in as one
// person isn't sent as another.
func appForms(t *testing.T, b *between) {
	kim := b.kim(t)
	send := func(secret string) int {
		return kim.do(http.MethodPost, "/form", url.Values{"csrfmiddlewaretoken": {secret}}).status
	}
	own := kim.get("/form").text
	if status := send(own); status != http.StatusOK {
		t.Fatalf("as oneself: %d", status)
	}
	id, _ := b.allowed(full)
	kim.get("/understudy/open?code=" + b.bot.Code(id))
	if status := send(own); status != http.StatusForbidden {
		t.Errorf("a form of before, as the customer: %d", status)
	}
	acting := kim.get("/form").text
	if status := send(acting); status != http.StatusOK {
		t.Errorf("as the customer: %d", status)
	}
	kim.do(http.MethodPost, "/understudy/end", kim.secret("/"))
	if status := send(acting); status != http.StatusForbidden {
		t.Errorf("the customer's form, as oneself: %d", status)
	}
}

func otherFlow(t *testing.T, b *between) {
	b.forges(t, func(c token.Claims) string {
		c.Flow = "viewing"
		return b.sign(c)
	})
	kim, id := b.opens(t, readOnly)
	if got := kim.get("/accounts/" + b.bot.Case(id).Account.ID); got.status != http.StatusForbidden {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
}

func looking(t *testing.T, b *between) {
	kim, id := b.opens(t, readOnly)
	form := kim.secret("/")
	for path, method := range map[string]string{"/understudy/end?" + form.Encode(): "GET", "/understudy/ask?" + form.Encode(): "GET", "/understudy/end": "PUT", "/understudy/open?code=x": "POST", "/understudy/wait?case=x": "POST"} {
		if got := kim.do(method, path, nil); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
			t.Errorf("%s %s: %d", method, path, got.status)
		}
	}
	kim.is(kim.acting)
	me, code := b.kim(t), b.bot.Code(id)
	if got := me.do(http.MethodHead, "/understudy/open?code="+code, nil); got.status != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %d", got.status)
	}
	if got := me.get("/understudy/open?code=" + code); got.status != http.StatusSeeOther {
		t.Errorf("HEAD used the code up: %d", got.status)
	}
}

func codes(t *testing.T, b *between) {
	id, account := b.allowed(readOnly)
	code := b.bot.Code(id)
	kim := b.kim(t)
	kim.get("/sign-out")
	got := kim.get("/understudy/open?code=" + code)
	if strings.Contains(got.header.Get("Location"), code) || got.header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(got.header.Get("Cache-Control"), "no-store") {
		t.Errorf("to %s, %v", got.header.Get("Location"), got.header)
	}
	if cookie := got.header.Get("Set-Cookie"); !strings.Contains(cookie, code) || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("Set-Cookie: %s", cookie)
	}
	kim.get("/sign-in?staff=" + granttest.Kim)
	if got := kim.get("/understudy/open"); got.status != http.StatusSeeOther || !strings.Contains(strings.Join(got.header.Values("Set-Cookie"), "\n"), "Max-Age=0") {
		t.Errorf("%d, %v", got.status, got.header)
	}
	kim.is("kim@example.com as " + account + " (read_only)")
}

// manyAtOnce is a page whose many requests come together, while the token is
// renewed, and then while the grant ends.
func manyAtOnce(t *testing.T, b *between) {
	b.forges(t, b.ending(50*time.Second))
	kim, id := b.opens(t, full)
	form := kim.secret("/")
	const many = 16
	together(many, func(int) {
		if got := kim.do(http.MethodPost, "/invoices/7/void", url.Values{}); got.status != http.StatusSeeOther {
			t.Errorf("%d:\n%s", got.status, got.text)
		}
	})
	together(many, func(i int) {
		method, path := http.MethodGet, "/"
		if i == many/2 {
			method, path = http.MethodPost, "/understudy/end"
		}
		if got := kim.do(method, path, form); got.status >= http.StatusInternalServerError {
			t.Errorf("%d:\n%s", got.status, got.text)
		}
	})
	if told := len(b.bot.Deeds(id)); told != many {
		t.Errorf("the bot was told of %d", told)
	}
	if who, _ := kim.page(); who == kim.acting {
		t.Error("the end was lost")
	}
}

func together(many int, do func(int)) {
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// lastDeeds are what the bot doesn't hear at first, and hears when the app exits.
func lastDeeds(t *testing.T, b *between) {
	kim, id := b.opens(t, full)
	b.answers(t, deeds, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	before := b.called(deeds)
	kim.do(http.MethodPost, "/invoices/7/void?card=4711", url.Values{})
	kim.do(http.MethodDelete, "/gr%C3%BC%C3%9Fe%0A/"+strings.Repeat("x", 400), nil)
	kim.do(http.MethodPost, "/understudy/end", kim.secret("/"))
	if b.called(deeds) == before {
		t.Error("the end didn't have them told")
	}
	b.asBefore(deeds)
	b.app.stop(t)
	told := b.bot.Deeds(id)
	if len(told) != 2 || told[0].Path != "/invoices/7/void" || told[0].Status != http.StatusSeeOther || told[1].Method != http.MethodDelete || told[1].Status != http.StatusNotFound || !strings.HasPrefix(told[1].Path, "/gr%C3%BC%C3%9Fe%0A/xx") {
		t.Errorf("%+v", told)
	}
}
