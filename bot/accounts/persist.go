package accounts

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Both questions only read, so asking twice does no harm: what fails for a
// moment, such as a service that is being replaced, is asked again.

// momentary is an error that another try may not have.
type momentary struct {
	error
	after time.Duration // not before then
}

func (m *momentary) Unwrap() error { return m.error }

// maxTries bounds what a service that is in trouble has to bear.
const maxTries = 3

// persist tries until it works, fails for good, or would take longer than ctx lasts.
func persist(ctx context.Context, try func() error) error {
	for n := 1; ; n++ {
		err := try()
		passing, ok := errors.AsType[*momentary](err)
		if !ok || n == maxTries {
			return err
		}
		wait := max(passing.after, pause(n))
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// pause is 50 to 150 ms after the first try and twice that after the second:
// many bots that fail at once don't come back at once.
func pause(n int) time.Duration {
	mean := 50 * time.Millisecond << n
	return mean/2 + rand.N(mean)
}
