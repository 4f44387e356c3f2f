package socket

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestNoAckWithoutSuccess(t *testing.T) {
	tests := map[string]func(context.Context, Envelope) (any, error){
		"error":       func(context.Context, Envelope) (any, error) { return "x", errors.New("the disk is full") },
		"panic":       func(_ context.Context, e Envelope) (any, error) { panic(string(e.Payload)) },
		"no encoding": func(context.Context, Envelope) (any, error) { return func() {}, nil },
	}
	for name, bad := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t)
			l, log := p.listener(func(ctx context.Context, e Envelope) (any, error) {
				if e.ID == "good" {
					return nil, nil
				}
				return bad(ctx, e)
			})
			stop := running(t, l)
			link := p.next()
			link.command("bad")
			link.command("good")
			link.acked("good")
			_ = stop()
			if len(link.acks) != 0 {
				t.Error("the bad one was acked")
			}
			text := log.String()
			for _, part := range []string{`"envelope":"bad"`, `"type":"slash_commands"`} {
				if !strings.Contains(text, part) {
					t.Errorf("the log lacks %s: %s", part, text)
				}
			}
			if strings.Contains(text, "private words") {
				t.Errorf("the log holds the payload: %s", text)
			}
		})
	}
}

func TestAnswerBeyondTheLimit(t *testing.T) {
	for size, want := range map[int]int{maxAnswer: maxAnswer, maxAnswer + 1: 0} {
		p := newPeer(t)
		l, log := p.listener(func(context.Context, Envelope) (any, error) { return strings.Repeat("a", size-2), nil })
		running(t, l)
		link := p.next()
		link.command("a")
		if got := len(link.acked("a").Payload); got != want {
			t.Errorf("an answer of %d bytes was sent as %d, want %d", size, got, want)
		}
		if want == 0 {
			link.command("b") // by its ack, what was said of the first is logged
			link.acked("b")
			if !strings.Contains(log.String(), errTooLong.Error()) {
				t.Error("nothing was logged")
			}
		}
	}
}

func TestUnknownTypesAndStrangeFrames(t *testing.T) {
	p := newPeer(t)
	seen := make(chan Envelope, 10)
	l, _ := p.listener(func(_ context.Context, e Envelope) (any, error) { seen <- e; return nil, nil })
	running(t, l)
	link := p.next()
	for _, strange := range []string{"", "{", "[]", "null", `{"payload":1}`, `{"type":5}`} {
		link.send("%s", strange)
	}
	link.send(`{"type":"telepathy","envelope_id":"t","payload":[1]}`)
	link.acked("t")
	if e := <-seen; e.Type != "telepathy" || string(e.Payload) != "[1]" || len(seen) != 0 {
		t.Errorf("handled %+v and %d more", e, len(seen))
	}
}

func TestHandlersContext(t *testing.T) {
	p := newPeer(t)
	contexts := make(chan context.Context, 1)
	release := make(chan struct{})
	l, _ := p.listener(func(ctx context.Context, _ Envelope) (any, error) { contexts <- ctx; <-release; return nil, nil })
	stop := running(t, l)
	link := p.next()
	link.command("a")
	ctx := receive(t, contexts, "the handler")
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > handleTime {
		t.Errorf("the deadline is %v", deadline)
	}
	link.cut()
	p.next() // the socket's death was noticed
	if ctx.Err() != nil {
		t.Error("the socket's death ended the handler's context")
	}
	close(release)
	_ = stop()
	if got := l.Stats(); got.AckFailures != 1 || got.Acked != 0 {
		t.Errorf("stats: %+v", got)
	}
}

func TestDrain(t *testing.T) {
	p := newPeer(t)
	entered, release := make(chan struct{}, 10), make(chan struct{})
	l, _ := p.listener(func(ctx context.Context, _ Envelope) (any, error) {
		entered <- struct{}{}
		<-release
		return nil, ctx.Err() // a handler that was cancelled isn't acked
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	link := p.next()
	link.command("a")
	receive(t, entered, "the handler")
	link.command("b") // on its way
	cancel()
	receive(t, entered, "what was on its way")
	time.AfterFunc(3*hurried.linger, func() { close(release) })
	got := map[string]bool{}
	for range 2 {
		got[receive(t, link.acks, "an ack").EnvelopeID] = true
	}
	if !got["a"] || !got["b"] {
		t.Errorf("acked %v", got)
	}
	if err := receive(t, ended, "the end of Run"); err != nil {
		t.Error(err)
	}
	receive(t, link.closed, "the socket to close")
	if len(p.links) != 0 {
		t.Error("a socket was opened during the drain")
	}
}

func FuzzFrame(f *testing.F) {
	for _, seed := range []string{
		`{"type":"hello","num_connections":1}`, `{"type":"disconnect","reason":"warning"}`,
		`{"envelope_id":"a","type":"interactive","accepts_response_payload":true,"payload":{"a":[1]}}`, `{"type":null}`, `[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := parseFrame(data)
		if (err == nil) != (frame.Type != "") {
			t.Fatalf("a frame of type %q with the error %v", frame.Type, err)
		}
		if err != nil {
			return
		}
		if _, err := ackFor(frame.envelope(), frame.Payload); err != nil && !errors.Is(err, errTooLong) {
			t.Fatalf("no ack for a frame that was read: %v", err)
		}
	})
}
