// Package notify tells apps of their grants, and has them ask their customers, by
// signed webhooks.
//
// It is for what listens to no stream: an app that writes to the customer that
// somebody of support signed in as them, or a log of its own. The store has a
// notice for each event that an app is to be told of, written with the event. A
// [Notifier] takes one, reads the event, sends what it says to the app, and
// forgets it when the app has answered that it has it.
//
// Between two effects a crash leaves one of these:
//
//   - taken, nothing sent: the notice comes back when its time is up;
//   - sent, not recorded: it is sent again under the same id, by which an app
//     drops what it has;
//   - given up, the case told, not recorded: it is tried once more, unless the case
//     needs no answer by then.
//
// An app that doesn't take a notice hears it again, ever more rarely, for three
// days. What fails then stays in the store, for people to look at and to send
// again. A case waits for a question to its customer, so that an app has five minutes
// for one, and then the case goes on without them. Notices of one app go out several at a time and in no promised order: each
// says when it happened. An app that hangs holds up no other, and no case.
//
// What is sent is as the Standard Webhooks specification has it
// (standardwebhooks.com), version 1 with a symmetric key, so that apps verify it
// with a library that they choose.
package notify

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/work"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

const (
	// lease is how long a taken notice is this process's: longer than answerTime
	// and the record together.
	lease      = 30 * time.Second
	recordTime = 8 * time.Second
	// together is how many are sent at the same time, toOne how many to one app.
	together = 32
	toOne    = 4
	// seatPause is how long a notice waits while so many others go to its app.
	seatPause = 2 * time.Second
)

// Notifier sends what the store says that apps are to be told.
type Notifier struct {
	Ledger *store.Ledger
	// Secret is the key that an app's notices are signed with.
	Secret func(app string) []byte
	// Answer is where a customer answers who is asked about the case of this id.
	Answer func(caseID string) string
	// Unasked is told of a case whose customer couldn't be asked, because the app
	// didn't take it. It may be told twice.
	Unasked func(ctx context.Context, caseID, why string) error
	// Transport carries them. Nil means [http.DefaultTransport].
	Transport http.RoundTripper
	Now       func() time.Time
	// Watch, if set, is told what came of every try.
	Watch func(Attempt)
	Log   zerolog.Logger

	http  *http.Client
	mu    sync.Mutex
	seats map[string]int // how many go to an app now
}

// Attempt is what came of one try.
type Attempt struct {
	App    string
	Result Result
}

// Result is how a try ended.
type Result string

// The results.
const (
	Taken   Result = "taken"   // the app has it
	Retried Result = "retried" // it doesn't, and hears it again
	Failed  Result = "failed"  // … and doesn't
)

// Run sends until ctx ends. What is being sent then is cut, and sent again by
// whoever has the store next.
func (n *Notifier) Run(ctx context.Context) {
	// A redirect would take what is for the app alone elsewhere.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	n.http = &http.Client{Timeout: answerTime, Transport: n.Transport, CheckRedirect: stay}
	n.seats = map[string]int{}
	work.Queue[store.Webhook]{
		Name: "notices to apps", Together: together, Changed: n.Ledger.Changed, Now: n.Now, Log: n.Log,
		Take: func(ctx context.Context, now time.Time, limit int) ([]store.Webhook, time.Time, error) {
			return n.Ledger.TakeWebhooks(ctx, now, limit, lease)
		},
		Do: n.tell,
	}.Run(ctx)
}

// tell brings one notice further, and records how that went.
func (n *Notifier) tell(ctx context.Context, w store.Webhook) {
	record := func(ctx context.Context) error { return n.Ledger.DropWebhook(ctx, w.ID) }
	if w.Failed.IsZero() {
		leave, free := n.seat(w.App)
		if !free {
			record = func(ctx context.Context) error {
				return n.Ledger.PutOffWebhook(ctx, w.ID, n.Now().Add(jittered(seatPause)))
			}
		} else {
			err := n.send(ctx, w)
			leave()
			if err != nil && ctx.Err() != nil {
				return // it was cut, which says nothing of the app
			}
			record = n.judged(w, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := record(ctx); err != nil {
		n.Log.Error().Err(err).Str("notice", w.ID).Msg("recording what came of a notice to an app") // its lease ends, too
	}
}

// judged is the record of a try, which it tells of if there was one.
func (n *Notifier) judged(w store.Webhook, failure error) func(context.Context) error {
	drop := func(ctx context.Context) error { return n.Ledger.DropWebhook(ctx, w.ID) }
	if errors.Is(failure, errMoot) {
		return drop
	}
	now, result := n.Now(), Taken
	defer func() {
		if n.Watch != nil {
			n.Watch(Attempt{w.App, result})
		}
	}()
	if failure == nil {
		return drop
	}
	verdict := judge(failure, w, now)
	if verdict.final {
		result = Failed
		n.Log.Error().Str("notice", w.ID).Str("app", w.App).Int("failures", w.Failures+1).Str("why", failure.Error()).Msg("a notice to an app is given up; understudy webhook replay sends it again")
		return func(ctx context.Context) error { return n.fail(ctx, w, failure.Error(), now) }
	}
	result = Retried
	n.Log.Warn().Str("notice", w.ID).Str("app", w.App).Int("failures", w.Failures+1).Str("why", failure.Error()).Dur("retry_in", verdict.wait).Msg("an app didn't take a notice yet")
	return func(ctx context.Context) error {
		return n.Ledger.RetryWebhook(ctx, w.ID, failure.Error(), now, now.Add(verdict.wait))
	}
}

// fail gives a notice up: first the case goes on, so that none waits for an answer to
// what nobody asks.
func (n *Notifier) fail(ctx context.Context, w store.Webhook, why string, now time.Time) error {
	if w.Kind == approval.ConsentAsked && n.Unasked != nil {
		if err := n.Unasked(ctx, w.Case(), why); err != nil {
			return err
		}
	}
	return n.Ledger.FailWebhook(ctx, w.ID, why, now)
}

// seat is one of the app's, if one is free. Whoever has it leaves it.
func (n *Notifier) seat(app string) (leave func(), free bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seats[app] == toOne {
		return nil, false
	}
	n.seats[app]++
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.seats[app]--; n.seats[app] == 0 {
			delete(n.seats, app)
		}
	}, true
}
