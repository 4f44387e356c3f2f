package socket

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// stream is Slack on a busy day: envelopes without a pause, each to the next
// of the sockets that Slack believes in. It knows what went where.
type stream struct {
	t    *testing.T
	mu   sync.Mutex
	live []*link          // oldest first; envelopes go to these
	sent map[string]*link // what was written, and where
	// acks are those that came on the envelope's own socket while Slack
	// still listened there.
	acks map[string]bool
	next int
	over bool // nothing more is sent
}

// flow starts the stream on a listener with two connections.
func flow(t *testing.T, p *peer) *stream {
	s := &stream{t: t, sent: map[string]*link{}, acks: map[string]bool{}}
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { s.gather(ctx, p, &work) })
	s.wait("two sockets", func() bool { return len(s.live) == 2 })
	work.Go(func() {
		for tick := time.Tick(time.Millisecond); ctx.Err() == nil; <-tick {
			s.send(ctx)
		}
	})
	t.Cleanup(func() { stop(); work.Wait() })
	return s
}

// gather believes in each new socket, and takes acks from all.
func (s *stream) gather(ctx context.Context, p *peer, work *sync.WaitGroup) {
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-p.links:
			s.mu.Lock()
			s.live = append(s.live, l)
			s.mu.Unlock()
			work.Go(func() { s.listen(ctx, l) })
		}
	}
}

func (s *stream) listen(ctx context.Context, l *link) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-l.acks:
			s.mu.Lock()
			if s.sent[a.EnvelopeID] == l && !l.stalled.Load() {
				s.acks[a.EnvelopeID] = true
			}
			s.mu.Unlock()
		}
	}
}

func (s *stream) send(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	if len(s.live) == 0 {
		s.t.Error("the app is deaf: no socket is open")
		return
	}
	s.next++
	l, id := s.live[s.next%len(s.live)], strconv.Itoa(s.next)
	s.sent[id] = l
	if l.stalled.Load() {
		return // written, and never read
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = l.socket.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"envelope_id":%q,"type":"interactive","payload":{}}`, id))
}

// forsake sends nothing more to this socket.
func (s *stream) forsake(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = slices.DeleteFunc(s.live, func(other *link) bool { return other == l })
}

// unacked is how many were written to these sockets and not acked there.
func (s *stream) unacked(among func(*link) bool) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missing(among)
}

func (s *stream) missing(among func(*link) bool) (n int) {
	for id, l := range s.sent {
		if !s.acks[id] && among(l) {
			n++
		}
	}
	return n
}

// settled waits until everything that went to these sockets was acked.
func (s *stream) settled(among func(*link) bool) {
	s.t.Helper()
	s.wait("every ack", func() bool { return s.missing(among) == 0 })
}

func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}

// wait waits for something to be so, under the lock.
func (s *stream) wait(what string, so func() bool) {
	s.t.Helper()
	deadline := time.After(patience)
	for tick := time.Tick(time.Millisecond); ; {
		s.mu.Lock()
		ok := so()
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-tick:
		case <-deadline:
			s.t.Fatalf("waited for %s: %d sent, %d acked, %d sockets", what, s.next, len(s.acks), len(s.live))
		}
	}
}

// more waits until so many more were sent.
func (s *stream) more(n int) {
	s.t.Helper()
	s.mu.Lock()
	target := s.next + n
	s.mu.Unlock()
	s.wait(fmt.Sprintf("%d more envelopes", n), func() bool { return s.next >= target })
}

func (s *stream) oldest() *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live[0]
}

// replaced waits until Slack has two sockets beside l.
func (s *stream) replaced(l *link) {
	s.t.Helper()
	s.wait("a replacement", func() bool {
		others := 0
		for _, other := range s.live {
			if other != l {
				others++
			}
		}
		return others == 2
	})
}

// TestStream says what may be lost while each socket in turn meets its end.
func TestStream(t *testing.T) {
	for _, end := range []struct {
		name string
		// dead says that what was written to the socket and not acked by its
		// end may be lost, and nothing else.
		dead bool
		meet func(*stream, *link)
	}{
		{"warned, and closed a good while later as Slack does", false, func(s *stream, l *link) {
			l.disconnect("warning")
			s.replaced(l)
			s.more(20) // Slack goes on writing to the old one
			s.forsake(l)
			s.settled(func(other *link) bool { return other == l })
			l.disconnect("refresh_requested")
			l.cut()
		}},
		{"told to go and closed at once", true, func(s *stream, l *link) {
			l.disconnect("refresh_requested")
			l.cut()
			s.forsake(l)
		}},
		{"cut without a word", true, func(s *stream, l *link) {
			l.cut()
			s.forsake(l)
		}},
		{"stalled", true, func(s *stream, l *link) {
			l.stalled.Store(true)
			receive(s.t, l.closed, "the listener to hang up")
			s.forsake(l)
		}},
	} {
		t.Run(end.name, func(t *testing.T) {
			t.Parallel()
			p := newPeer(t)
			l, _ := p.listener(bare)
			l.Connections, l.PingEvery = 2, 400*time.Millisecond
			running(t, l)
			s := flow(t, p)
			dead := map[*link]bool{}
			for range 2 * l.Connections {
				old := s.oldest()
				s.more(20)
				dead[old] = end.dead
				end.meet(s, old)
				s.replaced(old)
			}
			s.more(20)
			s.end()
			s.settled(func(l *link) bool { return !dead[l] })
			t.Logf("%d envelopes, %d of them lost, all on dead sockets", s.next, s.unacked(func(*link) bool { return true }))
			if lost := s.unacked(func(l *link) bool { return dead[l] }); end.name == "stalled" && lost == 0 {
				t.Error("the stalled sockets lost nothing, so they weren't stalled")
			}
		})
	}
}
