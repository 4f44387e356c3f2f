package socket

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/rs/zerolog"
)

const patience = 5 * time.Second

// peer plays Slack: every socket that is opened comes out of links.
type peer struct {
	t       testing.TB
	server  *httptest.Server
	links   chan *link
	counted func() int // what a hello says
}

// link is the server's end of a socket.
type link struct {
	t       testing.TB
	socket  *websocket.Conn
	acks    chan ack
	closed  chan struct{}
	stalled atomic.Bool // no ping is answered
}

func newPeer(t testing.TB) *peer {
	p := &peer{t: t, links: make(chan *link, 100), counted: func() int { return 1 }}
	p.server = httptest.NewServer(http.HandlerFunc(p.accept))
	t.Cleanup(p.server.Close)
	return p
}

func (p *peer) accept(w http.ResponseWriter, r *http.Request) {
	// slack-go's client says that it comes from https://api.slack.com
	l := &link{t: p.t, acks: make(chan ack, 1000), closed: make(chan struct{})}
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, OnPingReceived: func(context.Context, []byte) bool { return !l.stalled.Load() },
	})
	if err != nil {
		return
	}
	l.socket = socket
	hello, _ := json.Marshal(map[string]any{"type": "hello", "num_connections": p.counted()})
	if socket.Write(context.Background(), websocket.MessageText, hello) != nil {
		return
	}
	p.links <- l
	l.read()
}

func (l *link) read() {
	defer close(l.closed)
	for {
		_, data, err := l.socket.Read(context.Background())
		if err != nil {
			_ = l.socket.CloseNow()
			return
		}
		var a ack
		if json.Unmarshal(data, &a) == nil {
			l.acks <- a
		}
	}
}

func (p *peer) open(context.Context) (string, error) {
	return "ws" + strings.TrimPrefix(p.server.URL, "http") + "/?ticket=secret-ticket", nil
}

func (p *peer) next() *link { p.t.Helper(); return receive(p.t, p.links, "a new socket") }

func (l *link) send(format string, args ...any) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.socket.Write(ctx, websocket.MessageText, fmt.Appendf(nil, format, args...)); err != nil {
		l.t.Errorf("sending to the listener: %v", err)
	}
}

func (l *link) command(id string) {
	l.t.Helper()
	l.send(`{"envelope_id":%q,"type":"slash_commands","accepts_response_payload":true,"payload":{"text":"private words"}}`, id)
}

func (l *link) disconnect(reason string) {
	l.t.Helper()
	l.send(`{"type":"disconnect","reason":%q}`, reason)
}

func (l *link) cut() { _ = l.socket.CloseNow() }

func (l *link) acked(id string) ack {
	l.t.Helper()
	a := receive(l.t, l.acks, "an ack of "+id)
	if a.EnvelopeID != id {
		l.t.Errorf("acked %q, want %q", a.EnvelopeID, id)
	}
	return a
}

func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("waited %s for %s", patience, what)
		panic("unreachable")
	}
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// hurried are times for tests: nothing waits for long, nothing runs out.
var hurried = times{apart: time.Millisecond, retry: time.Millisecond, brief: time.Nanosecond, linger: 20 * time.Millisecond}

func (p *peer) listener(handle func(context.Context, Envelope) (any, error)) (*Listener, *journal) {
	log := &journal{}
	return &Listener{Open: p.open, Handle: handle, Connections: 1, Log: zerolog.New(log), times: hurried}, log
}

// running runs the listener until stop is called or the test ends.
func running(t testing.TB, l *Listener) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return receive(t, ended, "the end of Run")
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return stop
}

func bare(context.Context, Envelope) (any, error) { return nil, nil }
