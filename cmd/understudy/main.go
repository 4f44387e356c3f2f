// Command understudy is the Slack bot that lets a support agent sign in as a
// customer when somebody said yes.
//
// Its verbs are those of every bot, of [cli], and of its demo,
// [demo], and a file each here: new, torture, bench.
package main

import (
	"os"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/examples"
)

type verbs struct {
	New          newCommand          `cmd:"" help:"Begin something of your own."`
	Torture      tortureCommand      `cmd:"" hidden:"" help:"Torment a bot in a workspace of its own, and check what it owes."`
	TortureServe tortureServeCommand `cmd:"" hidden:"" help:"Run the bot that is tormented."`
	Bench        benchCommand        `cmd:"" hidden:"" help:"Measure the bot beside the same app on Slack's own framework."`
}

func main() { os.Exit(program().Run(os.Args[1:], os.Stdout, os.Stderr)) }

func program() cli.Program {
	return cli.Program{
		Name:  "understudy",
		Rules: []flows.Flow{flows.Impersonation, examples.TwoPeople, examples.OfficeHours, examples.BreakGlass, examples.Consent},
		Verbs: []any{ourDemo(), &verbs{}},
	}
}
