package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/metrics"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

type serveCommand struct {
	settings
	WhileStdin bool   `hidden:"" help:"End when standard input does."`
	Clock      string `hidden:"" help:"A file that says by how much the bot's clock is ahead, for simulated workspaces."`
	Escalate   bool   `hidden:"" help:"Ask the directors after 10 minutes of silence, for simulated workspaces."`
	Storm      bool   `hidden:"" help:"Run the flow of understudy torture, in haste, for simulated workspaces."`
}

// Run runs the bot until ctx ends.
func (s *serveCommand) Run(ctx context.Context, log zerolog.Logger) error {
	if s.WhileStdin {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() {
			defer stop()
			_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends it, the parent is gone
		}()
	}
	in, err := s.inputs()
	if err != nil {
		return err
	}
	now, err := s.clock(ctx)
	if err != nil {
		return err
	}
	err = serve(ctx, s.settings, in, now, log)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		log.Info().Err(err).Msg("told to end while it was starting")
		return nil
	}
	return err
}

// serve opens what a bot is made of, runs it, and closes it again.
func serve(ctx context.Context, s settings, in inputs, now func() time.Time, log zerolog.Logger) (err error) {
	counts := metrics.New(now, log)
	working, end := context.WithCancelCause(ctx)
	defer end(nil)
	watch := &tokenWatch{next: counts.Slack(http.DefaultTransport), refused: make(chan string, 1)}
	client, team, err := connect(ctx, s, watch)
	if err != nil {
		return err
	}
	go watch.guard(working, client, end, log)
	directory, err := s.source().Open(ctx, log)
	if err != nil {
		return fmt.Errorf("UNDERSTUDY_ACCOUNTS: %w", err)
	}
	defer func() { err = errors.Join(err, directory.Close()) }()
	members := people.New(people.Options{
		Slack: client, PagerDutyToken: s.PagerdutyToken, PagerDutyURL: s.PagerdutyAPIURL,
		TeamID: team, Overrides: in.emails, Transport: counts.PagerDuty(http.DefaultTransport), Log: log,
	})
	if err := checkSchedules(ctx, members, in, log); err != nil {
		return err
	}
	health, err := openHealth(ctx, s.Listen, counts.Handler(), log)
	if err != nil {
		return err
	}
	defer health.stop()
	k := &keeper{settings: s, flow: in.flow, now: now, counts: counts, end: end, log: log}
	defer func() { err = errors.Join(err, k.close()) }()
	config := bot.Config{
		Slack: client, TeamID: team, People: members, Accounts: directory,
		Rules: in.rules, Now: now, Haste: in.haste, Watch: counts.Watch(), Log: log,
	}
	if err := k.enter(working, &config); err != nil {
		return err
	}
	b := bot.New(config)
	counts.Sockets(b.Sockets)
	if err := play(working, b, health, log); !errors.Is(err, errHandedOver) {
		return err
	}
	health.show(func(context.Context) error { return errHandedOver })
	return standBy(ctx, s.storePath(), log)
}

// play runs the bot to its end. The error says so where it has handed over.
func play(ctx context.Context, b *bot.Bot, health *health, log zerolog.Logger) error {
	health.show(b.Ready)
	log.Info().Str("health", "http://"+health.address+"/readyz").Msg("the bot starts")
	err := appTokenError(b.Run(ctx))
	log.Info().Msg("the bot has stopped")
	cause := context.Cause(ctx)
	if refused, ok := errors.AsType[*tokenError](cause); ok {
		return errors.Join(err, refused)
	}
	if err == nil && errors.Is(cause, errHandedOver) {
		return errHandedOver
	}
	return err
}

// connect asks Slack who the bot is there.
func connect(ctx context.Context, s settings, transport http.RoundTripper) (*slack.Client, string, error) {
	client := slack.New(s.SlackBotToken,
		slack.OptionAPIURL(s.SlackAPIURL), slack.OptionAppLevelToken(s.SlackAppToken),
		slack.OptionHTTPClient(&http.Client{Timeout: 10 * time.Second, Transport: transport}))
	for tries := 1; ; tries++ {
		self, err := client.AuthTestContext(ctx)
		if err == nil {
			return client, self.TeamID, nil
		}
		if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok && botTokenRemedy(refused.Err) != "" {
			return nil, "", &tokenError{refused.Err}
		}
		if tries == 5 {
			return nil, "", fmt.Errorf("SLACK_API_URL: Slack doesn't answer at %s: %w", s.SlackAPIURL, err)
		}
		select {
		case <-ctx.Done():
			return nil, "", ctx.Err()
		case <-time.After(retryIn(err)):
		}
	}
}

func retryIn(err error) time.Duration {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return limited.RetryAfter
	}
	return time.Second
}

// checkSchedules refuses a flow whose schedule doesn't exist. An on-call
// service that doesn't answer is no reason not to start: cases wait for it.
func checkSchedules(ctx context.Context, members *people.Directory, in inputs, log zerolog.Logger) error {
	flow := in.flow
	for name, kind := range in.rules[flow.Name].Params {
		if kind != flows.Schedule {
			continue
		}
		err := members.CheckSchedule(ctx, flow.Params[name])
		if errors.Is(err, people.ErrToken) {
			return err
		}
		if errors.Is(err, people.ErrUnknown) {
			return fmt.Errorf("UNDERSTUDY_FLOWS: flow %s, %s: %w", flow.Name, name, err)
		}
		if err != nil {
			log.Warn().Err(err).Str("schedule", flow.Params[name]).Msg("the schedule couldn't be checked")
		}
	}
	return nil
}

func openLedger(ctx context.Context, engine store.Engine, flow store.Flow, now time.Time) (*store.Ledger, store.Flow, error) {
	ledger, err := store.Open(ctx, engine)
	if err != nil {
		return nil, flow, fmt.Errorf("UNDERSTUDY_STORE: %w", err)
	}
	// The file's lock says that no other process works on these cases.
	if err := ledger.Reclaim(ctx, now); err != nil {
		return nil, flow, fmt.Errorf("UNDERSTUDY_STORE: %w", err)
	}
	flow, err = ledger.Provision(ctx, flow, now)
	return ledger, flow, err
}

// health is what /healthz and /readyz say of the process, whatever it does.
type health struct {
	address string
	ready   atomic.Pointer[func(context.Context) error]
	stop    func()
}

func openHealth(ctx context.Context, address string, counts http.Handler, log zerolog.Logger) (*health, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_LISTEN: %w", err)
	}
	h := &health{address: listener.Addr().String()}
	h.show(func(context.Context) error { return errors.New("the bot starts") })
	h.stop = serveHTTP(listener, api.Handler(func(ctx context.Context) error { return (*h.ready.Load())(ctx) }, counts), log)
	return h, nil
}

// show says from now on what ready says.
func (h *health) show(ready func(context.Context) error) { h.ready.Store(&ready) }

// serveHTTP serves on the listener until the returned function is called.
func serveHTTP(listener net.Listener, handler http.Handler, log zerolog.Logger) (stop func()) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error().Err(err).Stringer("address", listener.Addr()).Msg("serving HTTP")
		}
	}()
	return func() {
		_ = server.Close() // the listener is closed either way
		<-ended
	}
}
