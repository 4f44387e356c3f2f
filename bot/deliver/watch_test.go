package deliver

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/store"
)

func TestWhatAnAttemptIsCalled(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		failure error
		want    AttemptResult
		paced   time.Duration
	}{
		"delivered":           {nil, Done, 0},
		"paced":               {&tooSoon{wait: time.Minute}, PutOff, time.Minute},
		"waiting for a look":  {fmt.Errorf("finding: %w", &tooSoon{wait: time.Minute, unpaced: true}), PutOff, 0},
		"limited":             {fmt.Errorf("posting: %w", &slack.RateLimitedError{RetryAfter: time.Second}), Retried, 0},
		"cut":                 {errors.New("the connection broke"), Retried, 0},
		"nobody there":        {fmt.Errorf("posting: %w", slack.SlackErrorResponse{Err: "user_disabled"}), Lost, 0},
		"its case isn't here": {store.ErrNotFound, Lost, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var got []Attempt
			d := &Deliverer{Now: func() time.Time { return now }, Watch: func(a Attempt) { got = append(got, a) }}
			d.watched(store.Card{ID: "c1/approver/UMIA"}, test.failure)
			if len(got) != 1 || got[0].Result != test.want || got[0].Paced != test.paced || !got[0].At.Equal(now) {
				t.Errorf("got %+v", got)
			}
		})
	}
	new(Deliverer).watched(store.Card{}, nil) // nobody watches
}
