package bot_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// wire is a network in memory that leads to one server. Tests under synctest
// need it: time stands still there while somebody waits for a real socket.
type wire struct {
	calls chan net.Conn
	ended chan struct{}

	mu    sync.Mutex
	conns []*buffered
	over  bool
}

// newWire serves the handler on a wire until the test ends, and is a way to call it.
func newWire(t *testing.T, handler http.Handler) (*wire, *http.Transport) {
	w := &wire{calls: make(chan net.Conn), ended: make(chan struct{})}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(w) // it ends because it is told to
	}()
	transport := &http.Transport{DialContext: w.dial, MaxIdleConnsPerHost: 50}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		w.cut()
		_ = server.Close() // the wire is cut
		<-served
	})
	return w, transport
}

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	a, b := net.Pipe()
	here, there := newBuffered(a), newBuffered(b)
	w.mu.Lock()
	if w.over {
		w.mu.Unlock()
		here.cut()
		there.cut()
		return nil, net.ErrClosed
	}
	w.conns = append(w.conns, here, there)
	w.mu.Unlock()
	select {
	case w.calls <- there:
		return here, nil
	case <-w.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// cut ends every connection without a word, and lets no new one through.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	w.over = true
	close(w.ended)
	for _, c := range w.conns {
		c.cut()
	}
}

// Accept is for the server.
func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.calls:
		return c, nil
	case <-w.ended:
		return nil, net.ErrClosed
	}
}

// Close is for the server.
func (w *wire) Close() error {
	w.cut()
	return nil
}

// Addr is for the server.
func (w *wire) Addr() net.Addr { return &net.UnixAddr{Name: "wire"} }

// buffered is an end of a pipe whose writes don't wait for a reader, as those of
// a TCP socket don't: two peers that ping each other at one moment would wait for
// each other.
type buffered struct {
	net.Conn
	mu      sync.Mutex
	change  *sync.Cond
	written []byte // and not sent yet
	closed  bool
}

func newBuffered(end net.Conn) *buffered {
	b := &buffered{Conn: end}
	b.change = sync.NewCond(&b.mu)
	go b.send()
	return b
}

func (b *buffered) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, net.ErrClosed
	}
	b.written = append(b.written, p...)
	b.change.Signal()
	return len(p), nil
}

// Close ends the reading at once, and the pipe when all that was written is sent.
func (b *buffered) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.change.Signal()
	return b.SetReadDeadline(time.Unix(0, 1))
}

// cut ends it without sending what was written.
func (b *buffered) cut() {
	_ = b.Close()      // a pipe's never fails
	_ = b.Conn.Close() // nor does this
}

func (b *buffered) send() {
	defer func() { _ = b.Conn.Close() }() // a pipe's never fails
	for {
		p := b.take()
		if len(p) == 0 {
			return
		}
		if _, err := b.Conn.Write(p); err != nil {
			_ = b.Close() // a pipe's never fails
			return
		}
	}
}

// take waits for something to send. There is nothing once it is closed.
func (b *buffered) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.written) == 0 && !b.closed {
		b.change.Wait()
	}
	p := b.written
	b.written = nil
	return p
}
