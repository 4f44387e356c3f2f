package granttest

import (
	"net/http"
	"net/url"
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
