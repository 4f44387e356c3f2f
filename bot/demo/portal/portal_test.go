package portal_test

import (
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/demo/portal"
	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

// TestStaffSignInAnewWhereAFlowWantsIt: the portal asks who they are, and a copy of
// the session of before is good for nothing.
func TestStaffSignInAnewWhereAFlowWantsIt(t *testing.T) {
	bot := granttest.NewBot(t)
	var behind atomic.Int64
	behind.Store(int64(10 * time.Minute))
	site, err := portal.New(portal.Options{
		Bot: bot.URL, Token: bot.Token, Staff: []portal.Person{{Name: "Kim Berg", Email: granttest.Kim}}, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Now().Add(-time.Duration(behind.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	leads := func(method, path string, form url.Values) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := browser.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s %s: %s", method, path, response.Status)
		}
		return response.Header.Get("Location")
	}
	id := bot.Allowed("acct_fresh", "Acme", approval.ReadOnly)
	leads(http.MethodPost, "/sign-in", url.Values{"email": {granttest.Kim}})
	behind.Store(0)
	before := jar.Cookies(must(t, server.URL))[0].Value

	again := must(t, leads(http.MethodGet, "/understudy/open?code="+bot.Code(id), nil))
	if again.Path != "/sign-in" || again.Query().Get("max_age") != "300" {
		t.Fatalf("it leads to %s", again)
	}
	back := leads(http.MethodPost, "/sign-in", url.Values{"email": {granttest.Kim}, "next": {again.Query().Get("next")}})
	if jar.Cookies(must(t, server.URL))[0].Value == before {
		t.Error("the session is the one of before")
	}
	if to := leads(http.MethodGet, back, nil); to != "/" || bot.Case(id).Grant.OpenedAt.IsZero() {
		t.Errorf("signed in anew, it leads to %s", to)
	}
}

func must(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
