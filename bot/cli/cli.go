// Package cli is the program of a bot: its verbs, and the flows that it has.
//
// A repository with rules of its own needs nothing else. Its main is
//
//	func main() { cli.Main(mine.Flow) }
//
// and has all the verbs of understudy that run and look after a bot: serve,
// manifest and store. What else a program can do, it adds as verbs of its own
// to a [Program].
//
// The settings are the same for every program: flags, and environment variables
// whose names don't depend on the program's, so that one deployment fits all.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/flows"
)

// Main is the main function of a bot with these flows. It doesn't return.
func Main(rules ...flows.Flow) { Program{}.Main(rules...) }

// Program is the program of a bot.
type Program struct {
	// Name is how people call it; empty is what its file is called.
	Name string
	// Rules are the flows that it has.
	Rules []flows.Flow
	// Verbs are what else it can do: pointers to structs of kong commands. They
	// come first in its help.
	Verbs []any
}

// Main is the main function of this program, with these flows too. It doesn't
// return.
func (p Program) Main(rules ...flows.Flow) {
	p.Name = cmp.Or(p.Name, filepath.Base(os.Args[0]))
	p.Rules = append(p.Rules, rules...)
	os.Exit(p.Run(os.Args[1:], os.Stdout, os.Stderr))
}

// commands are what every bot's program can do.
type commands struct {
	kong.Plugins
	Serve     Serve            `cmd:"" help:"Run the bot for a Slack workspace."`
	Manifest  manifestCommand  `cmd:"" help:"Print the manifest of the Slack app to create."`
	Directory directoryCommand `cmd:"" help:"Look after the account directory."`
	Store     storeCommand     `cmd:"" help:"Look after the store."`
	Flow      flowCommand      `cmd:"" help:"Try out, test and provision flows."`
	Schedule  scheduleCommand  `cmd:"" help:"Look at the on-call schedules that the bot sees."`
	Doctor    Doctor           `cmd:"" help:"Say what a deployment gets wrong, before it runs. It only asks."`
	Key       keyCommand       `cmd:"" help:"Look after the keys that sign apps' tokens."`
	Token     tokenCommand     `cmd:"" help:"Look after the tokens of the API."`
	Webhook   webhookCommand   `cmd:"" help:"Look after what apps are told of their grants."`
	LogJSON   bool             `name:"log-json" env:"UNDERSTUDY_LOG_JSON" help:"Log JSON, also on a terminal."`
}

// Run is the whole program; what it returns is its exit code. A first interrupt
// lets it finish what it has begun, a second one ends it.
func (p Program) Run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	cli := commands{Plugins: p.Verbs}
	exit := -1
	parser, err := kong.New(&cli,
		kong.Name(p.Name), kong.UsageOnError(), kong.ShortUsageOnError(),
		kong.Description("A Slack bot that lets a support agent sign in as a customer when somebody said yes."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }),
	)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", p.Name, err)
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
	command.BindTo(visible{stdout}, (*io.Writer)(nil))
	command.BindTo(os.Stdin, (*io.Reader)(nil))
	command.Bind(p)
	err = command.Run(newLog(stderr, cli.LogJSON))
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	if err != nil {
		fmt.Fprintf(visible{stderr}, "%s: %v\n", p.Name, err)
		return 1
	}
	return 0
}

// rules are the program's flows by name.
func (p Program) rules() (map[string]flows.Flow, error) {
	rules := map[string]flows.Flow{}
	for i, flow := range p.Rules {
		if flow.Name == "" {
			return nil, fmt.Errorf("the program's flow %d has no name: give it one, in its Name", i+1)
		}
		if _, twice := rules[flow.Name]; twice {
			return nil, fmt.Errorf("the program has two flows of the name %s: give one of them another", flow.Name)
		}
		rules[flow.Name] = flow
	}
	if len(rules) == 0 {
		return nil, errors.New("the program has no flow: name one in its main, such as cli.Main(flows.Impersonation)")
	}
	return rules, nil
}

func newLog(w io.Writer, asJSON bool) zerolog.Logger {
	if !asJSON {
		w = LogWriter(w)
	}
	return zerolog.New(w).Level(zerolog.InfoLevel).With().Timestamp().Logger()
}

// LogWriter takes a log as JSON, and writes it for people where people read.
func LogWriter(w io.Writer) io.Writer {
	if file, ok := w.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly}
		}
	}
	return w
}
