package socket

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
)

func TestRefreshLosesNothing(t *testing.T) {
	for _, reason := range []string{"warning", "refresh_requested", "something_new"} {
		t.Run(reason, func(t *testing.T) {
			p := newPeer(t)
			l, _ := p.listener(func(_ context.Context, e Envelope) (any, error) { return e.ID, nil })
			stop := running(t, l)
			old := p.next()
			old.command("before")
			old.acked("before")
			old.disconnect(reason)
			replacement := p.next() // opened while the old one is open
			old.command("during, old")
			replacement.command("during, new")
			old.acked("during, old")
			replacement.acked("during, new")
			old.disconnect("refresh_requested") // the second word opens no third socket
			old.command("late, old")
			old.acked("late, old")
			old.cut()
			replacement.command("after")
			if got := replacement.acked("after"); string(got.Payload) != `"after"` {
				t.Errorf("the answer is %s", got.Payload)
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			want := Stats{Received: 5, Acked: 5, Reconnects: 1}
			if diff := cmp.Diff(want, l.Stats()); diff != "" {
				t.Errorf("stats (-want +got):\n%s", diff)
			}
			if len(p.links) != 0 || l.Connected() != 0 {
				t.Errorf("%d sockets too many, %d connected after the end", len(p.links), l.Connected())
			}
		})
	}
}

func TestSlowHandlerAcksOnTheOldSocket(t *testing.T) {
	p := newPeer(t)
	release := make(chan struct{})
	l, _ := p.listener(func(context.Context, Envelope) (any, error) { <-release; return nil, nil })
	running(t, l)
	old := p.next()
	old.command("a")
	old.disconnect("warning")
	replacement := p.next()
	close(release)
	old.acked("a")
	if len(replacement.acks) != 0 {
		t.Error("acked on the wrong socket")
	}
}

func TestCutWithoutAWord(t *testing.T) {
	p := newPeer(t)
	l, _ := p.listener(bare)
	running(t, l)
	for i := range 3 {
		link := p.next()
		id := strconv.Itoa(i)
		link.command(id)
		link.acked(id)
		link.cut()
	}
	p.next()
}

func TestStalledPeerIsReplaced(t *testing.T) {
	p := newPeer(t)
	l, _ := p.listener(bare)
	l.times.idle = 50 * time.Millisecond
	running(t, l)
	p.next() // says hello and no more
	p.next()
}

func TestPingsKeepASocket(t *testing.T) {
	p := newPeer(t)
	l, _ := p.listener(bare)
	l.times.idle = 400 * time.Millisecond
	running(t, l)
	link := p.next()
	began := time.Now()
	for tick := time.Tick(l.times.idle / 10); time.Since(began) < 3*l.times.idle; <-tick {
		if err := link.socket.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.links); n != 0 {
		t.Errorf("%d replacements of a socket that was alive", n)
	}
}

func TestHoldsSeveral(t *testing.T) {
	p := newPeer(t)
	l, _ := p.listener(bare)
	l.Connections = 0
	running(t, l)
	a, b := p.next(), p.next()
	for _, link := range []*link{a, b} { // an ack shows that the hello was read
		link.command("x")
		link.acked("x")
	}
	if got := l.Connected(); got != 2 {
		t.Errorf("%d connected, want 2", got)
	}
}

func TestConnectionsStartApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := make(chan time.Duration, 10)
		begin := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		l := &Listener{Connections: 3, Handle: bare, Open: func(ctx context.Context) (string, error) {
			starts <- time.Since(begin)
			<-ctx.Done()
			return "", ctx.Err()
		}}
		go func() { _ = l.Run(ctx) }()
		time.Sleep(9 * time.Second) // the bubble's clock
		cancel()
		synctest.Wait()
		for _, want := range []time.Duration{0, 3 * time.Second, 6 * time.Second} {
			if got := <-starts; got != want {
				t.Errorf("a connection was started after %s, want %s", got, want)
			}
		}
	})
}

func TestFatalAnswersOfOpen(t *testing.T) {
	for _, code := range []string{"invalid_auth", "not_authed", "account_inactive", "token_revoked", "not_allowed_token_type"} {
		t.Run(code, func(t *testing.T) {
			l := &Listener{Handle: bare, Open: func(context.Context) (string, error) {
				return "", fmt.Errorf("opening: %w", slack.SlackErrorResponse{Err: code})
			}}
			fatal, ok := errors.AsType[*FatalError](l.Run(t.Context()))
			if !ok || fatal.Code != code || fatal.Remedy == "" {
				t.Errorf("got %+v", fatal)
			}
		})
	}
}

func TestSocketModeSwitchedOff(t *testing.T) {
	p := newPeer(t)
	l, _ := p.listener(bare)
	ended := make(chan error, 1)
	go func() { ended <- l.Run(t.Context()) }()
	p.next().disconnect("link_disabled")
	err := receive(t, ended, "the end of Run")
	if fatal, ok := errors.AsType[*FatalError](err); !ok || !strings.Contains(fatal.Error(), "Socket Mode") {
		t.Errorf("got %v", err)
	}
}

func TestOtherFailuresAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := []error{
			errors.New("no route"), slack.SlackErrorResponse{Err: "internal_error"},
			&slack.RateLimitedError{RetryAfter: time.Minute}, slack.SlackErrorResponse{Err: "invalid_auth"},
		}
		var starts []time.Time
		l := &Listener{Connections: 1, Handle: bare, Open: func(context.Context) (string, error) {
			starts = append(starts, time.Now())
			return "", failures[len(starts)-1]
		}}
		if _, ok := errors.AsType[*FatalError](l.Run(t.Context())); !ok {
			t.Error("the last one is fatal")
		}
		if len(starts) != 4 || starts[3].Sub(starts[2]) != time.Minute {
			t.Errorf("attempts at %v", starts)
		}
	})
}

func TestBackoffEndsAtHalfAMinute(t *testing.T) {
	r := &run{times: times{}.orDefaults(0)}
	for failures := 1; failures < 100; failures++ {
		if d := r.backoff(failures); d < 100*time.Millisecond || d > maxPause {
			t.Errorf("%s after %d failures", d, failures)
		}
	}
}

func TestTicketStaysOutOfTheLog(t *testing.T) {
	p := newPeer(t)
	p.server.Close()
	l, log := p.listener(bare)
	tries := make(chan struct{}, 100)
	l.Open = func(ctx context.Context) (string, error) {
		select {
		case tries <- struct{}{}:
		default:
		}
		return p.open(ctx)
	}
	stop := running(t, l)
	receive(t, tries, "an attempt")
	receive(t, tries, "a second one")
	_ = stop()
	if text := log.String(); !strings.Contains(text, "opening a socket") || strings.Contains(text, "secret-ticket") {
		t.Errorf("the log says: %s", text)
	}
}

func TestGhostAlarmOncePerChange(t *testing.T) {
	var counted atomic.Int32
	counted.Store(7)
	p := newPeer(t)
	p.counted = func() int { return int(counted.Load()) }
	l, log := p.listener(bare)
	stop := running(t, l)
	for range 3 {
		p.next().cut()
	}
	counted.Store(8)
	p.next().cut()
	p.next().cut()
	link := p.next()
	link.command("x")
	link.acked("x")
	_ = stop()
	if n := strings.Count(log.String(), "slack_counts"); n != 2 {
		t.Errorf("%d warnings, want one for 7 and one for 8:\n%s", n, log)
	}
}
