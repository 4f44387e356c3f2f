package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/provision"
)

type flowListCommand struct {
	server

	JSON bool `help:"Print JSON."`
}

// Run lists the flows of a running bot.
func (l *flowListCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := l.client()
	if err != nil {
		return err
	}
	all, err := bot.Flows(ctx)
	switch {
	case err != nil:
		return err
	case l.JSON:
		return asJSON(stdout, all)
	case len(all) == 0:
		fmt.Fprintln(stdout, "No flow is provisioned: nobody can ask for anything yet. Provision one with flow apply.")
		return nil
	}
	rows := [][]string{{"NAME", "RULES", "COMMAND", "VERSION", "SINCE", "BY"}}
	for _, f := range all {
		rows = append(rows, []string{f.Name, f.Rules(), cmp.Or(f.Command, provision.DefaultCommand), strconv.Itoa(f.Version), moment(f.Since), maker(f)})
	}
	return columns(stdout, rows)
}

type flowShowCommand struct {
	server

	Name string `arg:"" help:"The flow's name or id."`
}

// Run prints a flow's record, as flow apply takes it.
func (s *flowShowCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := s.client()
	if err != nil {
		return err
	}
	f, err := bot.Flow(ctx, s.Name)
	if err != nil {
		return err
	}
	return asJSON(stdout, f.Record)
}

type flowHistoryCommand struct {
	server

	Name string `arg:"" help:"The flow's name, or its id if it was deleted."`
	JSON bool   `help:"Print JSON."`
}

// Run prints a flow's versions, the newest first, and what each changed.
func (h *flowHistoryCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := h.client()
	if err != nil {
		return err
	}
	versions, err := bot.Versions(ctx, h.Name)
	switch {
	case err != nil:
		return err
	case h.JSON:
		return asJSON(stdout, versions)
	}
	for i := len(versions) - 1; i >= 0; i-- {
		f := versions[i]
		fmt.Fprintf(stdout, "version %d   %s   by %s\n", f.Version, moment(f.Since), maker(f))
		switch {
		case f.Deleted:
			fmt.Fprintln(stdout, "  the flow was deleted")
		case i == 0:
			fmt.Fprintf(stdout, "  the flow was made (id %s)\n", f.ID)
		default:
			printChanges(stdout, changesBetween(versions[i-1], f))
		}
	}
	return nil
}

func changesBetween(before, after api.Flow) []provision.Change {
	changes := provision.Changes(before.Record, after.Record)
	if before.Fingerprint != after.Fingerprint {
		changes = append(changes, provision.RulesChanged(before.Fingerprint, after.Fingerprint))
	}
	return changes
}

// printChanges prints what changes, as diffs do.
func printChanges(w io.Writer, changes []provision.Change) {
	widest := 0
	for _, c := range changes {
		widest = max(widest, len(c.Field))
	}
	for _, c := range changes {
		name := c.Field + strings.Repeat(" ", widest-len(c.Field))
		switch {
		case c.Before == "":
			fmt.Fprintf(w, "  + %s   %s\n", name, c.After)
		case c.After == "":
			fmt.Fprintf(w, "  - %s   %s\n", name, c.Before)
		default:
			fmt.Fprintf(w, "  ~ %s   %s → %s\n", name, c.Before, c.After)
		}
	}
}

func maker(f api.Flow) string {
	if f.By == "" && f.Origin == "file" {
		return "the bot's file"
	}
	return f.By
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
