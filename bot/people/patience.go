package people

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/slack-go/slack"
)

// How patient a call is.
const (
	callTimeout = 10 * time.Second // one call to Slack; to PagerDuty with all its tries
	maxTries    = 4
	firstWait   = 250 * time.Millisecond // doubled from try to try
	longestWait = 30 * time.Second       // what Slack may ask for and get
)

// patiently makes a call to Slack, again if Slack is too busy and there is time
// left to wait as long as it says. All such calls only read.
func patiently(ctx context.Context, call func(context.Context) error) error {
	for try := 1; ; try++ {
		err := limited(ctx, call)
		wait, again := slackWait(err, try)
		if !again || try == maxTries || !fits(ctx, wait) {
			return plain(ctx, err)
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func limited(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return call(ctx)
}

// slackWait says how long to wait before another try, and whether to make one.
func slackWait(err error, try int) (time.Duration, bool) {
	if busy, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return max(busy.RetryAfter, backoff(try)), busy.RetryAfter <= longestWait
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok && status.Code >= http.StatusInternalServerError {
		return backoff(try), true
	}
	return 0, false
}

// plain makes of slack-go's error one that says what to do about it.
func plain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrSlack, context.Cause(ctx))
	}
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok {
		return fmt.Errorf("%w: %w", ErrSlack, err)
	}
	switch refused.Err {
	case errNoUser, errNoEmail, errInvisible, errNoGroup:
		return fmt.Errorf("%w: Slack answers %s", ErrUnknown, refused.Err)
	case "missing_scope":
		return fmt.Errorf("the app lacks the scope %s: add it to the manifest and install the app again", refused.Needed)
	}
	return fmt.Errorf("refused by Slack: %w", err)
}

// backoff is the wait after a try: doubled each time, and never twice the same,
// so that several replicas don't come back together.
func backoff(try int) time.Duration {
	wait := firstWait << (try - 1)
	return wait/2 + rand.N(wait/2)
}

// fits says whether a wait ends before the context does.
func fits(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > wait
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
