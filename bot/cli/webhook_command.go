package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/understudyhq/understudy/bot/api"
)

// webhookCommand looks after what a running bot tells apps.
type webhookCommand struct {
	List   webhookListCommand   `cmd:"" help:"List what apps haven't taken yet, or not in three days."`
	Replay webhookReplayCommand `cmd:"" help:"Send to apps again: by id, also what they took; or all that failed."`
}

type webhookListCommand struct {
	server

	App    string `help:"Of this app alone."`
	Failed bool   `help:"Only what was given up."`
	JSON   bool   `help:"Print JSON."`
}

// Run lists the notices.
func (w *webhookListCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := w.client()
	if err != nil {
		return err
	}
	var state api.WebhookState
	if w.Failed {
		state = api.WebhookFailed
	}
	list, err := bot.Webhooks(ctx, w.App, state)
	switch {
	case err != nil:
		return err
	case w.JSON:
		return asJSON(stdout, list)
	case len(list.Webhooks) == 0 && w.Failed:
		fmt.Fprintln(stdout, "Nothing was given up.")
		return nil
	case len(list.Webhooks) == 0:
		fmt.Fprintln(stdout, "Apps have taken all that they were told.")
		return nil
	}
	rows := [][]string{{"ID", "APP", "WHAT", "STATE", "SINCE", "TRIES", "LAST TRY"}}
	for _, one := range list.Webhooks {
		rows = append(rows, []string{one.ID, one.App, cmp.Or(string(one.Type), "-"), string(one.State), moment(one.Since), strconv.Itoa(one.Failures), cmp.Or(one.Why, "-")})
	}
	if err := columns(stdout, rows); err != nil || !list.More {
		return err
	}
	fmt.Fprintln(stdout, "There are more.")
	return nil
}

type webhookReplayCommand struct {
	server

	ID     []string `arg:"" optional:"" help:"What to send: ids of webhook list, or what an app got as webhook-id."`
	Failed bool     `help:"Send all that was given up …"`
	App    string   `help:"… of this app alone."`
}

// Run has notices sent again.
func (w *webhookReplayCommand) Run(ctx context.Context, stdout io.Writer) error {
	switch {
	case w.Failed == (len(w.ID) > 0):
		return errors.New("say what to send again: its ids, or --failed for all that was given up")
	case w.App != "" && !w.Failed:
		return errors.New("--app goes with --failed: an id is of one app anyway")
	}
	bot, err := w.client()
	if err != nil {
		return err
	}
	if w.Failed {
		n, err := bot.ReplayWebhooks(ctx, api.WebhookReplay{App: w.App})
		if err == nil {
			fmt.Fprintf(stdout, "%d sent again. understudy webhook list shows what isn't taken.\n", n)
		}
		return err
	}
	for _, id := range w.ID {
		one, err := bot.ReplayWebhook(ctx, id)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		fmt.Fprintf(stdout, "%s is sent to %s again.\n", one.ID, one.App)
	}
	return nil
}
