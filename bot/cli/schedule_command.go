package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/understudyhq/understudy/bot/api"
)

// scheduleCommand says what a running bot sees of the on-call service.
type scheduleCommand struct {
	List scheduleListCommand `cmd:"" help:"List the on-call schedules, with the ids that flows name."`
}

type scheduleListCommand struct {
	server

	Name string `help:"Only those whose names have this in them."`
	JSON bool   `help:"Print JSON."`
}

// Run lists the schedules.
func (l *scheduleListCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := l.client()
	if err != nil {
		return err
	}
	all := []api.ListedSchedule{}
	rows := [][]string{{"ID", "NAME", "TIME ZONE"}}
	for s, err := range bot.Schedules(ctx, l.Name) {
		if err != nil {
			return err
		}
		all = append(all, s)
		rows = append(rows, []string{s.ID, s.Name, s.TimeZone})
	}
	switch {
	case l.JSON:
		return asJSON(stdout, all)
	case len(all) == 0:
		fmt.Fprintln(stdout, "PagerDuty has no such schedule, or PAGERDUTY_TOKEN may not see it.")
		return nil
	}
	return columns(stdout, rows)
}
