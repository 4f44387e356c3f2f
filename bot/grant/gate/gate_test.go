package gate_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/grant/gate"
	"github.com/understudyhq/understudy/bot/grant/granttest"
)

// testApp is a customer portal in which members of staff say who they are.
func testApp(t *testing.T, bot *granttest.Bot, change func(*gate.Options)) *httptest.Server {
	staff := func(r *http.Request) string {
		cookie, err := r.Cookie("staff")
		if err != nil {
			return ""
		}
		email, _ := url.QueryUnescape(cookie.Value) // cookies are of ASCII
		return email
	}
	options := gate.Options{
		URL: bot.URL, App: granttest.App, Token: bot.Token, Staff: staff, SignIn: "/sign-in", SignedIn: signedIn, SignInAgain: "/sign-in-again",
		IsStaff: func(_ context.Context, account string) bool { return account == "acct_staff" },
	}
	change(&options)
	g, err := gate.New(options)
	if err != nil {
		t.Fatal(err)
	}
	var voided atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "staff", Value: url.QueryEscape(r.FormValue("staff")), Path: "/", HttpOnly: true})
		http.SetCookie(w, &http.Cookie{Name: "signed_in", Value: signInTime(r), Path: "/", HttpOnly: true})
		next := r.FormValue("next")
		if !strings.HasPrefix(next, "/understudy/") {
			next = "/"
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
	})
	mux.Handle("GET /sign-in-again", text("who are you?"))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		who := staff(r)
		if who == "" {
			who = "nobody"
		}
		if a := gate.From(r.Context()); a != nil {
			who = fmt.Sprintf("%s as %s (%s)", a.Actor.Email, a.Subject.ID, a.Scope)
		}
		w.Header()["CDN-Cache-Control"] = []string{"max-age=60"} // as the RFC writes it, not as Go does
		w.Header().Set("Surrogate-Control", "max-age=60")
		if policy := r.FormValue("policy"); policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		fmt.Fprintf(w, `<html><body class="x"><p id="who">%s</p><p id="voided">%d</p></body></html>`, html.EscapeString(who), voided.Load())
	})
	mux.HandleFunc("POST /invoices/7/void", func(w http.ResponseWriter, r *http.Request) {
		voided.Add(1)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.Handle("GET /export", g.Dangerous(text("exported")))
	mux.Handle("POST /password", g.Never(text("changed")))
	mux.Handle("GET /accounts/{id}", g.RequireGrant("impersonation", func(r *http.Request) string { return r.PathValue("id") },
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "account %s", r.PathValue("id")) })))
	return serve(t, g, mux)
}

// signInTime is when somebody signs in, who may say that it was a while ago.
func signInTime(r *http.Request) string {
	ago := r.URL.Query().Get("ago")
	if ago == "" && r.URL.Query().Has("ago") {
		return ""
	}
	seconds, _ := strconv.Atoi(ago) // now, if they don't say
	return time.Now().Add(-time.Duration(seconds) * time.Second).Format(time.RFC3339)
}

// signedIn is when that was; the zero time if it isn't known.
func signedIn(r *http.Request) (at time.Time, how []string) {
	if cookie, err := r.Cookie("signed_in"); err == nil {
		at, _ = time.Parse(time.RFC3339, cookie.Value)
	}
	return at, []string{"hwk", "user"}
}

// serve serves the app behind the gate, which listens to its bot, until the test ends.
func serve(t *testing.T, g *gate.Gate, app http.Handler) *httptest.Server {
	server := httptest.NewServer(g.Wrap(app))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
		server.Close()
	})
	return server
}

func text(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) })
}

func TestTheGate(t *testing.T) {
	bot := granttest.NewBot(t)
	granttest.Run(t, bot, testApp(t, bot, func(*gate.Options) {}).URL)
}

func TestTheGateInChromium(t *testing.T) {
	bot := granttest.NewBot(t)
	granttest.RunInChromium(t, bot, testApp(t, bot, func(*gate.Options) {}).URL)
}

func TestAGateThatCantTellOfSignIns(t *testing.T) {
	bot := granttest.NewBot(t)
	granttest.RunUntold(t, bot, testApp(t, bot, func(o *gate.Options) { o.SignedIn = nil }).URL)
}
