package storm

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// clock is the time by which cases live: the real one and a lead that only
// grows. The bot reads the lead from a file, a little later.
type clock struct {
	file string

	mu    sync.Mutex
	leads []lead
}

// lead is how far ahead the clock is since a real time.
type lead struct {
	since time.Time
	by    time.Duration
}

func newClock(folder string) *clock {
	return &clock{file: filepath.Join(folder, "clock"), leads: []lead{{}}}
}

// now is the time by which cases live.
func (c *clock) now() time.Time { return c.at(time.Now()) }

// at is what the clock says at a real time.
func (c *clock) at(when time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.leads) - 1; i > 0; i-- {
		if !when.Before(c.leads[i].since) {
			return when.Add(c.leads[i].by)
		}
	}
	return when
}

// real is when the clock said t. A time that was jumped over was told by
// somebody who hadn't read of the jump.
func (c *clock) real(t time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.leads) - 1; i > 0; i-- {
		if !t.Before(c.leads[i].since.Add(c.leads[i].by)) {
			return t.Add(-c.leads[i].by)
		}
	}
	return t
}

// jump moves the clock forwards.
func (c *clock) jump(by time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	by += c.leads[len(c.leads)-1].by
	since := time.Now() // nobody reads of it before
	// A reader never sees half of it.
	if err := os.WriteFile(c.file+".new", []byte(by.String()), 0o600); err != nil {
		return fmt.Errorf("jumping the clock: %w", err)
	}
	if err := os.Rename(c.file+".new", c.file); err != nil {
		return fmt.Errorf("jumping the clock: %w", err)
	}
	c.leads = append(c.leads, lead{since, by})
	return nil
}
