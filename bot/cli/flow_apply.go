package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/api/client"
	"github.com/understudyhq/understudy/bot/provision"
)

type flowPlanCommand struct {
	server
	replayed

	File string `arg:"" type:"existingfile" help:"A JSON file of a flow, or of several."`
	JSON bool   `help:"Print JSON."`
}

// Run says what applying the file would do. It changes nothing, and its exit
// code is 2 if there is something to change.
func (p *flowPlanCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := p.client()
	if err != nil {
		return err
	}
	plans, err := planFile(ctx, bot, p.File, p.replayed)
	if err != nil {
		return err
	}
	if p.JSON {
		err = asJSON(stdout, plans)
	} else {
		printPlans(stdout, plans)
	}
	switch {
	case err != nil:
		return err
	case anyWrong(plans):
		return errWrong
	case anyChange(plans):
		return changesPlanned
	}
	return nil
}

type flowApplyCommand struct {
	server
	replayed

	File string `arg:"" type:"existingfile" help:"A JSON file of a flow, or of several."`
	Yes  bool   `help:"Don't ask."`
}

// Run makes the flows what the file says, after showing what that changes.
func (a *flowApplyCommand) Run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	bot, err := a.client()
	if err != nil {
		return err
	}
	plans, err := planFile(ctx, bot, a.File, a.replayed)
	if err != nil {
		return err
	}
	return apply(ctx, bot, plans, a.Yes, stdin, stdout)
}

type flowRollbackCommand struct {
	server

	Name string `arg:"" help:"The flow's name."`
	To   int    `placeholder:"VERSION" help:"The version to go back to; the one before, if it isn't given."`
	Yes  bool   `help:"Don't ask."`
}

// Run makes a flow what it was in an earlier version. That is a version of its
// own, so that this can be undone too.
func (r *flowRollbackCommand) Run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	bot, err := r.client()
	if err != nil {
		return err
	}
	versions, err := bot.Versions(ctx, r.Name)
	if err != nil {
		return err
	}
	newest := versions[len(versions)-1].Version
	to := r.To
	if to == 0 {
		to = newest - 1
	}
	for _, f := range versions {
		if f.Version != to || f.Deleted {
			continue
		}
		plan, err := bot.Plan(ctx, f.Record)
		if err != nil {
			return err
		}
		if f.Fingerprint != versions[len(versions)-1].Fingerprint {
			plan.Warnings = append(plan.Warnings, provision.Problem{
				Field: "rules", Text: fmt.Sprintf("version %d ran other rules than the bot has now: only its record comes back; start the earlier program for its rules", to),
			})
		}
		return apply(ctx, bot, []provision.Plan{plan}, r.Yes, stdin, stdout)
	}
	return fmt.Errorf("the flow %s has no version %d to go back to; flow history %s lists them", r.Name, to, r.Name)
}

type flowDeleteCommand struct {
	server

	Name     string `arg:"" help:"The flow's name or id."`
	Yes      bool   `help:"Don't ask."`
	KeepOpen bool   `name:"keep-open-cases" help:"Delete it although some of its cases aren't over; they go on as they began."`
}

// Run deletes a flow.
func (d *flowDeleteCommand) Run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	bot, err := d.client()
	if err != nil {
		return err
	}
	f, err := bot.Flow(ctx, d.Name)
	if err != nil {
		return err
	}
	if !d.Yes {
		if err := confirm(stdin, stdout, fmt.Sprintf("The flow %s will be deleted, and nobody can ask by it any more.", f.Name)); err != nil {
			return err
		}
	}
	if err := bot.Delete(ctx, f.Name, f.Version, d.KeepOpen); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Deleted the flow %s. Its versions are kept: flow history %s\n", f.Name, f.ID)
	return nil
}

var errWrong = errors.New("nothing can be changed before these errors are mended")

func planFile(ctx context.Context, bot *client.Client, path string, over replayed) ([]provision.Plan, error) {
	if err := over.check(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	records, err := provision.ReadRecords(data)
	if err != nil {
		return nil, fmt.Errorf("the file %s: %w", path, err)
	}
	plans := make([]provision.Plan, len(records))
	for i, record := range records {
		if slices.ContainsFunc(records[:i], func(other provision.Record) bool { return other.Name == record.Name }) {
			return nil, fmt.Errorf("the file %s has two flows of the name %s: give one of them another, or take it out", path, record.Name)
		}
		if plans[i], err = bot.PlanOver(ctx, record, over.window()); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// apply shows the plans, asks, and does them.
func apply(ctx context.Context, bot *client.Client, plans []provision.Plan, yes bool, stdin io.Reader, stdout io.Writer) error {
	printPlans(stdout, plans)
	switch {
	case anyWrong(plans):
		return errWrong
	case !anyChange(plans):
		return nil
	case !yes:
		if err := confirm(stdin, stdout, "This will be done."); err != nil {
			return err
		}
	}
	for _, plan := range plans {
		if plan.Action == provision.Keep {
			continue
		}
		made, err := bot.Provision(ctx, plan.Record, plan.Base)
		if err != nil {
			return fmt.Errorf("provisioning %s: %w", plan.Record.Name, err)
		}
		fmt.Fprintln(stdout, applied(made))
	}
	return nil
}

func applied(f api.Flow) string {
	if f.Version == 1 {
		return fmt.Sprintf("Made the flow %s (id %s).", f.Name, f.ID)
	}
	return fmt.Sprintf("The flow %s has version %d now. flow rollback %s undoes it.", f.Name, f.Version, f.Name)
}

func anyWrong(plans []provision.Plan) bool {
	return slices.ContainsFunc(plans, func(p provision.Plan) bool { return len(p.Errors) > 0 })
}

func anyChange(plans []provision.Plan) bool {
	return slices.ContainsFunc(plans, func(p provision.Plan) bool { return p.Action != provision.Keep })
}

// printPlans prints what would be done, what speaks against it, and what it would
// have meant for past requests.
func printPlans(w io.Writer, plans []provision.Plan) {
	for _, p := range plans {
		switch p.Action {
		case provision.Create:
			fmt.Fprintf(w, "The flow %s will be made:\n", p.Record.Name)
		case provision.Update:
			fmt.Fprintf(w, "The flow %s will change from version %d:\n", p.Record.Name, p.Base)
		case provision.Keep:
			fmt.Fprintf(w, "The flow %s is so already (version %d).\n", p.Record.Name, p.Base)
		}
		printChanges(w, p.Changes)
		for _, e := range p.Errors {
			fmt.Fprintf(w, "  error: %v\n", e)
		}
		for _, e := range p.Warnings {
			fmt.Fprintf(w, "  warning: %v\n", e)
		}
		printReplay(w, p.Replay)
	}
}

func printReplay(w io.Writer, r *provision.Replay) {
	if r == nil {
		return
	}
	fmt.Fprintf(w, "  effect: %s\n", r.Summary())
	for _, one := range r.Changed {
		printReplayed(w, one)
	}
	if r.MoreChanged > 0 {
		fmt.Fprintf(w, "    and %d more that would change\n", r.MoreChanged)
	}
	for _, one := range r.Unknown {
		printReplayed(w, one)
	}
	if r.MoreUnknown > 0 {
		fmt.Fprintf(w, "    and %d more that can't be told\n", r.MoreUnknown)
	}
	switch {
	case r.OutOfTime:
		fmt.Fprintln(w, "    the time for it was over before all were tried; ask for fewer with --last or --days")
	case r.Cut:
		fmt.Fprintf(w, "    only the first %d were tried; the newest ones are with --last\n", r.Cases)
	}
}

func printReplayed(w io.Writer, one provision.Replayed) {
	fmt.Fprintf(w, "    %s   %s for %s\n      was   %s\n      now   %s\n", moment(one.AskedAt), one.Requester, one.Account, one.Before, one.After)
}
