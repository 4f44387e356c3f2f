package socket

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/coder/websocket"
)

const (
	// handleTime leaves an ack 200 ms of the 3 s that Slack waits.
	handleTime = 2800 * time.Millisecond
	// ackTime is for a socket that takes nothing: it's dead after that.
	ackTime = 2 * time.Second
)

// start hands an envelope to a goroutine that serve waits for. It blocks,
// and with it the reading, while all handlers are busy.
func (c *connection) start(ctx context.Context, e Envelope) {
	arrived := time.Now()
	c.room <- struct{}{}
	var taken bool
	c.change(func() {
		if taken = !c.refusing; taken {
			c.handling++
			c.handlers.Go(func() { c.process(context.WithoutCancel(ctx), e, arrived) })
		}
	})
	if !taken {
		<-c.room
		c.Log.Warn().Str("envelope", e.ID).Str("type", e.Type).Msg("an envelope came too late to be handled: its socket is being closed")
		return
	}
	c.count(func(l *Listener) { l.stats.Received++ })
}

func (c *connection) process(ctx context.Context, e Envelope, arrived time.Time) {
	defer c.change(func() { c.handling-- })
	defer func() { <-c.room }()
	acked := c.handle(ctx, e)
	if c.Handled != nil {
		c.Handled(e.Type, time.Since(arrived), acked)
	}
}

// handle says whether the ack was sent.
func (c *connection) handle(ctx context.Context, e Envelope) bool {
	data, err := c.answer(ctx, e)
	if err != nil {
		c.Log.Error().Err(err).Str("envelope", e.ID).Str("type", e.Type).Msg("handling an envelope")
	}
	if data == nil || e.ID == "" {
		return false
	}
	err = c.ack(ctx, data)
	c.count(func(l *Listener) {
		if err != nil {
			l.stats.AckFailures++
		} else {
			l.stats.Acked++
		}
	})
	if err != nil {
		c.Log.Error().Err(err).Str("envelope", e.ID).Str("type", e.Type).Msg("sending an ack")
	}
	return err == nil
}

// answer returns the ack to send, if any, and what went wrong, if anything.
func (c *connection) answer(ctx context.Context, e Envelope) (data []byte, err error) {
	defer func() {
		if recover() != nil { // its value may hold what somebody typed
			c.Log.Error().Bytes("stack", debug.Stack()).Str("envelope", e.ID).Msg("a handler panicked")
			data, err = nil, errPanic
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, handleTime)
	defer cancel()
	response, err := c.Handle(ctx, e)
	if err != nil {
		return nil, err
	}
	return ackFor(e, response)
}

var errPanic = errors.New("the handler panicked")

// errGone is of an ack that the system would take, and nobody read.
var errGone = errors.New("the socket has ended")

func (c *connection) ack(ctx context.Context, data []byte) error {
	select {
	case <-c.done:
		return errGone
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	if err := c.socket.Write(ctx, websocket.MessageText, data); err != nil {
		return fmt.Errorf("writing to the socket: %w", err)
	}
	return nil
}
