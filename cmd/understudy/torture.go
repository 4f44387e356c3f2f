package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/cmd/understudy/storm"
)

type tortureCommand struct {
	For   time.Duration `default:"3m" help:"How long the storm lasts, with the calm after each round."`
	Seed  uint64        `help:"What the storm follows from. A random one, if there is none."`
	Round time.Duration `default:"45s" help:"How long it storms before each calm."`
	Pause time.Duration `default:"600ms" help:"How long a person waits between two acts, on average."`
}

// Run torments a bot, and fails if it owes anybody anything afterwards.
func (t *tortureCommand) Run(ctx context.Context, stdout io.Writer) error {
	if t.Seed == 0 {
		t.Seed = rand.Uint64()
	}
	fmt.Fprintf(stdout, "understudy torture --for %s --seed %d\n", t.For, t.Seed)
	result, err := storm.Run(ctx, storm.Options{
		Seed: t.Seed, For: t.For, Round: t.Round, Pause: t.Pause, Serve: serveStorm, Copy: cli.CopyStore, Out: stdout,
	})
	result.Print(stdout)
	again := fmt.Sprintf("this seed alone: understudy torture --for %s --seed %d", t.For, t.Seed)
	switch {
	case err != nil:
		return fmt.Errorf("%w\n%s", err, again)
	case len(result.Violations) > 0:
		return fmt.Errorf("%d violations; the bot's log is %s\n%s", len(result.Violations), result.Log, again)
	}
	return nil
}

// serveStorm is the command of a bot for the storm's world: this program itself.
func serveStorm(w storm.World) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0] // starting it says what is wrong
	}
	bot := exec.Command(self, "torture-serve", "--while-stdin", "--clock="+w.Clock) //nolint:gosec,noctx // it is this program itself, and is told to end by its standard input
	bot.Args[0] = "understudy"
	s := cli.Settings{
		SlackAppToken: w.AppToken, SlackBotToken: w.BotToken, SlackAPIURL: w.SlackURL,
		PagerdutyToken: storm.PagerToken, PagerdutyAPIURL: w.PagerURL, Listen: "127.0.0.1:0",
		Store: "bolt:" + w.StorePath, DirectorySettings: cli.DirectorySettings{Accounts: w.AccountsPath}, Flows: w.FlowsPath,
	}
	bot.Env = append(os.Environ(), s.Environment()...)
	return bot
}

// stormHaste is by how much a bot in a storm is faster than Slack allows: a
// storm is to be of many acts, and what holds them back is tested elsewhere.
const stormHaste = 50

// tortureServeCommand is the bot in the storm.
type tortureServeCommand struct{ cli.Serve }

// Run runs it until ctx ends.
func (t *tortureServeCommand) Run(ctx context.Context, log zerolog.Logger) error {
	return t.Rehearse(ctx, stormHaste, log, storm.Rules())
}
