package socket

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

func TestASilentSocketIsReplacedAndLeft(t *testing.T) {
	p := newPeer(t)
	l, _ := p.listener(bare)
	l.PingEvery = 40 * time.Millisecond
	running(t, l)
	silent := p.next()
	silent.stalled.Store(true)
	p.next()
	receive(t, silent.closed, "the listener to hang up on the silent socket")
}

// TestASlowSocketLosesNothing: it answers no ping, but envelopes still come.
func TestASlowSocketLosesNothing(t *testing.T) {
	p := newPeer(t)
	l, _ := p.listener(bare)
	l.PingEvery = 200 * time.Millisecond
	running(t, l)
	slow := p.next()
	slow.stalled.Store(true)
	began := time.Now()
	for tick := time.Tick(l.PingEvery / 20); time.Since(began) < 3*l.PingEvery; <-tick {
		slow.command("a")
		slow.acked("a")
	}
	if n := len(p.links); n != 0 {
		t.Errorf("%d replacements of a socket that was at work", n)
	}
}

// TestDrainTakesWhatComesMeanwhile: while one handler still works, its socket
// can't be closed, so that what else comes is as welcome as before.
func TestDrainTakesWhatComesMeanwhile(t *testing.T) {
	p := newPeer(t)
	entered, release := make(chan struct{}), make(chan struct{})
	l, _ := p.listener(func(_ context.Context, e Envelope) (any, error) {
		if e.ID == "slow" {
			close(entered)
			<-release
		}
		return nil, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	link := p.next()
	link.command("slow")
	receive(t, entered, "the handler")
	cancel()
	for began := time.Now(); time.Since(began) < 5*l.times.linger; {
		link.command("quick")
		link.acked("quick")
	}
	close(release)
	link.acked("slow")
	if err := receive(t, ended, "the end of Run"); err != nil {
		t.Error(err)
	}
}

func TestDrainEndsThoughHandlersNeverRest(t *testing.T) {
	p := newPeer(t)
	var handled atomic.Int32
	l, _ := p.listener(func(context.Context, Envelope) (any, error) {
		handled.Add(1)
		<-time.After(20 * time.Millisecond)
		return nil, nil
	})
	l.times.drain = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	link := p.next()
	go func() {
		for tick := time.Tick(5 * time.Millisecond); ; <-tick {
			if link.socket.Write(context.Background(), 1, []byte(`{"envelope_id":"a","type":"interactive"}`)) != nil {
				return
			}
		}
	}()
	receive(t, link.acks, "an ack")
	cancel()
	if err := receive(t, ended, "the end of Run"); err != nil {
		t.Error(err)
	}
	if got := l.Stats(); got.Received != int(handled.Load()) || got.Acked != got.Received {
		t.Errorf("%d handled, and %+v", handled.Load(), got)
	}
}
