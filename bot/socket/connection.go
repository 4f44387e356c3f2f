package socket

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// closeTime is how long the other side has to say goodbye.
const closeTime = time.Second

// connection is one socket, from its dial to its end.
type connection struct {
	*run
	socket   *websocket.Conn
	watch    *time.Timer // ends the reading when nothing is heard
	life     context.Context
	end      context.CancelFunc
	greeted  chan struct{} // closed when Slack has said hello
	leaving  chan struct{} // closed when Slack says that it will close the socket
	relieved chan struct{} // closed when Slack has greeted the replacement
	done     chan struct{} // closed when nothing more can be read
	leave    func()        // closes leaving

	sounds atomic.Int64 // frames and pings that came
	mute   atomic.Bool  // it left out an answer, and hasn't been heard since

	mu       sync.Mutex // a handler starts before refusing is set, or never
	handling int
	draining bool
	refusing bool
	settled  chan struct{} // closed when it is draining and nothing is handled
	handlers sync.WaitGroup
}

func newConnection(r *run) *connection {
	c := &connection{
		run: r, greeted: make(chan struct{}), leaving: make(chan struct{}),
		relieved: make(chan struct{}), done: make(chan struct{}), settled: make(chan struct{}),
	}
	c.leave = sync.OnceFunc(func() { close(c.leaving) })
	c.life, c.end = context.WithCancel(context.Background())
	c.watch = time.AfterFunc(time.Hour, c.end) // serve sets the true time
	c.watch.Stop()
	return c
}

// serve reads and acks until the socket ends or must end, then waits for the
// handlers, whose acks need the socket, and closes it.
func (c *connection) serve(ctx context.Context) {
	defer c.end()
	var work sync.WaitGroup
	work.Go(func() { c.read(ctx) })
	work.Go(c.beat)
	c.last(ctx)
	c.drain()
	c.close()
	work.Wait()
}

// last returns when the socket is dead, when its replacement has been at work
// for long (a silent socket isn't waited for), or at a shutdown when what was
// on its way has arrived.
func (c *connection) last(ctx context.Context) {
	relieved, shutdown, late := c.relieved, ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case <-c.done:
			return
		case <-late:
			return
		case <-relieved:
			relieved, late = nil, time.After(c.times.leave)
			if c.mute.Load() {
				return
			}
		case <-shutdown:
			relieved, shutdown, late = nil, nil, time.After(c.times.linger)
		}
	}
}

// drain takes what comes until a moment at which nothing is being handled, so
// that the socket can be closed at that moment: what Slack writes to it between
// here and there is lost. Handlers that never rest are waited for, but nothing
// more is taken then.
func (c *connection) drain() {
	c.change(func() { c.draining = true })
	late := time.AfterFunc(c.times.drain, func() { c.change(func() { c.refusing = true }) })
	defer late.Stop()
	<-c.settled
	c.handlers.Wait()
}

// change changes what the handlers' lock guards, and sees what follows.
func (c *connection) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	if c.draining && c.handling == 0 && !closed(c.settled) {
		c.refusing = true
		close(c.settled)
	}
}

// close says goodbye, and hangs up on a peer that doesn't.
func (c *connection) close() {
	if c.mute.Load() {
		c.end()
	}
	hangUp := time.AfterFunc(closeTime, c.end)
	defer hangUp.Stop()
	_ = c.socket.Close(websocket.StatusNormalClosure, "") // it may be dead already
	_ = c.socket.CloseNow()
}

func (c *connection) read(ctx context.Context) {
	defer c.gone()
	defer c.watch.Stop()
	c.watch.Reset(min(c.times.open, c.times.idle)) // for the greeting
	for {
		_, data, err := c.socket.Read(c.life)
		if err != nil {
			c.Log.Debug().Err(err).Msg("a socket has ended")
			return
		}
		f, err := parseFrame(data)
		if err != nil {
			c.Log.Warn().Err(err).Int("bytes", len(data)).Msg("a frame was skipped")
			continue
		}
		c.take(ctx, f)
		c.heard()
	}
}

// gone corrects the numbers before it lets a replacement start.
func (c *connection) gone() {
	c.count(func(l *Listener) {
		l.held--
		if closed(c.greeted) {
			l.ready--
		}
	})
	close(c.done)
}

func (c *connection) take(ctx context.Context, f frame) {
	switch f.Type {
	case "hello":
		if !closed(c.greeted) {
			close(c.greeted)
			c.Listener.greeted(f.NumConnections)
		}
	case "disconnect":
		c.farewell(f.Reason)
	default:
		c.start(ctx, f.envelope())
	}
}

// farewell asks for a replacement, beside which this socket serves on.
func (c *connection) farewell(reason string) {
	c.Log.Debug().Str("reason", reason).Msg("Slack will close a socket")
	if reason == linkDisabled {
		c.cancel(&FatalError{Code: reason, Remedy: remedy(reason)})
		return
	}
	c.leave()
}

func closed(signal <-chan struct{}) bool {
	select {
	case <-signal:
		return true
	default:
		return false
	}
}
