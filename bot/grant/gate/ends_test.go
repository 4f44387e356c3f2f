package gate_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/grant/gate"
	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

// TestWhatStreamsEndsWithTheGrant: a stream that was opened while somebody acted
// isn't read on by them.
func TestWhatStreamsEndsWithTheGrant(t *testing.T) {
	d := newDesk(t, granttest.NewBot(t), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/events" {
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ends := map[string]func(id string){
		"called back": func(id string) { d.bot.Do(id, approval.Bar{Why: "called back"}) },
		"End now":     func(string) { d.end() },
	}
	for name, end := range ends {
		id := d.acts(approval.FullAccess)
		stream := d.begin(http.MethodGet, "/events", nil)
		end(id)
		if _, err := io.Copy(io.Discard, stream.Body); err != nil { // it comes to its end, or the test to its time
			t.Errorf("%s: %v", name, err)
		}
		stream.Body.Close()
		d.ask(http.MethodGet, "/", nil) // the notice
	}
}

// TestAKeptCookieIsOverAtOnce: who ends an access, and brings its cookie back,
// doesn't act any more, also before the stream tells of it.
func TestAKeptCookieIsOverAtOnce(t *testing.T) {
	d := newDesk(t, granttest.NewBot(t), func(w http.ResponseWriter, r *http.Request) {
		if gate.From(r.Context()) != nil {
			_, _ = io.WriteString(w, "acts")
		}
	})
	d.acts(approval.ReadOnly)
	kept := d.cookie()
	if d.end(); d.cookie() != "" {
		t.Fatal("the cookie is still there")
	}
	if _, _, text := d.ask(http.MethodGet, "/", map[string]string{"Cookie": kept}); kept == "" || strings.Contains(text, "acts") || !strings.Contains(text, "has ended") {
		t.Errorf("with the cookie %q:\n%s", kept, text)
	}
}

// TestOnlyAClickUsesALink: neither a program that looks at what is behind a link
// nor a browser that fetches it ahead does.
func TestOnlyAClickUsesALink(t *testing.T) {
	d := newDesk(t, granttest.NewBot(t), func(http.ResponseWriter, *http.Request) {})
	id := d.bot.Allowed("acct_42", "Acme", approval.ReadOnly)
	open := "/understudy/open?code=" + d.bot.Code(id)
	d.ask(http.MethodHead, open, nil)
	d.ask(http.MethodGet, open, map[string]string{"Sec-Purpose": "prefetch;prerender"})
	d.ask(http.MethodGet, open, map[string]string{"Purpose": "prefetch"})
	d.ask(http.MethodOptions, open, nil)
	if !d.bot.Case(id).Grant.OpenedAt.IsZero() || d.cookie() != "" {
		t.Error("it was opened before anybody clicked")
	}
	if status, _, text := d.ask(http.MethodGet, open, nil); status != http.StatusSeeOther || d.cookie() == "" {
		t.Errorf("the click: %d\n%s", status, text)
	}
}

// TestANeighbourSetsNoCookie: where there is TLS the cookies are of a kind that
// browsers take from this host alone.
func TestANeighbourSetsNoCookie(t *testing.T) {
	d := newDesk(t, granttest.NewBot(t), func(w http.ResponseWriter, r *http.Request) {
		if gate.From(r.Context()) != nil {
			_, _ = io.WriteString(w, "acts")
		}
	})
	id := d.bot.Allowed("acct_42", "Acme", approval.ReadOnly)
	tls := map[string]string{"X-Forwarded-Proto": "https"}
	_, header, _ := d.ask(http.MethodGet, "/understudy/open?code="+d.bot.Code(id), tls)
	if got := header.Get("Set-Cookie"); !strings.HasPrefix(got, "__Host-understudy_grant=") || !strings.Contains(got, "; Secure") || !strings.Contains(got, "; Path=/;") || !strings.Contains(got, "; HttpOnly") || strings.Contains(got, "Domain") {
		t.Errorf("Set-Cookie: %s", got)
	}
	own, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
	tls["Cookie"] = "understudy_grant=tossed; " + own
	if status, _, text := d.ask(http.MethodGet, "/", tls); status != http.StatusOK || text != "acts" {
		t.Errorf("a neighbour's cookie: %d\n%s", status, text)
	}
}

// TestAnotherSitesPageEndsNothing: also with the mark of a form, which a page that
// was saved and passed on has in it.
func TestAnotherSitesPageEndsNothing(t *testing.T) {
	d := newDesk(t, granttest.NewBot(t), func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<body>") })
	id := d.acts(approval.ReadOnly)
	for _, headers := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}} {
		headers["Content-Type"] = "application/x-www-form-urlencoded"
		if status, _, _ := d.send("/understudy/end", headers, "understudy_csrf="+url.QueryEscape(d.mark())); status != http.StatusForbidden {
			t.Errorf("%v: %d", headers, status)
		}
	}
	if d.bot.Case(id).Status != approval.Active {
		t.Error("it has ended")
	}
	if d.end(); d.bot.Case(id).Status == approval.Active {
		t.Error("her own form doesn't end it")
	}
}

// TestTheTokenGoesNowhereElse: the gate follows no redirect of the bot's address.
func TestTheTokenGoesNowhereElse(t *testing.T) {
	asked := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer elsewhere.Close()
	moved := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer moved.Close()
	g, err := gate.New(gate.Options{URL: moved.URL, App: "portal", Token: "ust_secret", Staff: func(*http.Request) string { return granttest.Kim }})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	g.Wrap(http.NotFoundHandler()).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/understudy/open?code=x", nil))
	if answer.Code != http.StatusBadGateway || asked > 0 {
		t.Errorf("%d, and %d requests went elsewhere", answer.Code, asked)
	}
}

// TestOthersLettersAreOthers: an address that only Unicode takes for Kim's isn't hers.
func TestOthersLettersAreOthers(t *testing.T) {
	bot := granttest.NewBot(t)
	id := bot.Allowed("acct_42", "Acme", approval.ReadOnly)
	for i, staff := range []string{"\u212aim@example.com", "kim@example.com.", "kim+x@example.com", "kіm@example.com", "KIM@Example.com"} {
		g, err := gate.New(gate.Options{URL: bot.URL, App: granttest.App, Token: bot.Token, Staff: func(*http.Request) string { return staff }})
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		g.Wrap(http.NotFoundHandler()).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/understudy/open?code="+bot.Code(id), nil))
		want, misuses := http.StatusForbidden, i+1
		if staff == "KIM@Example.com" {
			want, misuses = http.StatusSeeOther, i
		}
		if answer.Code != want || bot.Case(id).Grant.Misuses != misuses {
			t.Errorf("%s: %d, %d misuses", staff, answer.Code, bot.Case(id).Grant.Misuses)
		}
	}
}
