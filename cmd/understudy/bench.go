package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/cmd/understudy/compare"
)

type benchCommand struct {
	Dir     string        `type:"existingdir" default:"." help:"A folder on the disk to measure."`
	For     time.Duration `default:"65s" help:"How long clicks come while sockets are refreshed."`
	Refresh time.Duration `default:"20s" help:"How often a socket is refreshed meanwhile."`
	Rounds  int           `default:"2" help:"Rounds of clicks for each app."`
	Clicks  int           `default:"1000" help:"Clicks in a round, for each number in flight."`
	Kill    int           `default:"200" help:"Acked clicks before the kill."`
	Rest    time.Duration `default:"15s" help:"How long an app is left alone before its memory is read."`
	Commits int           `default:"2000" help:"Commits, and flushes, to compare."`
	JSON    bool          `help:"Print JSON instead of a table."`
}

// Run measures the bot beside the same app on Slack's own framework.
func (b *benchCommand) Run(ctx context.Context, stdout io.Writer, _ zerolog.Logger) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	report, err := compare.Run(ctx, compare.Options{
		Self: self, Dir: b.Dir, Rounds: b.Rounds, Clicks: b.Clicks, For: b.For, Refresh: b.Refresh,
		Kill: b.Kill, Rest: b.Rest, Commits: b.Commits, Progress: os.Stderr,
	})
	if err != nil {
		return err
	}
	if b.JSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	report.Print(stdout)
	return nil
}
