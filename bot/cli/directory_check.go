package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
)

type directoryCommand struct {
	Check directoryCheckCommand `cmd:"" help:"Ask the account directory as the bot does, and say what it gets wrong. It only reads."`
}

type directoryCheckCommand struct {
	DirectorySettings
	ID     string `name:"id" help:"An account that the directory has; the first it lists if left out."`
	Email  string `required:"" help:"The e-mail of a person who asks, as Slack has it."`
	Sample int    `default:"20" help:"Of how many accounts to look at the facts."`
	JSON   bool   `help:"Print JSON."`
}

// Run examines the directory. One with a problem is an error.
func (c *directoryCheckCommand) Run(ctx context.Context, stdout io.Writer) error {
	if err := c.readDirectory(); err != nil {
		return err
	}
	found := c.examine(ctx)
	if err := c.print(stdout, found); err != nil {
		return err
	}
	if n := found.Problems(); n > 0 {
		return fmt.Errorf("the account directory: %d of %d checks found a problem", n, len(found.Findings))
	}
	return nil
}

func (c *directoryCheckCommand) examine(ctx context.Context) accounts.Examination {
	opens := accounts.Finding{Check: "the directory opens"}
	directory, err := c.source().Open(ctx, zerolog.Nop())
	if err != nil {
		opens.Problem = err.Error()
		return accounts.Examination{Findings: []accounts.Finding{opens}}
	}
	defer func() { _ = directory.Close() }() // nothing was written
	found := accounts.Examine(ctx, directory, c.ID, c.Email, c.Sample)
	found.Findings = append([]accounts.Finding{opens}, found.Findings...)
	return found
}

func (c *directoryCheckCommand) print(stdout io.Writer, found accounts.Examination) error {
	if c.JSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(found)
	}
	for _, finding := range found.Findings {
		if finding.Problem == "" {
			fmt.Fprintf(stdout, "ok     %s (%d ms)\n", finding.Check, finding.Millis)
		} else {
			fmt.Fprintf(stdout, "WRONG  %s: %s\n", finding.Check, strings.ReplaceAll(finding.Problem, "\n", "\n       "))
		}
	}
	if found.Sampled > 0 {
		fmt.Fprintf(stdout, "\nOf %d accounts, for %s:\n", found.Sampled, c.Email)
	}
	for _, share := range found.Fields {
		fmt.Fprintf(stdout, "  %-24s %-8s %3d known, %.0f%% lack it\n", share.Field, strings.Join(share.Types, "|"), share.Known, 100*share.Missing)
	}
	return nil
}
