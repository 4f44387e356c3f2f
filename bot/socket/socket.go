// Package socket listens to Slack over Socket Mode without ever being deaf.
//
// A click that arrives while an app has no socket is lost: Slack doesn't send
// it again. So a [Listener] holds several connections that were started apart
// in time, and when Slack announces that it will close one, the replacement is
// opened first (make before break). The old connection is read, and acked on,
// until Slack closes it, or for half a minute after the replacement was greeted.
//
// Every envelope is handled in a goroutine of its own and acked on the socket
// it came by, since nothing says that Slack takes an ack on another one. An
// envelope whose handler fails isn't acked: Slack then shows the person that
// the action failed, which is the truth.
//
// A connection that doesn't answer our pings is replaced in the same way, and
// one that says nothing for too long, not even a ping of Slack's, ends at once:
// it is half open, and swallows what Slack sends there. What can't heal, such as a revoked token, ends
// [Listener.Run] with a [FatalError] that says the remedy; everything else is
// tried again.
//
// Nothing is stored. Payloads, answers and socket addresses (they carry a
// ticket) are never logged.
//
// The protocol: https://docs.slack.dev/apis/events-api/using-socket-mode
package socket

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Envelope is what Slack sends: a command, an interaction or an event.
type Envelope struct {
	ID              string
	Type            string // slash_commands, interactive, events_api, or one that is new
	AcceptsResponse bool   // whether the ack may carry an answer
	Payload         json.RawMessage
}

// Listener holds an app's sockets. Its exported fields are set before Run and
// left alone from then on. It runs once at a time, and isn't copied while it
// runs.
type Listener struct {
	// Open calls apps.connections.open and returns the socket's address.
	Open func(ctx context.Context) (url string, err error)
	// Handle answers an envelope within 2.8 s, the deadline of its context;
	// neither the socket's death nor a shutdown cancels it. A nil response
	// is a bare ack. After an error or a panic there is no ack.
	Handle func(ctx context.Context, e Envelope) (response any, err error)
	// HTTP opens the sockets; nil means [http.DefaultClient].
	HTTP *http.Client
	// Connections is how many sockets are held; 0 means 2. Slack allows ten
	// to an app.
	Connections int
	// Handled, if set, is told of every envelope that is done with: its type, how
	// long after it was read, and whether its ack was sent.
	Handled func(kind string, after time.Duration, acked bool)
	// PingEvery is the time between our pings on a socket; 0 means 10 s. A
	// socket that leaves one without an answer for half of it is replaced.
	PingEvery time.Duration
	Log       zerolog.Logger

	times    times
	mu       sync.Mutex // guards what follows
	stats    Stats
	held     int           // sockets being opened, and those open
	ready    int           // open sockets that Slack has greeted
	alarm    int           // the number of sockets last warned of
	greeting chan struct{} // closed at the first greeting; nil before anybody asks
}

// Stats counts what has happened since the Listener was made.
type Stats struct {
	Received    int // envelopes
	Acked       int
	AckFailures int // handled, but the ack couldn't be sent
	Reconnects  int // sockets opened in the place of another
}

// Connected says how many sockets Slack has greeted and not closed.
func (l *Listener) Connected() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ready
}

// Held says how many sockets are open or being opened.
func (l *Listener) Held() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// Greeted is closed when Slack has greeted a socket for the first time.
func (l *Listener) Greeted() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.firstGreeting()
}

func (l *Listener) firstGreeting() chan struct{} {
	if l.greeting == nil {
		l.greeting = make(chan struct{})
	}
	return l.greeting
}

// Stats says what has happened so far.
func (l *Listener) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

// Run listens until ctx ends: it then handles and acks what has arrived,
// closes the sockets and returns nil. It returns a *FatalError where trying
// again can't help.
func (l *Listener) Run(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{
		Listener: l,
		times:    l.times.orDefaults(l.PingEvery),
		room:     make(chan struct{}, maxHandlers),
		cancel:   cancel,
	}
	for i := range r.seats() {
		s := &seat{run: r}
		r.work.Go(func() { s.keep(inner, time.Duration(i)*r.times.apart) })
	}
	r.work.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(inner)
}

// count changes the listener's numbers.
func (l *Listener) count(change func(*Listener)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

// greeted compares what Slack counts with what is held here. Slack shares
// clicks out among all sockets that it counts, so one that nobody reads
// swallows its share.
func (l *Listener) greeted(counted int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first := l.firstGreeting(); !closed(first) {
		close(first)
	}
	if l.ready++; l.ready == 1 {
		l.Log.Info().Msg("connected to Slack")
	}
	if counted <= l.held {
		l.alarm = 0
		return
	}
	if counted != l.alarm {
		l.alarm = counted
		l.Log.Warn().Int("slack_counts", counted).Int("held", l.held).
			Msg("Slack counts more sockets of this app than this process holds: clicks that go to the others aren't seen here")
	}
}

// times are the listener's patience; a zero one has its default.
type times struct {
	apart  time.Duration // between the starts of two connections
	open   time.Duration // for Open, for the dial, and for the greeting
	idle   time.Duration // without a frame or a ping
	leave  time.Duration // from the greeting of a replacement to the end of what it replaces
	linger time.Duration // from the shutdown to the first moment to close at
	drain  time.Duration // from there to the last envelope taken
	ping   time.Duration // between our pings
	retry  time.Duration // the first pause after a failure
	brief  time.Duration // a socket that lived less isn't replaced at once
}

func (t times) orDefaults(ping time.Duration) times {
	return times{
		apart:  cmp.Or(t.apart, 3*time.Second),
		open:   cmp.Or(t.open, 10*time.Second),
		idle:   cmp.Or(t.idle, 45*time.Second), // Slack pings at least every 30 s
		leave:  cmp.Or(t.leave, 30*time.Second),
		linger: cmp.Or(t.linger, 100*time.Millisecond),
		drain:  cmp.Or(t.drain, 2*time.Second),
		ping:   cmp.Or(t.ping, ping, 10*time.Second),
		retry:  cmp.Or(t.retry, 250*time.Millisecond),
		brief:  cmp.Or(t.brief, 5*time.Second),
	}
}
