// Package bot is the Slack app: it hears people, and has the case's life
// decide.
//
// What comes in over a socket is one of four things: a command, a Home button
// or a message's shortcut opens the form ([Bot] in intake.go), a keystroke in the form asks for
// accounts, a submission begins a case, a click decides one (decide.go). A
// submission and a click are committed, then acked; nothing else in the bot
// changes a case but time (timers.go) and routing (route.go), which both are
// work that the store hands out, so that a crash resumes it.
//
// Nothing here posts a card. A commit marks the cards that should change, and
// package deliver brings Slack to show them; in the same way package notify tells
// apps, which hand a customer who is asked a link to the page of package consent
// (customer.go). What is sent directly are answers to one person's one action: the
// form, and private sentences.
//
// The actor of anything is whom Slack's own socket names, never a value of a
// form or a button; but who asks in an app is whom the app has signed in, and the
// customer is whoever has their link.
package bot

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/deliver"
	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/socket"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// Config is what a Bot is made of. All of it but Secret, Answer, Patience, Now, Transport,
// Watch, Open and Close is required.
type Config struct {
	Slack    *slack.Client
	TeamID   string // of the workspace, from auth.test
	Ledger   *store.Ledger
	People   *people.Directory
	Accounts accounts.Directory
	// Rules are the Go flows by name. Which of them are provisioned, and how, the
	// ledger says at every request.
	Rules map[string]flows.Flow
	// Secret is the key that notices to an app are signed with. Nil tells no app.
	Secret func(app string) []byte
	// Answer is where the customer answers who is asked about the case of this id.
	// Nil asks no customer.
	Answer func(caseID string) string
	// Patience is how long routing waits for a service that doesn't answer
	// before it refuses. Zero means two minutes.
	Patience time.Duration
	// Now tells the time by which cases live. Nil means time.Now.
	Now func() time.Time
	// Transport carries what doesn't go through Slack's client: sockets, and
	// answers to response URLs. Nil means [http.DefaultTransport].
	Transport http.RoundTripper
	// Watch is told what the bot does.
	Watch Watch
	// Open opens the store once Slack listens to the bot, in the place of
	// Ledger: for a bot that takes over from another process.
	Open func(context.Context) (*store.Ledger, error)
	// Close lets go of the store as soon as nothing works on it any more.
	Close func() error
	// Haste is how many times as fast cards are delivered as Slack allows: for
	// simulated workspaces. Zero means once.
	Haste int
	Log   zerolog.Logger
}

// Bot is the Slack app.
type Bot struct {
	Config
	listener socket.Listener
	http     *http.Client // for response URLs
	answers  sync.WaitGroup
	entered  chan struct{} // closed when Ledger is there, or won't be
	probe    probe
	codes    []byte // the key of the links' codes that answer windows
}

// New makes a bot. It does nothing before Run.
func New(c Config) *Bot {
	c.Patience = cmp.Or(c.Patience, 2*time.Minute)
	if c.Now == nil {
		c.Now = time.Now
	}
	b := &Bot{Config: c, http: &http.Client{Timeout: 10 * time.Second, Transport: c.Transport}, entered: make(chan struct{}), codes: make([]byte, 32)}
	rand.Read(b.codes) // never fails
	if c.Open == nil {
		close(b.entered)
	}
	b.listener = socket.Listener{Open: b.open, Handle: b.welcome, HTTP: &http.Client{Transport: c.Transport}, Log: c.Log}
	b.listener.Handled = c.Watch.Handled
	return b
}

// Run works until ctx ends; then it takes nothing new, finishes and acks what
// has arrived, and returns nil. An error is one that can't heal by itself.
func (b *Bot) Run(ctx context.Context) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	heard := make(chan error, 1)
	go func() {
		defer stop() // after a fatal error nothing else goes on
		heard <- b.listener.Run(working)
	}()
	err := b.enter(working)
	switch {
	case err == nil:
		b.work(working)
	case working.Err() != nil:
		err = nil // it was told to end, or can't listen
	}
	stop()
	err = errors.Join(err, <-heard)
	// What arrived is committed and acked by now. The rest of the work is in
	// the store, for whoever opens it next. Answers need no store.
	err = errors.Join(err, b.leave())
	b.answers.Wait()
	return err
}

// work does what is to do by itself, until ctx ends.
func (b *Bot) work(ctx context.Context) {
	var background sync.WaitGroup
	cards := &deliver.Deliverer{Ledger: b.Ledger, Slack: b.Slack, Missed: b.miss, Oversees: b.oversees, Now: b.Now, Haste: b.Haste, Log: b.Log}
	cards.Watch = b.Watch.Delivery
	background.Go(func() { cards.Run(ctx) })
	if b.Secret != nil {
		unasked := func(ctx context.Context, caseID, why string) error {
			return b.miss(ctx, caseID, approval.CustomerID, why)
		}
		notices := &notify.Notifier{Ledger: b.Ledger, Secret: b.Secret, Answer: b.Answer, Unasked: unasked, Now: b.Now, Watch: b.Watch.Notice, Log: b.Log}
		background.Go(func() { notices.Run(ctx) })
	}
	background.Go(func() { b.keepTime(ctx) })
	background.Go(func() { b.lookAtRequesters(ctx) })
	background.Wait()
}

func (b *Bot) open(ctx context.Context) (string, error) {
	_, url, err := b.Slack.StartSocketModeContext(ctx)
	return url, err
}

// later answers somebody after the ack. Run waits for it, but the store may be
// gone by then.
func (b *Bot) later(ctx context.Context, answer func(context.Context)) {
	b.answers.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		answer(ctx)
	})
}

// commit decides and saves a change of a case, and logs what came of it.
func (b *Bot) commit(ctx context.Context, change store.Change) (store.Result, error) {
	result, err := b.Ledger.Do(ctx, change, b.Now())
	if err != nil {
		return result, err
	}
	b.Told(result)
	return result, nil
}

// Told is called with what was committed, by the bot or for an app.
func (b *Bot) Told(result store.Result) {
	for _, e := range result.Events {
		logEvent(b.Log, e)
	}
	if b.Watch.Committed != nil {
		b.Watch.Committed(result)
	}
}

// logEvent writes the one line of an event. Reasons are people's own words and
// stay out of logs.
func logEvent(log zerolog.Logger, e approval.Event) {
	line := log.Info().Str("case", e.Case).Int("seq", e.Seq)
	switch body := e.Body.(type) {
	case approval.Submitted:
		line.Str("requester", body.Requester.ID).Str("account", body.Account.ID).Dur("duration", body.Duration)
	case approval.Asked:
		line.Str("route", body.Route.String()).Int("asked", len(body.Approvers)).Int("unreachable", len(body.Unreachable))
	case approval.ApprovedCase:
		line.Str("by", body.By.ID)
	case approval.DeniedCase:
		line.Str("by", body.By.ID)
	case approval.Granted:
		line.Time("until", body.Until)
	case approval.Claimed:
		line.Str("by", body.By.ID)
	case approval.GrantEnded:
		line.Str("end", string(body.End)).Str("by", body.By.ID)
	case approval.Opened:
		line.Str("by", body.By.ID).Str("session", body.Session).Time("until", body.Until)
		if !body.SignedIn.At.IsZero() {
			line.Time("signed_in", body.SignedIn.At).Strs("how", body.SignedIn.How)
		}
	case approval.Misused:
		line.Str("app", body.App) // whose e-mail address it was is in the store
	case approval.Acted:
		line.Str("session", body.Session).Int("deeds", len(body.Deeds))
	case approval.Missed:
		line.Str("person", body.Person.ID).Str("why", body.Why)
	case approval.Delayed:
		line.Str("why", body.Why)
	}
	line.Msg(e.Type())
}
