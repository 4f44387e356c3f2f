package demo

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// clock turns the clock of the demo's bot on.
type clock struct {
	file string

	mu    sync.Mutex
	ahead time.Duration
}

// now is the time by which the bot lives, and the customer portal with it.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) turn(d time.Duration) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := os.WriteFile(c.file, []byte((c.ahead + d).String()), 0o600); err != nil {
		return "", fmt.Errorf("turning the clock on: %w", err)
	}
	c.ahead += d
	return fmt.Sprintf("The bot's clock is %.0f minutes ahead; the times above messages are the workspace's own.", c.ahead.Minutes()), nil
}
