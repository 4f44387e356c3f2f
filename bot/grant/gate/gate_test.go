package gate_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/understudyhq/understudy/bot/grant/gate"
	"github.com/understudyhq/understudy/bot/grant/granttest"
)

// testApp is a customer portal in which members of staff say who they are.
func testApp(t *testing.T, bot *granttest.Bot) *httptest.Server {
	staff := func(r *http.Request) string {
		cookie, err := r.Cookie("staff")
		if err != nil {
			return ""
		}
		email, _ := url.QueryUnescape(cookie.Value) // cookies are of ASCII
		return email
	}
	g, err := gate.New(gate.Options{
		URL: bot.URL, App: granttest.App, Token: bot.Token, Staff: staff, SignIn: "/sign-in",
		IsStaff: func(_ context.Context, account string) bool { return account == "acct_staff" },
	})
	if err != nil {
		t.Fatal(err)
	}
	var voided atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "staff", Value: url.QueryEscape(r.FormValue("staff")), Path: "/", HttpOnly: true})
		next := r.FormValue("next")
		if !strings.HasPrefix(next, "/understudy/") {
			next = "/"
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		who := staff(r)
		if who == "" {
			who = "nobody"
		}
		if a := gate.From(r.Context()); a != nil {
			who = fmt.Sprintf("%s as %s (%s)", a.Actor.Email, a.Subject.ID, a.Scope)
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
	granttest.Run(t, bot, testApp(t, bot).URL)
}
