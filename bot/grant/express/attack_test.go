package express

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

var csrf = regexp.MustCompile(`name="understudy_csrf" value="([^"]+)"`)

// token is what the banner's form proves with that it is this session's.
func (b *browser) csrf(path string) string {
	b.t.Helper()
	page := b.get(path)
	match := csrf.FindStringSubmatch(page.text)
	if match == nil {
		b.t.Fatalf("%s has no form: %d\n%s", path, page.StatusCode, page.text)
	}
	return match[1]
}

// seen is what an access log of the app has, and what it did.
func (b *browser) seen() (lines []string) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.get("/seen", "Accept", "*/*").text), &lines); err != nil {
		b.t.Fatal(err)
	}
	return lines
}

// did is how often the app carried out what changes something.
func (b *browser) did() int {
	return len(slices.DeleteFunc(b.seen(), func(line string) bool { return !strings.HasPrefix(line, "did ") }))
}

func (b *browser) refused(got answer, status int, words string) {
	b.t.Helper()
	if got.StatusCode != status || !strings.Contains(got.text, words) {
		b.t.Errorf("%d, want %d and %q:\n%s", got.StatusCode, status, words, got.text)
	}
}

func overrides(t *testing.T, bot *granttest.Bot, app string) {
	b, _ := kim(t, bot, app, "acct_1", approval.ReadOnly)
	before := b.did()
	for _, method := range []string{"DELETE", "POST", "delete"} {
		if got := b.get("/do?_method=" + method); got.StatusCode < 400 {
			t.Errorf("%s: %d", method, got.StatusCode)
		}
	}
	if got := b.get("/do?_method=HEAD"); got.StatusCode != http.StatusOK || b.did() != before+1 {
		t.Errorf("%d, done %d times", got.StatusCode, b.did()-before)
	}
}

func codes(t *testing.T, bot *granttest.Bot, app string) {
	code := bot.Code(allowed(t, bot, "acct_1", approval.ReadOnly))
	b := signIn(t, app, granttest.Kim)
	b.get("/understudy/open?code=" + code)
	for _, line := range b.seen() {
		if strings.Contains(line, code) {
			t.Errorf("the log has the code: %s", line)
		}
	}
	for _, query := range []string{"code[]=x", "code[toString]=x", "__proto__[code]=x", "code=%00", "code=" + strings.Repeat("x", 201)} {
		if got := signIn(t, app, granttest.Kim).get("/understudy/open?" + query); got.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", query, got.StatusCode)
		}
	}
}

func keeps(t *testing.T, bot *granttest.Bot, app string) {
	b, _ := kim(t, bot, app, "acct_1", approval.ReadOnly)
	const acting = `{"staff":"kim@example.com","basket":["kept"],"actor":{"email":"kim@example.com","name":"Kim <b>Berg</b>"},"subject":{"id":"acct_1","name":"Acme"},"minutes":120}`
	if got := b.get("/me").text; got != acting {
		t.Errorf("while acting: %s", got)
	}
	at, err := url.Parse(app)
	if err != nil {
		t.Fatal(err)
	}
	old := b.Jar.Cookies(at)
	b.post("/understudy/end", url.Values{"understudy_csrf": {b.csrf("/whole")}})
	if got := b.get("/me").text; got != `{"staff":"kim@example.com","basket":["kept"],"minutes":120}` {
		t.Errorf("afterwards: %s", got)
	}
	b.Jar.SetCookies(at, old)
	if got := b.get("/me").text; strings.Contains(got, "kim") {
		t.Errorf("the session of before is there still: %s", got)
	}
}

func robots(t *testing.T, bot *granttest.Bot, app string) {
	id := allowed(t, bot, "acct_1", approval.ReadOnly)
	code := bot.Code(id)
	b := signIn(t, app, granttest.Kim)
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodPost} {
		b.do(method, "/understudy/open?code="+code, "")
	}
	if !bot.Case(id).Grant.OpenedAt.IsZero() {
		t.Error("it was opened")
	}
	if got := b.get("/understudy/open?code=" + code); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the code is used up: %d", got.StatusCode)
	}
}

func hooks(t *testing.T, bot *granttest.Bot, app string) {
	b, _ := kim(t, bot, app, "acct_1", approval.FullAccess)
	before := b.did()
	b.get("/trouble?is=staffEmail")
	if got := b.post("/do", nil); got.StatusCode != http.StatusInternalServerError {
		t.Errorf("nobody knows who is signed in: %d", got.StatusCode)
	}
	other := signIn(t, app, granttest.Eve) // has no grant, so that the hook isn't asked
	for trouble, status := range map[string]int{"isStaffAccount": http.StatusInternalServerError, "no+answer": http.StatusForbidden} {
		other.get("/trouble?is=" + trouble)
		id := allowed(t, bot, "acct_"+trouble, approval.ReadOnly)
		c := signIn(t, app, granttest.Kim)
		if got := c.get("/understudy/open?code=" + bot.Code(id)); got.StatusCode != status {
			t.Errorf("%s: %d", trouble, got.StatusCode)
		}
		if got := c.get("/me").text; strings.Contains(got, "subject") {
			t.Errorf("%s: %s", trouble, got)
		}
	}
	other.get("/trouble")
	if got := b.get("/me").text; b.did() != before || !strings.Contains(got, "acct_1") {
		t.Errorf("when it is mended: %s", got)
	}
}

func otherFlows(t *testing.T, bot *granttest.Bot, app string) {
	b, _ := kim(t, bot, app, "acct_1", approval.FullAccess)
	if got := b.get("/accounts/acct_1"); got.StatusCode != http.StatusOK {
		t.Errorf("by its own flow: %d", got.StatusCode)
	}
	b.refused(b.get("/other/acct_1"), http.StatusForbidden, "two customers")
	b.refused(b.do(http.MethodPut, "/accounts/acct_2", ""), http.StatusForbidden, "Nothing was")
	if got := b.get("/none"); got.StatusCode != http.StatusInternalServerError {
		t.Errorf("a page of no account: %d", got.StatusCode)
	}
}

func markup(t *testing.T, _ *granttest.Bot, app string) {
	b := signIn(t, app, granttest.Kim)
	got := b.get("/accounts/" + url.PathEscape(`"><script>alert(1)</script>`) + "?x=%22%3E<script>")
	b.refused(got, http.StatusForbidden, "Access needed")
	if strings.Contains(got.text, "<script") || !strings.Contains(got.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%v\n%s", got.Header, got.text)
	}
}

func methods(t *testing.T, bot *granttest.Bot, app string) {
	b, _ := kim(t, bot, app, "acct_1", approval.FullAccess)
	before := b.did()
	for _, method := range []string{"PROPFIND", "TRACE", "MOVE"} {
		b.refused(b.do(method, "/do", ""), http.StatusForbidden, method)
	}
	if b.did() != before {
		t.Error("it was done")
	}
}

func deeds(t *testing.T, bot *granttest.Bot, app string) {
	b, id := kim(t, bot, app, "acct_1", approval.FullAccess)
	b.do(http.MethodPut, "/do?card=4711", "")
	b.post("/password", nil)
	b.do(http.MethodPatch, "/nothing/"+strings.Repeat("%C3%9F", 200), "")
	b.post("/understudy/end", url.Values{"understudy_csrf": {b.csrf("/whole")}})
	told := bot.Deeds(id)
	if len(told) != 2 || told[0].Path != "/do" || told[0].Status != 200 || told[1].Status != 404 || len(told[1].Path) != 300 {
		t.Errorf("%+v", told)
	}
}

// late is all that may come after the end: from another tab, from a script, again.
func late(t *testing.T, bot *granttest.Bot, app string) {
	b, id := kim(t, bot, app, "acct_1", approval.FullAccess)
	before := b.did()
	bot.Do(id, approval.Bar{Why: "called back"})
	for began := time.Now(); strings.Contains(b.get("/me", "Accept", "*/*").text, "acct_1"); { // a script, which tells nobody
		if time.Since(began) > 2*time.Second {
			t.Fatal("the end isn't heard of")
		}
	}
	for _, path := range []string{"/export", "/password", "/accounts/acct_1"} {
		b.refused(b.get(path, "Accept", "*/*"), http.StatusForbidden, "has ended")
	}
	for range 2 { // it is sent, and sent again
		b.refused(b.post("/do", nil), http.StatusForbidden, "has ended")
	}
	if b.did() != before {
		t.Error("it was done as oneself")
	}
	if got := b.get("/whole"); !strings.Contains(got.text, "a line") || strings.Contains(got.text, "understudy-banner") {
		t.Errorf("who was told goes on: %s", got.text)
	}
	if got := b.post("/do", nil); got.StatusCode != http.StatusOK || b.did() != before+1 {
		t.Errorf("as oneself: %d", got.StatusCode)
	}
}

func programs(t *testing.T, bot *granttest.Bot, app string) {
	b, _ := kim(t, bot, app, "acct_1", approval.ReadOnly)
	got := b.do(http.MethodPost, "/do", "{}", "Accept", "application/json", "Content-Type", "application/json")
	if got.Header.Get("Content-Type") != "application/problem+json" || got.text != `{"title":"You only look","status":403,"detail":"Your access to Acme is read-only. Nothing was changed."}` {
		t.Errorf("%v %s", got.Header, got.text)
	}
}

func mounted(t *testing.T, bot *granttest.Bot, app string) {
	b := signIn(t, app, granttest.Kim)
	id := allowed(t, bot, "acct_1", approval.ReadOnly)
	got := b.get("/sub/understudy/open?code=" + bot.Code(id))
	if got.Header.Get("Location") != "/sub/" {
		t.Fatalf("%d to %s", got.StatusCode, got.Header.Get("Location"))
	}
	if got := b.get("/sub/"); !strings.Contains(got.text, "acct_1") || !strings.Contains(got.text, `action="/sub/understudy/end"`) {
		t.Errorf("%s", got.text)
	}
}

// forms that the app has read are as good, and as little believed.
func forms(t *testing.T, bot *granttest.Bot, app string) {
	b, id := kim(t, bot, app, "acct_1", approval.ReadOnly)
	token := b.csrf("/whole")
	end := func(form url.Values) answer {
		return b.do(http.MethodPost, "/understudy/end", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "X-Read-Before", "yes")
	}
	for _, form := range []url.Values{
		{"understudy_csrf": {strings.Repeat("x", len(token))}}, {"understudy_csrf[]": {token}}, {"understudy_csrf": {token, token}}, {"understudy_csrf[x]": {token}},
		{"__proto__[understudy_csrf]": {token}}, {"constructor[prototype][understudy_csrf]": {token}},
	} {
		b.refused(end(form), http.StatusForbidden, "by no page of this session")
	}
	if got := end(url.Values{"understudy_csrf": {token}}); got.StatusCode != http.StatusSeeOther || bot.Case(id).Grant.End != approval.Released {
		t.Errorf("%d, the grant's end: %q", got.StatusCode, bot.Case(id).Grant.End)
	}
}
