package granttest

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// RunUntold holds an app to saying what is missing, if it can't tell when people
// signed in.
func RunUntold(t *testing.T, bot *Bot, app string) {
	id := bot.Allowed(freshAccount+"_untold", "Untold", approval.ReadOnly)
	code := bot.Code(id)
	b := signedIn(t, app, Kim)
	for range 2 {
		if got := b.step("/understudy/open?code=" + code); got.status != http.StatusForbidden || !strings.Contains(html.UnescapeString(got.text), "doesn't say when") {
			t.Errorf("%d:\n%s", got.status, got.text)
		}
	}
	if got := who(b.get("/")); got != Kim || !bot.Case(id).Grant.OpenedAt.IsZero() {
		t.Errorf("the app says %q", got)
	}
}

// signedInAgo is Kim's browser, in which she signed in so long ago.
func signedInAgo(t *testing.T, app string, ago string) *browser {
	t.Helper()
	b := newBrowser(t, app)
	if got := b.get("/sign-in?staff=" + Kim + "&ago=" + ago); who(got) != Kim {
		t.Fatalf("after signing in the app says %q", who(got))
	}
	return b
}

// again is that a step leads to signing in anew, and gives where that leads to.
func again(t *testing.T, got answer) (next string) {
	t.Helper()
	to, err := url.Parse(got.header.Get("Location"))
	if err != nil || got.status != http.StatusSeeOther && got.status != http.StatusFound || to.Path != "/sign-in-again" || to.Query().Get("max_age") != "300" {
		t.Fatalf("%d to %q:\n%s", got.status, got.header.Get("Location"), got.text)
	}
	if got.header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(got.header.Get("Cache-Control"), "no-store") {
		t.Errorf("Referrer-Policy %q, Cache-Control %q", got.header.Get("Referrer-Policy"), got.header.Get("Cache-Control"))
	}
	return to.Query().Get("next")
}

// still is that a step says that the sign-in isn't fresh, and goes in no circle.
func still(t *testing.T, got answer) {
	t.Helper()
	if got.status != http.StatusForbidden || !strings.Contains(got.text, "within the last 5 minutes") || !strings.Contains(got.text, `href="/sign-in-again?`) {
		t.Errorf("%d to %q:\n%s", got.status, got.header.Get("Location"), got.text)
	}
}

func (s *suite) fresh(t *testing.T) {
	id := s.bot.Allowed(freshAccount+"_now", "Fresh", approval.ReadOnly)
	b := signedInAgo(t, s.app, "60")
	if got := b.get("/understudy/open?code=" + s.bot.Code(id)); who(got) != Kim+" as "+freshAccount+"_now (read_only)" {
		t.Errorf("at %s (%d) the app says %q", got.path, got.status, who(got))
	}
	told := s.bot.SignedIn(id)
	if age := time.Since(told.At); age < time.Minute || age > 2*time.Minute || strings.Join(told.How, " ") != "hwk user" {
		t.Errorf("told: %+v", told)
	}
}

func (s *suite) stale(t *testing.T) {
	id := s.bot.Allowed(freshAccount+"_stale", "Stale", approval.ReadOnly)
	code := s.bot.Code(id)
	b := signedInAgo(t, s.app, "600")
	next := again(t, b.step("/understudy/open?code="+code))
	if to, err := url.Parse(next); err != nil || to.Path != "/understudy/open" {
		t.Fatalf("next is %q", next)
	}
	still(t, b.step(next))
	still(t, b.step(next))
	if got := who(b.get("/")); got != Kim || !s.bot.Case(id).Grant.OpenedAt.IsZero() {
		t.Errorf("the app says %q", got)
	}
	if next != again(t, b.step("/understudy/open?code="+code)) { // another click on the link
		t.Error("the second time leads elsewhere")
	}
	if got := b.get("/sign-in?staff=" + Kim + "&next=" + url.QueryEscape(next)); who(got) != Kim+" as "+freshAccount+"_stale (read_only)" || got.path != "/" {
		t.Errorf("after signing in anew, at %s (%d), the app says %q:\n%s", got.path, got.status, who(got), got.text)
	}
}

// unknown is of a session that began before the app kept when.
func (s *suite) unknown(t *testing.T) {
	id := s.bot.Allowed(freshAccount+"_unknown", "Unknown", approval.ReadOnly)
	b := signedInAgo(t, s.app, "")
	next := again(t, b.step("/understudy/open?code="+s.bot.Code(id)))
	still(t, b.step(next))
	if got := b.get("/sign-in?staff=" + Kim + "&next=" + url.QueryEscape(next)); who(got) != Kim+" as "+freshAccount+"_unknown (read_only)" {
		t.Errorf("after signing in anew, at %s (%d), the app says %q", got.path, got.status, who(got))
	}
}

func (s *suite) freshAnother(t *testing.T) {
	id := s.bot.Allowed(freshAccount+"_another", "Another", approval.ReadOnly)
	b := signedInAgo(t, s.app, "600")
	next := again(t, b.step("/understudy/open?code="+s.bot.Code(id)))
	got := b.get("/sign-in?staff=" + Eve + "&next=" + url.QueryEscape(next))
	if got.status != http.StatusForbidden || !strings.Contains(got.text, "made for somebody else") || s.bot.Case(id).Grant.Misuses != 1 {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
}

func (s *suite) staleAsks(t *testing.T) {
	account := freshAccount + "_asked"
	b, id, waits := s.asking(t, account)
	b.get("/sign-in?staff=" + Kim + "&ago=600")
	if got := b.step(waits.path); got.status != http.StatusOK {
		t.Errorf("while it waits: %d", got.status)
	}
	s.bot.Allow(id)
	next := again(t, b.step(waits.path))
	still(t, b.step(next))
	if !s.bot.Case(id).Grant.OpenedAt.IsZero() {
		t.Error("it was opened")
	}
	if got := b.get("/sign-in?staff=" + Kim + "&next=" + url.QueryEscape(next)); got.path != "/accounts/"+account || !strings.Contains(got.text, "account "+account) {
		t.Errorf("after signing in anew: %d at %s\n%s", got.status, got.path, got.text)
	}
}
