package slacksim

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// ackTime is how long Slack waits for an ack.
	ackTime        = 3 * time.Second
	maxConnections = 10
	pingEvery      = 10 * time.Second
	// warnBefore is how long before it closes a socket the simulator says so.
	// Slack takes about ten seconds.
	warnBefore = 2 * time.Second
)

// connection is one of the app's sockets.
type connection struct {
	socket *websocket.Conn
	cable  *cable
	out    chan []byte
	gone   context.Context
	cut    context.CancelFunc
	leaves chan struct{} // closed when it is told that it'll be closed: nothing new goes there
}

func (ws *Workspace) connectionsOpen(args) (answer, error) {
	if ws.closed {
		return nil, no("internal_error")
	}
	ticket := strings.ToLower(ws.id("") + ws.id(""))
	ws.tickets[ticket] = true
	return answer{"url": "ws" + strings.TrimPrefix(ws.url, "http") + "/link/?ticket=" + ticket + "&app_id=" + ws.appID}, nil
}

// admit uses up a ticket.
func (ws *Workspace) admit(ticket string) bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ok := ws.tickets[ticket] && len(ws.sockets) < maxConnections && !ws.closed
	delete(ws.tickets, ticket)
	if ok {
		ws.serving.Add(1)
	}
	return ok
}

func (ws *Workspace) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !ws.admit(r.URL.Query().Get("ticket")) {
		http.Error(w, "no such ticket", http.StatusForbidden)
		return
	}
	defer ws.serving.Done()
	// slack-go's client says that it comes from https://api.slack.com; a ticket
	// is what admits it, and a browser gets none.
	wired := &wiring{ResponseWriter: w}
	socket, err := websocket.Accept(wired, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // the answer was written already
	}
	gone, cut := context.WithCancel(context.Background())
	c := &connection{socket: socket, cable: wired.cable, out: make(chan []byte, 100), gone: gone, cut: cut, leaves: make(chan struct{})}
	ws.join(c)
	var writer sync.WaitGroup
	defer writer.Wait()
	defer cut()
	defer ws.leave(c) // at once: from here on nothing goes there
	writer.Go(func() { c.write() })
	ws.read(c)
}

func (ws *Workspace) join(c *connection) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.sockets = append(ws.sockets, c)
	if ws.closed {
		c.cut() // the workspace closed during the handshake
	}
	c.send(map[string]any{
		"type": "hello", "num_connections": len(ws.sockets), "connection_info": map[string]any{"app_id": ws.appID},
		"debug_info": map[string]any{"host": "applink-simulated", "build_number": 1, "approximate_connection_time": 18060},
	})
	ws.announce()
}

func (ws *Workspace) leave(c *connection) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.cross(c)
	ws.sockets = slices.DeleteFunc(ws.sockets, func(other *connection) bool { return other == c })
	_ = c.socket.CloseNow() // it may be closed already
	ws.announce()
}

// send queues a frame; a socket that doesn't read is cut.
func (c *connection) send(frame any) {
	select {
	case c.out <- encoded(frame):
	default:
		c.cut()
	}
}

// write sends what is queued, and ends the socket: when it is cut, or in two
// steps after it was told that it'll be closed.
func (c *connection) write() {
	var pings sync.WaitGroup
	defer pings.Wait()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	leaves := c.leaves
	var refresh, end <-chan time.Time
	for {
		select {
		case <-c.gone.Done():
			_ = c.socket.CloseNow() // ends the reading
			return
		case frame := <-c.out:
			c.writeFrame(frame)
		case <-leaves:
			leaves, refresh = nil, time.After(warnBefore)
		case <-refresh:
			c.send(disconnection("refresh_requested"))
			end = time.After(warnBefore / 4)
		case <-end:
			c.cut()
		case <-ping.C:
			pings.Go(c.ping) // a pong comes while others are written
		}
	}
}

func (c *connection) ping() {
	ctx, cancel := context.WithTimeout(c.gone, pingEvery)
	defer cancel()
	_ = c.socket.Ping(ctx) // a client that doesn't answer is noticed by its reads
}

// leaving says whether the socket was told that it'll be closed.
func (c *connection) leaving() bool {
	select {
	case <-c.leaves:
		return true
	default:
		return false
	}
}

func disconnection(reason string) map[string]any {
	return map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "applink-simulated"}}
}

// read takes acks until the socket ends.
func (ws *Workspace) read(c *connection) {
	for {
		_, data, err := c.socket.Read(c.gone)
		if err != nil {
			return
		}
		var ack struct {
			ID      string          `json:"envelope_id"`
			Payload json.RawMessage `json:"payload"`
		}
		if json.Unmarshal(data, &ack) == nil {
			ws.acked(c, ack.ID, ack.Payload)
		}
	}
}

// Connections says how many sockets the app has.
func (ws *Workspace) Connections() int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return len(ws.sockets)
}

// CutSocket ends the oldest socket without a word.
func (ws *Workspace) CutSocket() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if len(ws.sockets) > 0 {
		ws.sockets[0].cut()
	}
}

// RefreshSocket warns the oldest socket, and closes it a little later.
func (ws *Workspace) RefreshSocket() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.refresh()
}

func (ws *Workspace) refresh() {
	i := slices.IndexFunc(ws.sockets, func(c *connection) bool { return !c.leaving() })
	if i < 0 {
		return
	}
	c := ws.sockets[i]
	c.send(disconnection("warning"))
	close(c.leaves)
}
