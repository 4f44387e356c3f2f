package socket

import (
	"context"
	"sync"
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

	mu       sync.Mutex // a handler starts before refusing is set, or never
	refusing bool
	handlers sync.WaitGroup
}

func newConnection(r *run) *connection {
	c := &connection{
		run: r, greeted: make(chan struct{}), leaving: make(chan struct{}),
		relieved: make(chan struct{}), done: make(chan struct{}),
	}
	c.life, c.end = context.WithCancel(context.Background())
	c.watch = time.AfterFunc(time.Hour, c.end) // serve sets the true time
	c.watch.Stop()
	return c
}

// serve reads and acks until the socket ends or must end, then waits for the
// handlers, whose acks need the socket, and closes it.
func (c *connection) serve(ctx context.Context) {
	defer c.end()
	var reader sync.WaitGroup
	reader.Go(func() { c.read(ctx) })
	c.last(ctx)
	c.refuse()
	c.handlers.Wait()
	c.close()
	reader.Wait()
}

// last returns when the socket is dead, when its replacement has been at work
// for long, or at a shutdown when what was on its way has arrived.
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
		case <-shutdown:
			relieved, shutdown, late = nil, nil, time.After(c.times.linger)
		}
	}
}

func (c *connection) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusing = true
}

// close says goodbye, and hangs up on a peer that doesn't.
func (c *connection) close() {
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

func (c *connection) heard() {
	if closed(c.greeted) {
		c.watch.Reset(c.times.idle)
	}
}

func (c *connection) pinged(context.Context, []byte) bool {
	c.heard()
	return true
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
	if !closed(c.leaving) {
		close(c.leaving)
	}
}

func closed(signal <-chan struct{}) bool {
	select {
	case <-signal:
		return true
	default:
		return false
	}
}
