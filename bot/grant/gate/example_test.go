package gate_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/understudyhq/understudy/bot/grant/gate"
)

// An app that lets agents in, as docs/apps.md shows it.
func letsIn(ctx context.Context, app http.Handler, staff func(*http.Request) string) (http.Handler, error) {
	g, err := gate.New(gate.Options{
		URL: "https://understudy.example.com", App: "portal", Token: os.Getenv("UNDERSTUDY_TOKEN"),
		Staff:  staff, // the e-mail address of who is signed in as staff, or nothing
		SignIn: "/login",
	})
	if err != nil {
		return nil, err
	}
	go g.Run(ctx)
	return g.Wrap(app), nil // a handler of app asks gate.From(r.Context()) who acts for whom
}

func TestTheGuidesApp(t *testing.T) {
	t.Setenv("UNDERSTUDY_TOKEN", "ust_secret")
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody is at that address
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gate.From(r.Context()) == nil {
			_, _ = io.WriteString(w, "as yourself")
		}
	})
	wrapped, err := letsIn(ctx, app, func(*http.Request) string { return "kim@example.com" })
	if err != nil {
		t.Fatal(err)
	}
	said := httptest.NewRecorder()
	wrapped.ServeHTTP(said, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if said.Body.String() != "as yourself" {
		t.Errorf("who acts for nobody reads %q", said.Body)
	}
}
