package people

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// retry makes a call again when PagerDuty is too busy, broken or not to be
// reached, as long as the request's context has time for it. It's only right for
// calls that read, and go-pagerduty has nothing of the kind.
type retry struct{ next http.RoundTripper }

// RoundTrip makes up to maxTries tries. The last answer is the answer.
func (t retry) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		return nil, fmt.Errorf("%s is not a call that may be repeated", r.Method)
	}
	for try := 1; ; try++ {
		response, err := t.next.RoundTrip(r.Clone(r.Context()))
		wait, again := pagerWait(response, err, try)
		if !again || try == maxTries || !fits(r.Context(), wait) {
			return response, err
		}
		discard(response)
		if err := pause(r.Context(), wait); err != nil {
			return nil, err
		}
	}
}

// pagerWait says how long to wait before another try, and whether to make one.
func pagerWait(response *http.Response, err error, try int) (time.Duration, bool) {
	if err != nil {
		return backoff(try), true
	}
	if response.StatusCode == http.StatusTooManyRequests {
		return max(backoff(try), resetOf(response.Header)), true
	}
	return backoff(try), response.StatusCode >= http.StatusInternalServerError
}

// resetOf is how long a limit lasts. PagerDuty says it in seconds, in a header
// of the IETF's draft of rate-limit headers.
func resetOf(header http.Header) time.Duration {
	for _, name := range []string{"Ratelimit-Reset", "Retry-After"} {
		if seconds, err := strconv.Atoi(header.Get(name)); err == nil && seconds > 0 {
			return time.Duration(seconds) * time.Second
		}
	}
	return 0
}

// discard lets the connection be used again.
func discard(response *http.Response) {
	if response == nil {
		return
	}
	// The answer is thrown away, and so is the news that it can't be read.
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	_ = response.Body.Close()
}
