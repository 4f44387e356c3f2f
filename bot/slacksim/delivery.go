package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// delivery is an envelope that waits for its ack.
type delivery struct {
	id   string
	on   []*connection
	sent time.Time
	acks chan json.RawMessage
	once sync.Once
}

// acked takes an ack. Slack doesn't promise to take one on another socket than
// the envelope's, so that one is ignored.
func (ws *Workspace) acked(c *connection, id string, payload json.RawMessage) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	d := ws.waiting[id]
	if d == nil || !slices.Contains(d.on, c) {
		return
	}
	if ws.trouble.forget > 0 {
		ws.trouble.forget--
		return
	}
	d.once.Do(func() { d.acks <- payload })
}

var (
	errNoSocket = errors.New("the app isn't connected just now: try again in a few seconds")
	errNoAck    = errors.New("the app didn't answer in time")
)

// appFailed says whether err is the app's silence, of which people read.
func appFailed(err error) bool { return errors.Is(err, errNoSocket) || errors.Is(err, errNoAck) }

// deliver sends the app an envelope and waits for its ack.
func (ws *Workspace) deliver(ctx context.Context, kind string, payload any, answers bool) (json.RawMessage, error) {
	d, err := ws.dispatch(kind, payload, answers)
	if err != nil {
		return nil, err
	}
	defer func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		delete(ws.waiting, d.id)
	}()
	timer := time.NewTimer(ackTime)
	defer timer.Stop()
	select {
	case ack := <-d.acks:
		return ack, nil
	case <-timer.C:
		return nil, errNoAck
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (ws *Workspace) dispatch(kind string, payload any, answers bool) (*delivery, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c := ws.pick()
	if c == nil {
		return nil, errNoSocket
	}
	d := &delivery{id: strings.ToLower(ws.id("")) + "-" + strings.ToLower(ws.id("")), acks: make(chan json.RawMessage, 1), sent: time.Now()}
	ws.waiting[d.id] = d
	frame := map[string]any{"envelope_id": d.id, "type": kind, "accepts_response_payload": answers, "payload": payload}
	if kind == "events_api" {
		frame["retry_attempt"], frame["retry_reason"] = 0, ""
	}
	d.on = append(d.on, c)
	if ws.trouble.cutAfter > 0 {
		ws.trouble.cutAfter--
		c.sendLast(frame)
		return d, nil
	}
	c.send(frame)
	twice := ws.trouble.double > 0
	if twice {
		ws.trouble.double--
	}
	if twice || ws.trouble.strikes(doubled) {
		again := ws.pick()
		d.on = append(d.on, again)
		again.send(frame)
	}
	if ws.trouble.strikes(refreshedAfter) {
		ws.refresh()
	}
	return d, nil
}

// pick takes the app's sockets in turn.
func (ws *Workspace) pick() *connection {
	for range ws.sockets {
		ws.nextSocket++
		if c := ws.sockets[ws.nextSocket%len(ws.sockets)]; !c.leaving() {
			return c
		}
	}
	if len(ws.sockets) > 0 {
		return ws.sockets[0] // all were warned; until they close they are used
	}
	return nil
}

// cross notes the envelopes that crossed with the end of the socket: the app
// closed it while they were on their way. Locked.
func (ws *Workspace) cross(c *connection) {
	if c.gone.Err() != nil {
		return // it was cut from here
	}
	for _, d := range ws.waiting {
		if slices.Contains(d.on, c) && len(d.acks) == 0 {
			ws.crossed = append(ws.crossed, time.Since(d.sent))
		}
	}
}

// Crossed says, for each envelope that was without an ack when the app closed
// its socket, how long it had been sent by then. An app can't help it where
// that is no longer than the way over the network.
func (ws *Workspace) Crossed() []time.Duration {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return slices.Clone(ws.crossed)
}
