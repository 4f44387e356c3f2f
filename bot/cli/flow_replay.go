package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/api/client"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
)

// replayed is which past requests are tried.
type replayed struct {
	Days int `placeholder:"N" help:"Try the requests of so many days; 30, if neither this nor --last is given."`
	Last int `placeholder:"N" help:"Try so many requests, the newest ones."`
}

func (r replayed) window() provision.Window { return provision.Window{Days: r.Days, Last: r.Last} }

func (r replayed) check() error {
	for _, p := range r.window().Check() {
		return fmt.Errorf("--%w", p)
	}
	return nil
}

type flowReplayCommand struct {
	server
	replayed

	Name string        `arg:"" optional:"" help:"A provisioned flow; all of them, if it isn't given."`
	For  time.Duration `default:"5m" help:"How long it may take, at most."`
	JSON bool          `help:"Print JSON."`
}

// Run tries this program's rules on the past requests of a bot that runs other
// ones, so that a change of the rules is seen before it ships. Its exit code is 2
// if a request would have been decided otherwise.
func (f *flowReplayCommand) Run(ctx context.Context, p Program, stdout io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, f.For)
	defer cancel()
	err := f.replay(limited, p, stdout)
	if errors.Is(err, context.DeadlineExceeded) && limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("the replay isn't done after %s, and says nothing of the rest: ask for fewer --days or the --last few, or give it longer with --for", f.For)
	}
	return err
}

func (f *flowReplayCommand) replay(ctx context.Context, p Program, stdout io.Writer) error {
	bot, err := f.client()
	if err != nil {
		return err
	}
	rules, err := p.rules()
	if err != nil {
		return err
	}
	all, err := bot.Flows(ctx)
	if err != nil {
		return err
	}
	replays := map[string]*provision.Replay{}
	changed := false
	for _, flow := range all {
		if f.Name != "" && f.Name != flow.Name && f.Name != flow.ID {
			continue
		}
		name := flow.Rules()
		rule, known := rules[name]
		if !known {
			return fmt.Errorf("this program has no rules %s, which the flow %s runs", name, flow.Name)
		}
		replay, err := replayFlow(ctx, bot, flow, rule, f.window())
		if err != nil {
			return err
		}
		replays[flow.Name] = replay
		changed = changed || len(replay.Changed) > 0
		if !f.JSON {
			fmt.Fprintf(stdout, "The flow %s, with %s:\n", flow.Name, whose(flow, rule))
			printReplay(stdout, replay)
		}
	}
	switch {
	case len(replays) == 0 && f.Name != "":
		return fmt.Errorf("the bot has no flow %s", f.Name)
	case f.JSON:
		if err := asJSON(stdout, replays); err != nil {
			return err
		}
	}
	if changed {
		return changesPlanned
	}
	return nil
}

func whose(flow api.Flow, rule flows.Flow) string {
	if flow.Fingerprint == rule.Fingerprint() {
		return "the rules that the bot has too"
	}
	return "this program's rules, which the bot doesn't have yet"
}

func replayFlow(ctx context.Context, bot *client.Client, flow api.Flow, rule flows.Flow, over provision.Window) (*provision.Replay, error) {
	replay := over.Begin(time.Now())
	var all []provision.Past
	query := url.Values{"flow": {flow.Name}, "facts": {"yes"}, "limit": {"500"}, "after": {provision.FirstID(replay.Since)}}
	for c, err := range bot.Cases(ctx, query) {
		if err != nil {
			return nil, err
		}
		if c.Facts == nil || c.Outcome == nil || c.AskedAt.Before(replay.Since) {
			continue
		}
		past := provision.Past{
			Replayed: provision.Replayed{Case: c.ID, Flow: c.Flow.Name, Requester: c.Requester.Name, Account: c.Account.Name, AskedAt: c.AskedAt},
			Facts:    *c.Facts, Outcome: *c.Outcome,
		}
		if !past.Told() {
			continue
		}
		if all = append(all, past); over.Last > 0 && len(all) > over.Last {
			all = all[1:]
		}
	}
	for _, past := range all {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		replay.Try(rule, flow.Params, past)
	}
	return replay, nil
}
