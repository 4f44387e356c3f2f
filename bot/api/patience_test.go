package api_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// pipes listens where a bubble's time decides.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// says sends what a client says, and returns all that it is answered until the
// connection ends, and after how long.
func (p pipes) says(t *testing.T, request string) (answer string, after time.Duration) {
	t.Helper()
	mine, its := net.Pipe()
	start := time.Now()
	p <- its
	go func() { _, _ = io.WriteString(mine, request) }()
	_ = mine.SetDeadline(start.Add(time.Hour))
	data, _ := io.ReadAll(mine) // an error says as much as its time
	_ = mine.Close()
	return string(data), time.Since(start)
}

func ready(context.Context) error { return nil }

// TestNobodyIsWaitedForForEver has strangers send bodies that never come.
func TestNobodyIsWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := make(pipes)
		v1 := &api.V1{Ledger: func() *store.Ledger { return nil }, Log: zerolog.Nop()}
		defer api.Serve(listener, api.Handler(ready, http.NotFoundHandler(), v1.Handler(), nil), zerolog.Nop())()
		for _, length := range []string{"Content-Length: 1000", "Transfer-Encoding: chunked"} {
			for _, path := range []string{"/healthz", "/v1/tokens", "/v1/nothing"} {
				_, after := listener.says(t, "POST "+path+" HTTP/1.1\r\nHost: bot\r\n"+length+"\r\n\r\n")
				if after > time.Minute {
					t.Errorf("POST %s with a body that never comes (%s) holds a connection for %s", path, length, after)
				}
			}
		}
		if _, after := listener.says(t, "GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"); after > 5*time.Minute {
			t.Errorf("a connection that nothing is asked on lasts %s", after)
		}
	})
}

// punctual does nothing for whoever has gone.
type punctual struct{ store.Engine }

func (p punctual) Update(ctx context.Context, change func(store.Tx) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return p.Engine.Update(ctx, change)
}

// TestAnAnswerMayTakeLongerThanItsBody has the store be slow, once the request
// was read.
func TestAnAnswerMayTakeLongerThanItsBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger, err := store.Open(t.Context(), punctual{storetest.NewMemory()})
		if err != nil {
			t.Fatal(err)
		}
		slow := func() time.Time { time.Sleep(time.Minute); return noon }
		v1 := &api.V1{Ledger: func() *store.Ledger { return ledger }, AdminToken: adminToken, Now: slow, Log: zerolog.Nop()}
		listener := make(pipes)
		defer api.Serve(listener, api.Handler(ready, http.NotFoundHandler(), v1.Handler(), nil), zerolog.Nop())()
		const body = `{"name":"terraform","role":"read"}`
		answer, _ := listener.says(t, "POST /v1/tokens HTTP/1.1\r\nHost: bot\r\nConnection: close\r\nAuthorization: Bearer "+adminToken+
			"\r\nContent-Length: 34\r\n\r\n"+body)
		if !strings.HasPrefix(answer, "HTTP/1.1 201 ") || len(body) != 34 {
			t.Errorf("what takes a minute is answered %q", answer)
		}
	})
}
