package deliver

import (
	"errors"
	"time"

	"github.com/understudyhq/understudy/store"
)

// Attempt is what came of one look at a card, once that is recorded.
type Attempt struct {
	Card   store.Card // as Slack has it now
	At     time.Time
	Result AttemptResult
	// Paced is how long the card was put off to stay under Slack's limits.
	Paced time.Duration
}

// AttemptResult is how an attempt ended.
type AttemptResult string

// The results of an attempt.
const (
	Done    AttemptResult = "done"    // Slack shows what it should, perhaps since before
	PutOff  AttemptResult = "put_off" // it wasn't time yet
	Retried AttemptResult = "retried" // it failed, and comes back
	Lost    AttemptResult = "lost"    // it failed for good
)

func (d *Deliverer) watched(card store.Card, failure error) {
	if d.Watch == nil {
		return
	}
	a := Attempt{Card: card, At: d.Now(), Result: Done}
	if later, ok := errors.AsType[*tooSoon](failure); ok {
		a.Result = PutOff
		if !later.unpaced {
			a.Paced = later.wait
		}
	} else if failure != nil {
		a.Result = Retried
		if judge(failure, card).final {
			a.Result = Lost
		}
	}
	d.Watch(a)
}
