// Command understudy is the Slack bot that lets a support agent sign in as a
// customer when somebody said yes.
//
// Each verb is a file: demo, serve, manifest, directory, store, bench, torture.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"
)

type commands struct {
	Demo      demoCommand      `cmd:"" help:"Try it: the bot on a workspace of its own, with a page to click in."`
	Serve     serveCommand     `cmd:"" help:"Run the bot for a Slack workspace."`
	Manifest  manifestCommand  `cmd:"" help:"Print the manifest of the Slack app to create."`
	Directory directoryCommand `cmd:"" help:"Look after the account directory."`
	Store     storeCommand     `cmd:"" help:"Look after the store."`
	Torture   tortureCommand   `cmd:"" hidden:"" help:"Torment a bot in a workspace of its own, and check what it owes."`
	Bench     benchCommand     `cmd:"" hidden:"" help:"Measure the bot beside the same app on Slack's own framework."`
	LogJSON   bool             `name:"log-json" env:"UNDERSTUDY_LOG_JSON" help:"Log JSON, also on a terminal."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program. A first interrupt lets it finish what it has
// begun, a second one ends it.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	var cli commands
	exit := -1
	parser, err := kong.New(&cli,
		kong.Name("understudy"), kong.UsageOnError(), kong.ShortUsageOnError(),
		kong.Description("A Slack bot that lets a support agent sign in as a customer when somebody said yes."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "understudy:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exit >= 0 {
		return exit // --help was answered
	}
	if err != nil {
		parser.FatalIfErrorf(err)
		return 2
	}
	command.BindTo(ctx, (*context.Context)(nil))
	command.BindTo(stdout, (*io.Writer)(nil))
	if err := command.Run(newLog(stderr, cli.LogJSON)); err != nil {
		fmt.Fprintln(stderr, "understudy:", err)
		return 1
	}
	return 0
}

// newLog logs for people where people read, and JSON elsewhere.
func newLog(w io.Writer, asJSON bool) zerolog.Logger {
	if file, ok := w.(*os.File); ok && !asJSON {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly}
		}
	}
	return zerolog.New(w).Level(zerolog.InfoLevel).With().Timestamp().Logger()
}
