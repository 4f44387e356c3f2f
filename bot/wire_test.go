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
	conns []net.Conn
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
	here, there := net.Pipe()
	w.mu.Lock()
	if w.over {
		w.mu.Unlock()
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
		_ = c.Close() // a pipe's never fails
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
