package slacksim

import (
	"context"
	"testing"
	"time"
)

func TestAStalledSocketDoesNothing(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	app := dial(t, ws)
	ws.StallSocket()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	reading := app.socket.CloseRead(t.Context()) // a ping wants a reader
	if err := app.socket.Ping(ctx); err == nil {
		t.Error("a stalled socket answers a ping")
	}
	kim.Types("/go")
	kim.WaitNotice("/go failed because the app did not respond")
	if reading.Err() != nil {
		t.Error("the stalled socket said something, or has ended")
	}
	if n := ws.Connections(); n != 1 {
		t.Errorf("%d sockets, want the stalled one", n)
	}
}

func TestAStalledSocketEnds(t *testing.T) {
	t.Parallel()
	for how, end := range map[string]func(*Workspace, *wire){
		"the app hangs up":    func(_ *Workspace, app *wire) { _ = app.socket.CloseNow() },
		"the workspace heals": func(ws *Workspace, _ *wire) { ws.Heal() },
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			ws := ForTest(t, Options{Calm: true})
			app := dial(t, ws)
			ws.StallSocket()
			end(ws, app)
			waitFor(t, ws, "the socket to end", func() bool { return ws.Connections() == 0 })
		})
	}
}

func TestCutAfterAnEnvelope(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	app := dial(t, ws)
	ws.CutAfterEnvelopes(1)
	done := make(chan struct{})
	go func() { defer close(done); kim.Types("/go") }()
	if e := app.next(); e.Type != "slash_commands" {
		t.Errorf("got a %q, want the command", e.Type)
	}
	if _, _, err := app.socket.Read(t.Context()); err == nil {
		t.Error("the socket goes on")
	}
	<-done
	kim.WaitNotice("/go failed because the app did not respond")
}

func TestRevokedTokens(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	app := dial(t, ws)
	ws.RevokeAppToken("token_revoked")
	ws.RevokeBotToken("account_inactive")
	refusedWith(t, callAs(t, ws, ws.AppToken(), "apps.connections.open", nil), "token_revoked")
	refusedWith(t, call(t, ws, "auth.test", nil), "account_inactive")
	ws.Heal()
	if found := call(t, ws, "auth.test", nil); found["ok"] != true {
		t.Errorf("after healing: %v", found)
	}
	ws.DisableSocketMode()
	if e := app.next(); e.Type != "disconnect" {
		t.Errorf("got a %q, want the farewell", e.Type)
	}
	waitFor(t, ws, "the socket to close", func() bool { return ws.Connections() == 0 })
}

// waitFor waits for something that the workspace announces.
func waitFor(t *testing.T, ws *Workspace, what string, ready func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		ws.mu.Lock()
		changed := ws.changed
		ws.mu.Unlock()
		if ready() {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("waited for %s", what)
		}
	}
}
