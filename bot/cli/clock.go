package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// clockPoll is how often the file of a jumping clock is read.
const clockPoll = 100 * time.Millisecond

// jumpingClock tells a time that is ahead of the real one by what a file says,
// such as 10m: so one sees in minutes what hours do to cases. A file that isn't
// there leaves the time as it is.
func jumpingClock(ctx context.Context, file string) func() time.Time {
	var ahead atomic.Int64
	look := func() {
		data, err := os.ReadFile(file)
		if err != nil {
			return
		}
		if d, err := time.ParseDuration(strings.TrimSpace(string(data))); err == nil {
			ahead.Store(int64(d))
		}
	}
	look()
	go func() {
		ticks := time.NewTicker(clockPoll)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
				look()
			}
		}
	}()
	return func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
}

// clock is the time by which cases live. Only a simulated workspace may jump it:
// whoever moves the time can end a wait or a grant.
func (s *Serve) clock(ctx context.Context) (func() time.Time, error) {
	if s.Clock == "" {
		return time.Now, nil
	}
	if err := s.simulated("--clock"); err != nil {
		return nil, err
	}
	return jumpingClock(ctx, s.Clock), nil
}

// simulated refuses an option outside of a simulated workspace.
func (s *Serve) simulated(option string) error {
	if u, err := url.Parse(s.SlackAPIURL); err != nil || u.Hostname() != "127.0.0.1" {
		return fmt.Errorf("%s is for a simulated workspace on 127.0.0.1, and SLACK_API_URL is %q", option, s.SlackAPIURL)
	}
	return nil
}
