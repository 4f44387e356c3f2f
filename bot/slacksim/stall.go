package slacksim

import (
	"bufio"
	"net"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/coder/websocket"
)

// A stalled socket is open and does nothing: what the app writes is never
// read, what the workspace writes never comes, and no ping is answered. The
// workspace goes on sending it a share of the envelopes, as Slack does while
// it doesn't know; their people read that the app failed them. It ends when
// the app hangs up, or the workspace heals.

// StallSocket makes the oldest socket that works stall.
func (ws *Workspace) StallSocket() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	i := slices.IndexFunc(ws.sockets, func(c *connection) bool { return !c.cable.stalled.Load() })
	if i >= 0 {
		ws.sockets[i].cable.stalled.Store(true)
	}
}

// CutAfterEnvelopes cuts the sockets of the next n envelopes right after the
// envelope was written, so that there is nowhere to write the ack to.
func (ws *Workspace) CutAfterEnvelopes(n int) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.trouble.cutAfter = n
}

// unstall ends the stalled sockets: what they swallowed can't be made up for.
// Locked.
func (ws *Workspace) unstall() {
	for _, c := range ws.sockets {
		if c.cable.stalled.Load() {
			c.cut()
		}
	}
}

// cable is what a socket's bytes go over.
type cable struct {
	net.Conn
	stalled atomic.Bool
	deaf    atomic.Bool // it is about to be cut: what comes is dropped
}

// Read drops what comes while the cable is stalled or deaf, and notices its end.
func (c *cable) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if err != nil || !c.stalled.Load() && !c.deaf.Load() {
			return n, err
		}
	}
}

func (c *cable) Write(p []byte) (int, error) {
	if c.stalled.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// wiring has a WebSocket's handshake go over a cable that can stall.
type wiring struct {
	http.ResponseWriter
	cable *cable
}

// Hijack takes the connection over.
func (w *wiring) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.cable = &cable{Conn: conn}
	buffers.Writer.Reset(w.cable) // the handshake takes its reader from the cable itself
	return w.cable, buffers, nil
}

// sendLast sends a frame, and cuts the socket as soon as it is written. An app
// that is faster than the cut isn't heard either.
func (c *connection) sendLast(frame any) {
	c.cable.deaf.Store(true)
	c.send(frame)
	select {
	case c.out <- nil:
	default:
		c.cut()
	}
}

// writeFrame writes what was queued. A frame that isn't there cuts the socket.
func (c *connection) writeFrame(frame []byte) {
	if frame == nil || c.socket.Write(c.gone, websocket.MessageText, frame) != nil {
		c.cut()
	}
}
