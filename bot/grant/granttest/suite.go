package granttest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Run holds an app, which serves at this address for this bot, to all that a
// middleware does.
func Run(t *testing.T, bot *Bot, app string) {
	s := &suite{bot: bot, app: app}
	for _, one := range []struct {
		name string
		test func(*testing.T)
	}{
		{"a link lets its person in", s.opens},
		{"a page's policy", s.policies},
		{"who isn't signed in signs in first", s.signsIn},
		{"a link of somebody else", s.stolen},
		{"a link that was used", s.used},
		{"a fresh sign-in", s.fresh},
		{"a sign-in that isn't fresh", s.stale},
		{"a sign-in that isn't known", s.unknown},
		{"somebody else signs in anew", s.freshAnother},
		{"asking in the app without a fresh sign-in", s.staleAsks},
		{"the code isn't passed on", s.codes},
		{"the session is another one", s.fixation},
		{"read-only", s.readOnly},
		{"full access", s.full},
		{"what the customer alone may do", s.never},
		{"names are text", s.names},
		{"end now", s.ends},
		{"another site's form", s.forged},
		{"a revoked grant", s.revoked},
		{"what was meant as the customer isn't done as oneself", s.late},
		{"one customer at a time", s.nested},
		{"a member of staff isn't a customer", s.staff},
		{"somebody else signs in", s.another},
		{"the bot is away", s.away},
		{"new keys", s.keys},
		{"leaked keys", s.leaked},
		{"asking in the app", s.asks},
		{"a denial in the app", s.denied},
		{"another's request", s.othersRequest},
		{"no way to other sites", s.redirects},
		{"a page that needs a grant", s.guarded},
		{"others' letters are others", s.letters},
		{"only a click uses a link", s.clicks},
		{"what looks like looking", s.sneaks},
		{"an end is one everywhere", s.endedTwice},
		{"the app's form on another site's page", s.elsewhere},
	} {
		t.Run(one.name, one.test)
	}
}

type suite struct {
	bot *Bot
	app string
	n   int
}

// kim signs in, and opens a grant for an account of this name.
func (s *suite) kim(t *testing.T, scope approval.Scope) (b *browser, id, account string) {
	t.Helper()
	s.n++
	account = fmt.Sprint("acct_", s.n)
	id = s.bot.Allowed(account, fmt.Sprint("Customer ", s.n), scope)
	b = signedIn(t, s.app, Kim)
	got := b.get("/understudy/open?code=" + s.bot.Code(id))
	want := Kim + " as " + account + " (read_only)"
	if scope == approval.FullAccess {
		want = Kim + " as " + account + " (full)"
	}
	if who(got) != want || got.path != "/" {
		t.Fatalf("at %s (%d) the app says %q, want %q:\n%s", got.path, got.status, who(got), want, got.text)
	}
	return b, id, account
}

// out is that somebody is themselves again, within this time. The notice of it
// may come first.
func out(t *testing.T, b *browser, within time.Duration) {
	t.Helper()
	began := time.Now()
	for {
		got := b.get("/")
		if who(got) == Kim {
			return
		}
		if time.Since(began) > within {
			t.Fatalf("after %s the app says %q", within, who(got))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *suite) opens(t *testing.T) {
	b, id, _ := s.kim(t, approval.ReadOnly)
	page := b.get("/")
	for _, want := range []string{`id="understudy-banner"`, "<bdi>Kim &lt;b&gt;Berg", s.bot.Case(id).Account.Name, "End now", `action="/understudy/end"`, "<time datetime="} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the page lacks %q:\n%s", want, page.text)
		}
	}
	if strings.Count(page.text, `id="understudy-banner"`) != 1 {
		t.Error("the banner isn't there once")
	}
	if !strings.Contains(page.header.Get("Cache-Control"), "no-store") {
		t.Errorf("Cache-Control: %s", page.header.Get("Cache-Control"))
	}
	for _, name := range []string{"CDN-Cache-Control", "Surrogate-Control"} {
		if page.header.Get(name) != "" || signedIn(t, s.app, Kim).get("/").header.Get(name) == "" {
			t.Errorf("a cache may keep it, or nobody told one to: %s: %s", name, page.header.Get(name))
		}
	}
	if head := b.do(http.MethodHead, "/", nil); head.status != http.StatusOK {
		t.Errorf("HEAD: %d", head.status)
	}
}

// policies are widened by what the banner needs, and by nothing else.
func (s *suite) policies(t *testing.T) {
	b, _, _ := s.kim(t, approval.ReadOnly)
	kim := signedIn(t, s.app, Kim)
	for policy, added := range map[string]string{
		"img-src 'self'": "",
		"style-src 'unsafe-inline'; form-action 'self'":                  "",
		"style-src-attr 'Unsafe-Inline'; style-src 'none'":               "",
		"default-src 'none'":                                             "style-src-attr 'unsafe-hashes' 'sha256-",
		"default-src 'self'; style-src https://css.example.com":          "style-src-attr 'unsafe-hashes' 'sha256-",
		"style-src 'unsafe-inline' 'nonce-x'; style-src 'unsafe-inline'": "style-src-attr 'unsafe-hashes' 'sha256-",
		"style-src 'unsafe-inline' 'nonce-'":                             "",
		"style-src 'unsafe-hashes' 'SHA256-AAAA=' 'nonce-x'":             "style-src-attr 'SHA256-AAAA=' 'unsafe-hashes' 'sha256-",
		" FORM-ACTION 'NONE' ;; form-action 'self'":                      "form-action 'self'; ",
		"form-action https://pay.example.com; style-src 'unsafe-inline'": "form-action https://pay.example.com 'self'; ",
	} {
		for _, before := range []string{"", "img-src *,"} {
			path := "/?policy=" + url.QueryEscape(before+policy)
			got, found := strings.CutPrefix(b.get(path).header.Get("Content-Security-Policy"), before+added)
			if !found || !strings.HasSuffix(got, policy) || added == "" && got != policy {
				t.Errorf("%s%s has become %s%s", before, policy, before+added, got)
			}
			if got := kim.get(path).header.Get("Content-Security-Policy"); strings.TrimSpace(got) != strings.TrimSpace(before+policy) {
				t.Errorf("as oneself %s%s has become %s", before, policy, got)
			}
		}
	}
}

func (s *suite) signsIn(t *testing.T) {
	id := s.bot.Allowed("acct_later", "Later", approval.ReadOnly)
	b := newBrowser(t, s.app)
	got := b.step("/understudy/open?code=" + s.bot.Code(id))
	to, err := url.Parse(got.header.Get("Location"))
	if err != nil || got.status != http.StatusSeeOther && got.status != http.StatusFound || to.Path != "/sign-in" {
		t.Fatalf("%d to %s", got.status, got.header.Get("Location"))
	}
	got = b.get("/sign-in?staff=" + Kim + "&next=" + url.QueryEscape(to.Query().Get("next")))
	if want := Kim + " as acct_later (read_only)"; who(got) != want {
		t.Errorf("after signing in the app says %q at %s, want %q", who(got), got.path, want)
	}
}

func (s *suite) stolen(t *testing.T) {
	id := s.bot.Allowed("acct_stolen", "Stolen", approval.ReadOnly)
	code := s.bot.Code(id)
	eve := signedIn(t, s.app, Eve)
	if got := eve.get("/understudy/open?code=" + code); got.status != http.StatusForbidden || !strings.Contains(got.text, "made for somebody else") {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	if got := who(eve.get("/")); got != Eve {
		t.Errorf("the app says %q", got)
	}
	if got := signedIn(t, s.app, Kim).get("/understudy/open?code=" + code); got.status != http.StatusNotFound {
		t.Errorf("a stolen link still works for its person: %d", got.status)
	}
	if s.bot.Case(id).Grant.Misuses != 1 {
		t.Error("the attempt wasn't noted")
	}
}

func (s *suite) used(t *testing.T) {
	id := s.bot.Allowed("acct_used", "Used", approval.ReadOnly)
	code := s.bot.Code(id)
	signedIn(t, s.app, Kim).get("/understudy/open?code=" + code)
	again := signedIn(t, s.app, Kim)
	if got := again.get("/understudy/open?code=" + code); got.status != http.StatusNotFound || !strings.Contains(got.text, "was used already") {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	if got := who(again.get("/")); got != Kim {
		t.Errorf("the app says %q", got)
	}
	for _, query := range []string{"", "?code=", "?code[]=x", "?code=x&code=y", "?code=%E2%80%A8", "?code=%0d%0aSet-Cookie:+x=y", "?code=%00", "?code=%ff", "?code=" + strings.Repeat("x", 5000)} {
		newBrowser(t, s.app).step("/understudy/open" + query) // is sent to sign in, or told what is wrong
		if got := again.get("/understudy/open" + query); got.status < 400 || got.status >= 500 {
			t.Errorf("%q: %d", query, got.status)
		}
	}
}

func (s *suite) codes(t *testing.T) {
	id := s.bot.Allowed("acct_codes", "Codes", approval.ReadOnly)
	got := signedIn(t, s.app, Kim).step("/understudy/open?code=" + s.bot.Code(id))
	if got.status != http.StatusSeeOther && got.status != http.StatusFound || got.header.Get("Location") != "/" {
		t.Errorf("%d to %q", got.status, got.header.Get("Location"))
	}
	if got.header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(got.header.Get("Cache-Control"), "no-store") {
		t.Errorf("Referrer-Policy %q, Cache-Control %q", got.header.Get("Referrer-Policy"), got.header.Get("Cache-Control"))
	}
}

func (s *suite) fixation(t *testing.T) {
	id := s.bot.Allowed("acct_fixed", "Fixed", approval.ReadOnly)
	b := signedIn(t, s.app, Kim)
	before := b.cookies()
	b.get("/understudy/open?code=" + s.bot.Code(id))
	during := b.cookies()
	if before == during {
		t.Error("whoever knew the session before acts as the customer now")
	}
	b.post("/understudy/end", fields(b.get("/")))
	if after := b.cookies(); after == during {
		t.Error("the session is the same after the end")
	}
}

func (s *suite) readOnly(t *testing.T) {
	b, _, _ := s.kim(t, approval.ReadOnly)
	before := voided(b.get("/"))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if got := b.do(method, "/invoices/7/void", url.Values{}); got.status != http.StatusForbidden {
			t.Errorf("%s: %d", method, got.status)
		}
	}
	got := b.post("/invoices/7/void", url.Values{"_method": {"GET"}})
	if got.status != http.StatusForbidden || !strings.Contains(got.text, "read") {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	if got := b.get("/export"); got.status != http.StatusForbidden {
		t.Errorf("what is dangerous: %d", got.status)
	}
	if after := voided(b.get("/")); after != before {
		t.Errorf("voided %s, before %s", after, before)
	}
}

func (s *suite) full(t *testing.T) {
	b, id, _ := s.kim(t, approval.FullAccess)
	before := voided(b.get("/"))
	if got := b.post("/invoices/7/void", nil); got.status != http.StatusOK || voided(got) == before {
		t.Errorf("%d, voided %s, before %s", got.status, voided(got), before)
	}
	if got := b.get("/export"); !strings.Contains(got.text, "exported") {
		t.Errorf("what is dangerous: %d %s", got.status, got.text)
	}
	b.post("/understudy/end", fields(b.get("/")))
	var deeds []approval.Deed
	for deadline := time.Now().Add(15 * time.Second); len(deeds) == 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		deeds = s.bot.Deeds(id)
	}
	if len(deeds) != 1 || deeds[0].Method != http.MethodPost || deeds[0].Path != "/invoices/7/void" || deeds[0].Status >= 400 || time.Since(deeds[0].At) > time.Minute {
		t.Errorf("told: %+v", deeds)
	}
}

func (s *suite) never(t *testing.T) {
	b, _, _ := s.kim(t, approval.FullAccess)
	if got := b.post("/password", nil); got.status != http.StatusForbidden {
		t.Errorf("%d %s", got.status, got.text)
	}
	if got := signedIn(t, s.app, Kim).post("/password", nil); !strings.Contains(got.text, "changed") {
		t.Errorf("as oneself: %d %s", got.status, got.text)
	}
}

func (s *suite) names(t *testing.T) {
	id := s.bot.Allowed("acct_named", `<script>alert(1)</script>" onload="x`, approval.ReadOnly)
	b := signedIn(t, s.app, Kim)
	if got := b.get("/understudy/open?code=" + s.bot.Code(id)); strings.Contains(got.text, "<script>") || !strings.Contains(got.text, "&lt;script&gt;") || strings.Contains(got.text, "<shows>") {
		t.Errorf("the banner:\n%s", got.text)
	}
	if got := b.post("/invoices/7/void", nil); strings.Contains(got.text, "<script>") {
		t.Errorf("the refusal:\n%s", got.text)
	}
}

func (s *suite) ends(t *testing.T) {
	b, id, _ := s.kim(t, approval.ReadOnly)
	if got := b.post("/understudy/end", fields(b.get("/"))); who(got) != Kim {
		t.Errorf("at %s (%d) the app says %q", got.path, got.status, who(got))
	}
	if c := s.bot.Case(id); c.Grant.End != approval.Released {
		t.Errorf("the grant's end: %q", c.Grant.End)
	}
}

func (s *suite) forged(t *testing.T) {
	b, id, account := s.kim(t, approval.ReadOnly)
	for _, form := range []url.Values{nil, {"understudy_csrf": {""}}, {"understudy_csrf": {"guessed"}}} {
		if got := b.post("/understudy/end", form); got.status != http.StatusForbidden {
			t.Errorf("end, %v: %d", form, got.status)
		}
		waiting := len(s.bot.Waiting())
		form = url.Values{"understudy_csrf": form["understudy_csrf"], "flow": {"impersonation"}, "account": {"acct_x"}, "reason": {"x"}, "next": {"/"}}
		if got := b.post("/understudy/ask", form); got.status != http.StatusForbidden || len(s.bot.Waiting()) > waiting {
			t.Errorf("ask, %v: %d", form, got.status)
		}
	}
	if got := who(b.get("/")); got != Kim+" as "+account+" (read_only)" || s.bot.Case(id).Status != approval.Active {
		t.Errorf("the app says %q", got)
	}
}

func (s *suite) revoked(t *testing.T) {
	b, id, _ := s.kim(t, approval.ReadOnly)
	other := signedIn(t, s.app, Kim)
	other.get("/understudy/open?code=" + s.bot.Code(id))
	s.bot.Do(id, approval.Bar{Why: "called back"})
	out(t, b, 2*time.Second)
	out(t, other, 2*time.Second)
}

// late sends what somebody began while they acted as a customer.
func (s *suite) late(t *testing.T) {
	b, id, _ := s.kim(t, approval.FullAccess)
	before := voided(b.get("/"))
	other := signedIn(t, s.app, Kim)
	other.get("/understudy/open?code=" + s.bot.Code(id))
	s.bot.Do(id, approval.Bar{Why: "called back"})
	out(t, other, 2*time.Second)                                        // so that the app has heard of it
	b.do(http.MethodGet, "/", nil, "Sec-Purpose", "prefetch;prerender") // a notice that nobody reads
	for range 2 {                                                       // a double click
		if got := b.post("/invoices/7/void", nil); got.status != http.StatusForbidden || !strings.Contains(got.text, "has ended") {
			t.Errorf("%d:\n%s", got.status, got.text)
		}
	}
	out(t, b, time.Second)
	if after := voided(b.get("/")); after != before {
		t.Errorf("voided %s, before %s", after, before)
	}
}

func (s *suite) nested(t *testing.T) {
	b, _, account := s.kim(t, approval.ReadOnly)
	second := s.bot.Allowed("acct_second", "Second", approval.ReadOnly)
	if got := b.get("/understudy/open?code=" + s.bot.Code(second)); got.status != http.StatusConflict || !strings.Contains(got.text, "two customers") {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	if got := who(b.get("/")); got != Kim+" as "+account+" (read_only)" {
		t.Errorf("the app says %q", got)
	}
	if !s.bot.Case(second).Grant.OpenedAt.IsZero() {
		t.Error("the second grant was opened")
	}
}

func (s *suite) staff(t *testing.T) {
	id := s.bot.Allowed("acct_staff", "Mia Falk", approval.FullAccess)
	b := signedIn(t, s.app, Kim)
	if got := b.get("/understudy/open?code=" + s.bot.Code(id)); got.status != http.StatusForbidden {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	if got := who(b.get("/")); got != Kim {
		t.Errorf("the app says %q", got)
	}
}

func (s *suite) another(t *testing.T) {
	b, _, _ := s.kim(t, approval.FullAccess)
	before := voided(b.get("/"))
	b.step("/sign-in?staff=" + Eve)
	b.post("/invoices/7/void", nil)
	b.get("/") // may be the notice that it is over
	got := b.get("/")
	if who(got) != Eve || voided(got) != before {
		t.Errorf("the app says %q, voided %s, before %s", who(got), voided(got), before)
	}
}

func (s *suite) away(t *testing.T) {
	b, _, account := s.kim(t, approval.ReadOnly)
	id := s.bot.Allowed("acct_away", "Away", approval.ReadOnly)
	code := s.bot.Code(id)
	s.bot.Down(true)
	defer s.bot.Down(false)
	if got := who(b.get("/")); got != Kim+" as "+account+" (read_only)" {
		t.Errorf("a running grant: the app says %q", got)
	}
	other := signedIn(t, s.app, Kim)
	if got := other.get("/understudy/open?code=" + code); got.status < 500 {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	if got := who(other.get("/")); got != Kim {
		t.Errorf("the app says %q", got)
	}
	s.bot.Down(false)
	if got := who(other.get("/understudy/open?code=" + code)); got != Kim+" as acct_away (read_only)" {
		t.Errorf("when the bot is back the app says %q", got)
	}
}

func (s *suite) keys(t *testing.T) {
	if err := s.bot.Keys.Rotate(false, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.kim(t, approval.ReadOnly)
}

// leaked drops the keys, of which the stream tells: whoever acts is themselves.
func (s *suite) leaked(t *testing.T) {
	b, _, _ := s.kim(t, approval.FullAccess)
	if err := s.bot.Keys.Rotate(true, time.Now()); err != nil {
		t.Fatal(err)
	}
	out(t, b, 15*time.Second)
	s.kim(t, approval.ReadOnly)
}

// asking has Kim ask for an account within the app.
func (s *suite) asking(t *testing.T, account string) (b *browser, id string, waits answer) {
	t.Helper()
	b = signedIn(t, s.app, Kim)
	page := b.get("/accounts/" + account)
	if page.status != http.StatusForbidden || !strings.Contains(page.text, "/understudy/ask") {
		t.Fatalf("%d:\n%s", page.status, page.text)
	}
	form := fields(page)
	form.Set("reason", "Invoice 1042 shows twice.")
	waits = b.post("/understudy/ask", form)
	ids := s.bot.Waiting()
	if len(ids) == 0 || !strings.HasPrefix(waits.path, "/understudy/wait?") || !strings.Contains(waits.text, `http-equiv="refresh"`) {
		t.Fatalf("%d at %s, %d requests:\n%s", waits.status, waits.path, len(ids), waits.text)
	}
	return b, ids[len(ids)-1], waits
}

func (s *suite) asks(t *testing.T) {
	b, id, waits := s.asking(t, "acct_asked")
	if c := s.bot.Case(id); c.Reason != "Invoice 1042 shows twice." || c.AskedIn != App || c.Account.ID != "acct_asked" || c.Requester.Email != Kim {
		t.Errorf("asked: %+v", c)
	}
	again := b.get(waits.path)
	if again.status != http.StatusOK || !strings.Contains(again.text, "Globex") {
		t.Errorf("while it waits: %d\n%s", again.status, again.text)
	}
	s.bot.Allow(id)
	if got := b.get(waits.path); got.path != "/accounts/acct_asked" || !strings.Contains(got.text, "account acct_asked") {
		t.Errorf("once it is allowed: %d at %s\n%s", got.status, got.path, got.text)
	}
	if got := who(b.get("/")); got != Kim+" as acct_asked (read_only)" {
		t.Errorf("the app says %q", got)
	}
}

func (s *suite) denied(t *testing.T) {
	b, id, waits := s.asking(t, "acct_denied")
	s.bot.Deny(id, "contractors <may> not")
	got := b.get(waits.path)
	if !strings.Contains(got.text, "contractors &lt;may&gt; not") || strings.Contains(got.text, `http-equiv="refresh"`) {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	if got := who(b.get("/")); got != Kim {
		t.Errorf("the app says %q", got)
	}
}

func (s *suite) othersRequest(t *testing.T) {
	b, id, waits := s.asking(t, "acct_others")
	s.bot.Allow(id)
	eve := signedIn(t, s.app, Eve)
	if got := eve.get(waits.path); got.status != http.StatusForbidden {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	b.step("/sign-in?staff=" + Eve) // in Kim's own browser
	if got := b.get(waits.path); got.status != http.StatusForbidden {
		t.Errorf("in Kim's browser: %d:\n%s", got.status, got.text)
	}
	if got := who(b.get("/")); got != Eve {
		t.Errorf("the app says %q", got)
	}
	if !s.bot.Case(id).Grant.OpenedAt.IsZero() {
		t.Error("another opened it")
	}
}

func (s *suite) redirects(t *testing.T) {
	for _, next := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)", "", "evil"} {
		b := signedIn(t, s.app, Kim)
		form := fields(b.get("/accounts/acct_next"))
		form.Set("reason", "x")
		form.Set("next", next)
		waits := b.post("/understudy/ask", form)
		ids := s.bot.Waiting()
		if len(ids) == 0 {
			t.Fatalf("%q: %d:\n%s", next, waits.status, waits.text)
		}
		id := ids[len(ids)-1]
		s.bot.Allow(id)
		path, err := url.Parse(waits.path)
		if err != nil {
			t.Fatal(err)
		}
		query := path.Query()
		query.Set("next", next)
		got := b.step("/understudy/wait?" + query.Encode())
		if to := got.header.Get("Location"); to != "/" && (got.status < 400 || got.status >= 500) {
			t.Errorf("%q: %d to %q", next, got.status, to)
		}
		if s.bot.Case(id).Status == approval.Active {
			s.bot.Do(id, approval.Bar{Why: "the test goes on"})
		}
	}
}

func (s *suite) guarded(t *testing.T) {
	b, _, account := s.kim(t, approval.ReadOnly)
	if got := b.get("/accounts/" + account); got.status != http.StatusOK || !strings.Contains(got.text, "account "+account) {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	if got := b.get("/accounts/acct_elsewhere"); got.status != http.StatusForbidden || strings.Contains(got.text, "account acct_elsewhere") {
		t.Errorf("another account: %d:\n%s", got.status, got.text)
	}
	if got := newBrowser(t, s.app).step("/accounts/" + account); got.status != http.StatusSeeOther && got.status != http.StatusFound || !strings.HasPrefix(got.header.Get("Location"), "/sign-in?") {
		t.Errorf("nobody: %d to %q", got.status, got.header.Get("Location"))
	}
}
