package socket

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

func TestAReplacedSocketEnds(t *testing.T) {
	p := newPeer(t)
	l, _ := p.listener(bare)
	l.times.leave = 20 * time.Millisecond
	running(t, l)
	old := p.next()
	old.disconnect("warning")
	p.next()
	receive(t, old.closed, "the listener to close the old socket")
}

// TestTheOldSocketServesUntilTheNewOneIsGreeted: Slack takes longer over the
// greeting than the two sockets would overlap.
func TestTheOldSocketServesUntilTheNewOneIsGreeted(t *testing.T) {
	p := newPeer(t)
	dialled, greet := make(chan struct{}), make(chan struct{})
	var sockets atomic.Int32
	p.counted = func() int {
		if sockets.Add(1) == 2 {
			close(dialled)
			<-greet
		}
		return 1
	}
	l, _ := p.listener(bare)
	l.times.leave = 20 * time.Millisecond
	running(t, l)
	old := p.next()
	old.disconnect("warning")
	receive(t, dialled, "the replacement")
	select {
	case <-old.closed:
		t.Error("nobody listens: the old socket is closed, the new one not greeted")
	case <-time.After(10 * l.times.leave):
		old.command("meanwhile")
		old.acked("meanwhile")
	}
	close(greet)
	p.next()
	receive(t, old.closed, "the listener to close the old socket")
}

// TestAFarewellDoesNotDelayAShutdown: the socket would otherwise last for as
// long as one that has a replacement.
func TestAFarewellDoesNotDelayAShutdown(t *testing.T) {
	p := newPeer(t)
	entered, release := make(chan struct{}), make(chan struct{})
	l, _ := p.listener(func(_ context.Context, e Envelope) (any, error) {
		if e.ID == "last" {
			close(entered)
			<-release
		}
		return nil, nil
	})
	l.times.linger = 200 * time.Millisecond
	l.times.leave = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	link := p.next()
	link.command("first")
	link.acked("first")
	cancel()
	link.disconnect("warning")
	link.command("last") // taken, and so was the farewell
	receive(t, entered, "the handler")
	close(release)
	if err := receive(t, ended, "the end of Run"); err != nil {
		t.Error(err)
	}
}
