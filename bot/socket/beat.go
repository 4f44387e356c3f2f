package socket

import (
	"context"
	"time"
)

// A socket can die without a word, and stay open. Slack's own pings would tell,
// but they are half a minute apart, and all that time a dead socket swallows
// its share of the clicks. So the other side is pinged more often from here.
//
// Silence is only a reason to look for a replacement, as Slack's farewell is:
// a socket that was merely slow loses nothing by it.

// beat pings the other side until the socket ends, or leaves an answer out.
func (c *connection) beat() {
	every := time.NewTicker(c.times.ping)
	defer every.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-every.C:
		}
		if !c.answers() {
			c.mute.Store(true)
			c.Log.Warn().Msg("a socket has fallen silent: it gets a replacement")
			c.leave()
			return
		}
	}
}

// answers says whether the other side gave any sign of life to a ping. While
// all handlers are busy an answer may wait behind frames; these are signs, too.
func (c *connection) answers() bool {
	before := c.sounds.Load()
	ctx, cancel := context.WithTimeout(c.life, c.times.ping/2)
	defer cancel()
	err := c.socket.Ping(ctx)
	return err == nil || c.sounds.Load() != before || closed(c.done)
}

// heard notes a sign of life of Slack's own.
func (c *connection) heard() {
	c.sounds.Add(1)
	c.mute.Store(false)
	if closed(c.greeted) {
		c.watch.Reset(c.times.idle)
	}
}

func (c *connection) pinged(context.Context, []byte) bool {
	c.heard()
	return true
}
