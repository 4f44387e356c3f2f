package granttest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/flows/approval"
)

// letters has people whose addresses are like Kim's click her links: only A to Z
// have no case.
func (s *suite) letters(t *testing.T) {
	id := s.bot.Allowed("acct_letters", "Letters", approval.ReadOnly)
	for i, staff := range []string{"\u212aim@example.com", "k\u0130m@example.com", "kim@e\u017fample.com", "\uff4bim@example.com", "kim@example.com.", "kim+x@example.com", "kіm@example.com"} {
		b := signedIn(t, s.app, staff)
		if got := b.get("/understudy/open?code=" + s.bot.Code(id)); got.status != http.StatusForbidden || s.bot.Case(id).Grant.Misuses != i+1 {
			t.Errorf("%s: %d, %d misuses", staff, got.status, s.bot.Case(id).Grant.Misuses)
		}
		if got := who(b.get("/")); got != staff {
			t.Errorf("%s: the app says %q", staff, got)
		}
	}
	b := signedIn(t, s.app, "KIM@Example.com")
	b.get("/understudy/open?code=" + s.bot.Code(id))
	if got := who(b.get("/")); got != Kim+" as acct_letters (read_only)" {
		t.Errorf("with other capitals the app says %q", got)
	}
	b.step("/sign-in?staff=" + url.QueryEscape("\u212aim@example.com"))
	b.get("/") // may be the notice that it is over
	if got := who(b.get("/")); got != "\u212aim@example.com" {
		t.Errorf("somebody else in Kim's browser: the app says %q", got)
	}
}

// clicks has programs look at a link before its person does.
func (s *suite) clicks(t *testing.T) {
	id := s.bot.Allowed("acct_clicks", "Clicks", approval.ReadOnly)
	open := "/understudy/open?code=" + s.bot.Code(id)
	b := signedIn(t, s.app, Kim)
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodPost, http.MethodPut} {
		b.do(method, open, nil)
	}
	for _, header := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if got := b.do(http.MethodGet, open, nil, header, "prefetch"); got.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", header, got.status)
		}
	}
	if !s.bot.Case(id).Grant.OpenedAt.IsZero() {
		t.Error("it was opened before anybody clicked")
	}
	if got := who(b.get(open)); got != Kim+" as acct_clicks (read_only)" {
		t.Errorf("the click: the app says %q", got)
	}
}

// sneaks asks for something else than the method says, while Kim may only look.
func (s *suite) sneaks(t *testing.T) {
	b, _, _ := s.kim(t, approval.ReadOnly)
	for _, header := range [][]string{
		{"Connection", "Upgrade", "Upgrade", "websocket"}, {"X-HTTP-Method-Override", "DELETE"}, {"X-HTTP-Method", "PUT"}, {"X-Method-Override", "post"},
	} {
		if got := b.do(http.MethodGet, "/", nil, header...); got.status != http.StatusForbidden || who(got) != "" {
			t.Errorf("%v: %d:\n%s", header, got.status, got.text)
		}
	}
}

// endedTwice ends a grant that is open in two browsers.
func (s *suite) endedTwice(t *testing.T) {
	b, id, _ := s.kim(t, approval.ReadOnly)
	other := signedIn(t, s.app, Kim)
	other.get("/understudy/open?code=" + s.bot.Code(id))
	b.post("/understudy/end", fields(b.get("/")))
	if got := who(other.get("/")); strings.Contains(got, " as ") {
		t.Errorf("in the other browser the app says %q", got)
	}
}

// elsewhere sends the app's own forms from pages that aren't the app's, as one
// that was saved and passed on.
func (s *suite) elsewhere(t *testing.T) {
	b, id, _ := s.kim(t, approval.ReadOnly)
	form := fields(b.get("/"))
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		if got := b.do(http.MethodPost, "/understudy/end", form, header...); got.status != http.StatusForbidden {
			t.Errorf("%v: %d", header, got.status)
		}
	}
	if s.bot.Case(id).Status != approval.Active {
		t.Error("it has ended")
	}
	if got := b.do(http.MethodPost, "/understudy/end", form, "Sec-Fetch-Site", "same-origin", "Origin", s.app); who(got) != Kim {
		t.Errorf("the app's own page: %d, the app says %q", got.status, who(got))
	}
}
