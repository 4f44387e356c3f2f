package socket

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestEveryEnvelopeIsWatched(t *testing.T) {
	type seen struct {
		kind  string
		after time.Duration
		acked bool
	}
	p := newPeer(t)
	release, watched := make(chan struct{}), make(chan seen, 1)
	l, _ := p.listener(func(_ context.Context, e Envelope) (any, error) {
		switch e.ID {
		case "fails":
			return nil, errors.New("the disk is full")
		case "dies":
			<-release
		}
		return nil, nil
	})
	l.Handled = func(kind string, after time.Duration, acked bool) { watched <- seen{kind, after, acked} }
	running(t, l)
	link := p.next()
	told := func(id string, acked bool) {
		t.Helper()
		if got := receive(t, watched, "the news of "+id); got.kind != "slash_commands" || got.acked != acked || got.after <= 0 {
			t.Errorf("%s: %+v", id, got)
		}
	}
	link.command("works")
	told("works", true)
	link.command("fails")
	told("fails", false)
	if held := l.Held(); held < 1 {
		t.Errorf("%d sockets are held", held)
	}
	link.command("dies")
	link.cut()
	p.next() // the socket's death was noticed
	close(release)
	told("dies", false)
}
