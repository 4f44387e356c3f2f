package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/bot/metrics"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/bot/slackapp"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// Serve is the verb serve, and what a verb of a simulated workspace embeds.
type Serve struct {
	Settings
	WhileStdin bool   `hidden:"" help:"End when standard input does."`
	Clock      string `hidden:"" help:"A file that says by how much the bot's clock is ahead, for simulated workspaces."`

	haste int
}

// Run runs the program's bot until ctx ends.
func (s *Serve) Run(ctx context.Context, p Program, log zerolog.Logger) error {
	rules, err := p.rules()
	if err != nil {
		return err
	}
	return s.run(ctx, rules, log)
}

// Rehearse runs a bot with other rules, many times as fast as Slack allows if
// haste is more than 1. It does so for a simulated workspace only.
func (s *Serve) Rehearse(ctx context.Context, haste int, log zerolog.Logger, rules ...flows.Flow) error {
	if err := s.simulated("a rehearsal"); err != nil {
		return err
	}
	s.haste = haste
	return s.Run(ctx, Program{Rules: rules}, log)
}

func (s *Serve) run(ctx context.Context, rules map[string]flows.Flow, log zerolog.Logger) error {
	if s.WhileStdin {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() {
			defer stop()
			_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends it, the parent is gone
		}()
	}
	in, err := s.read(rules)
	if err != nil {
		return err
	}
	in.haste = s.haste
	now, err := s.clock(ctx)
	if err != nil {
		return err
	}
	err = serve(ctx, s.Settings, in, now, log)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		log.Info().Err(err).Msg("told to end while it was starting")
		return nil
	}
	return err
}

// serve opens what a bot is made of, runs it, and closes it again.
func serve(ctx context.Context, s Settings, in inputs, now func() time.Time, log zerolog.Logger) (err error) {
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
	GiveRoom() // beside the directory, which is most of what lives
	members := people.New(people.Options{
		Slack: client, PagerDutyToken: s.PagerdutyToken, PagerDutyURL: s.PagerdutyAPIURL,
		TeamID: team, Overrides: in.emails, Transport: counts.PagerDuty(http.DefaultTransport), Log: log,
	})
	if err := checkSchedules(ctx, members, in, log); err != nil {
		return err
	}
	keys, err := grant.OpenKeyring(s.KeysPath(), now())
	if err != nil {
		return fmt.Errorf("UNDERSTUDY_KEYS: %w", err)
	}
	scopes, err := manifestScopes()
	if err != nil {
		return err
	}
	v1 := &api.V1{
		Keys: keys, Issuer: s.PublicURL,
		Ledger: func() *store.Ledger { return nil }, Rules: in.rules,
		World: &provision.World{
			People: members, Accounts: directory, Scopes: scopes,
			App: slackapp.App{URL: s.SlackAPIURL, Token: s.SlackBotToken, HTTP: &http.Client{Transport: watch}},
		},
		AdminToken: s.AdminToken, OfFile: in.flows != nil, Now: now, Log: log,
	}
	health, err := openHealth(ctx, s, counts.Handler(), v1, log)
	if err != nil {
		return err
	}
	defer health.stop()
	k := &keeper{settings: s, flows: in.flows, rules: in.rules, now: now, counts: counts, end: end, log: log}
	defer func() { err = errors.Join(err, k.close()) }()
	config := bot.Config{
		Slack: client, TeamID: team, People: members, Accounts: directory,
		Secret: keys.Secret, Rules: in.rules, Now: now, Haste: in.haste, Watch: counts.Watch(), Log: log,
	}
	config.Answer = health.answers(s.ConsentURL, keys)
	if err := k.enter(working, &config); err != nil {
		return err
	}
	b := bot.New(config)
	health.serveApps(b)
	health.serveLedger(b.Store)
	counts.Sockets(b.Sockets)
	if err := play(working, b, health, log); !errors.Is(err, errHandedOver) {
		return err
	}
	health.show(func(context.Context) error { return errHandedOver })
	health.serveLedger(func() *store.Ledger { return nil })
	return standBy(ctx, s.StorePath(), log)
}

// play runs the bot to its end. The error says so where it has handed over.
func play(ctx context.Context, b *bot.Bot, health *health, log zerolog.Logger) error {
	health.show(b.Ready)
	log.Info().Str("health", health.address+"/readyz").Msg("the bot starts")
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

// slack is the client of Slack's Web API.
func (s *Settings) slack(transport http.RoundTripper) *slack.Client {
	return slack.New(s.SlackBotToken, slack.OptionAPIURL(s.SlackAPIURL), slack.OptionAppLevelToken(s.SlackAppToken),
		slack.OptionHTTPClient(&http.Client{Timeout: 10 * time.Second, Transport: transport}))
}

// connect asks Slack who the bot is there.
func connect(ctx context.Context, s Settings, transport http.RoundTripper) (*slack.Client, string, error) {
	client := s.slack(transport)
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
	for _, flow := range in.flows {
		for name, kind := range in.rules[flow.Rules()].Params {
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
	}
	return nil
}
