package notify

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

const (
	firstRetry = 5 * time.Second
	lastRetry  = time.Hour
	// patience is for how long an app hears a notice that it doesn't take.
	patience = 3 * 24 * time.Hour
	// askingPatience is that for one with the customer's link. A case goes on by its
	// rules then, without the customer; and a reminder is late.
	askingPatience = 5 * time.Minute
)

func patienceFor(kind approval.Notice) time.Duration {
	if kind.HasLink() {
		return askingPatience
	}
	return patience
}

var (
	// errUnwanted says that the flow sends no notices any more.
	errUnwanted = errors.New("the flow's app has no webhook any more")
	// errMoot says that nobody has to be told any more.
	errMoot = errors.New("the customer needn't answer any more")
	// errNoAnswer says that the customer would have nowhere to answer.
	errNoAnswer = errors.New("UNDERSTUDY_CONSENT_URL isn't set, so that there is no page where the customer could answer")
)

// refusal is an answer that isn't that the app has it.
type refusal struct {
	status int
	after  time.Duration // how long it asks to wait; zero if it doesn't
}

func (r *refusal) Error() string {
	if r.status/100 == 3 {
		return fmt.Sprintf("the app sends elsewhere (%d), where nothing is sent", r.status)
	}
	return fmt.Sprintf("the app answered %d %s", r.status, http.StatusText(r.status))
}

// verdict is what a failed try means.
type verdict struct {
	final bool
	wait  time.Duration // until the next try, if it isn't
}

// judge says what the failure means for the notice. An app that answers 410 doesn't
// want this one. It hears of others: only its flow's record ends that.
func judge(failure error, w store.Webhook, now time.Time) verdict {
	refused, answered := errors.AsType[*refusal](failure)
	gone := answered && refused.status == http.StatusGone
	if gone || errors.Is(failure, errUnwanted) || now.Sub(w.Since) >= patienceFor(w.Kind) {
		return verdict{final: true}
	}
	wait := jittered(min(lastRetry, firstRetry<<min(w.Failures, 10)))
	if answered {
		wait = max(wait, refused.after)
	}
	if left := w.Since.Add(patienceFor(w.Kind)).Sub(now); w.Kind.HasLink() {
		wait = min(wait, left) // somebody waits for the last try
	}
	return verdict{wait: wait}
}

// jittered is a time of which a part is random, so that many don't come back
// together.
func jittered(d time.Duration) time.Duration { return d/2 + rand.N(d/2) }

// retryAfter is what an app asks for, in seconds, up to an hour.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(lastRetry, time.Duration(min(seconds, int(lastRetry/time.Second)))*time.Second)
}
