package socket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/slack-go/slack"
)

const (
	defaultConnections = 2
	maxHandlers        = 256 // at a time; beyond that the sockets aren't read
	maxPause           = 30 * time.Second
	maxFrame           = 8 << 20 // bytes
)

// run is one call of Run.
type run struct {
	*Listener
	times  times
	room   chan struct{} // one for each handler at work
	work   sync.WaitGroup
	cancel context.CancelCauseFunc
}

func (r *run) seats() int { return cmp.Or(max(r.Connections, 0), defaultConnections) }

// seat is one of the connections that a run holds at any time.
type seat struct {
	*run
	failures int         // since a connection was last greeted
	old      *connection // was greeted, and serves on until its replacement is
}

// keep sees to it that a connection is there at any time, until ctx ends.
// One that was told to leave serves on beside its replacement.
func (s *seat) keep(ctx context.Context, after time.Duration) {
	if !pause(ctx, after) {
		return
	}
	for first := true; ctx.Err() == nil; first = false {
		c := s.connect(ctx)
		if c == nil {
			return
		}
		if !first {
			s.count(func(l *Listener) { l.stats.Reconnects++ })
		}
		s.work.Go(func() { c.serve(ctx) })
		s.attend(ctx, c)
	}
}

// attend waits until c needs a replacement, and a little longer where c's
// like would have to be replaced all the time.
func (s *seat) attend(ctx context.Context, c *connection) {
	started := time.Now()
	select {
	case <-ctx.Done():
		return
	case <-c.greeted:
		s.relieve(c)
	case <-c.done: // without a word; without a hello it ends before long
	}
	select {
	case <-ctx.Done():
		return
	case <-c.leaving:
	case <-c.done:
	}
	switch {
	case !closed(c.greeted):
		s.failures++
		pause(ctx, s.backoff(s.failures))
	case time.Since(started) < s.times.brief:
		pause(ctx, s.backoff(1))
	}
}

// relieve lets the connection go that c replaces, now that c is at work.
func (s *seat) relieve(c *connection) {
	if s.old != nil {
		close(s.old.relieved)
	}
	s.old, s.failures = c, 0
}

// connect tries until there is a connection. It returns nil when ctx has ended
// or trying again can't help.
func (s *seat) connect(ctx context.Context) *connection {
	for ctx.Err() == nil {
		c, err := s.dial(ctx)
		if err == nil {
			return c
		}
		if ctx.Err() != nil {
			return nil
		}
		if fatal := Fatal(err); fatal != nil {
			s.cancel(fatal)
			return nil
		}
		s.failures++
		wait := s.backoff(s.failures)
		if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
			wait = max(limited.RetryAfter, s.times.retry)
		}
		s.Log.Warn().Err(err).Dur("retry_in", wait).Msg("no socket yet")
		pause(ctx, wait)
	}
	return nil
}

// dial makes one attempt. A connection is held from before Slack can count it.
func (r *run) dial(ctx context.Context) (_ *connection, err error) {
	address, err := r.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking Slack for a socket: %w", err)
	}
	r.count(func(l *Listener) { l.held++ })
	defer func() {
		if err != nil {
			r.count(func(l *Listener) { l.held-- })
		}
	}()
	c := newConnection(r)
	ctx, cancel := context.WithTimeout(ctx, r.times.open)
	defer cancel()
	//nolint:bodyclose // nobody has to close the body of this Dial's answer
	c.socket, _, err = websocket.Dial(ctx, address, &websocket.DialOptions{HTTPClient: r.HTTP, OnPingReceived: c.pinged})
	if err != nil {
		return nil, fmt.Errorf("opening a socket: %w", withoutAddress(err))
	}
	c.socket.SetReadLimit(maxFrame)
	return c, nil
}

func (r *run) open(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.times.open)
	defer cancel()
	return r.Open(ctx)
}

// withoutAddress drops the address from an error: it carries a ticket.
func withoutAddress(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// backoff doubles with every failure; the jitter keeps many processes apart.
func (r *run) backoff(failures int) time.Duration {
	longest := min(r.times.retry<<min(failures-1, 10), maxPause)
	return longest/2 + rand.N(longest/2+1)
}

// pause says whether it could wait for the whole time.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
