package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/understudyhq/understudy/bot/api"
)

// keyCommand looks after the keys that sign apps' tokens.
type keyCommand struct {
	Rotate        keyRotateCommand        `cmd:"" help:"Have a new key sign from now on. The keys change by themselves each month."`
	WebhookSecret keyWebhookSecretCommand `cmd:"" help:"Print the secret with which an app verifies what it is told."`
}

type keyWebhookSecretCommand struct {
	server

	App string `arg:"" help:"The app, by the name that flows give it."`
}

// Run prints a secret. Standard output has it alone, for a file.
func (k *keyWebhookSecretCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := k.client()
	if err != nil {
		return err
	}
	secret, err := bot.WebhookSecret(ctx, k.App)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, secret)
	return nil
}

type keyRotateCommand struct {
	server

	Leaked bool `help:"Somebody else may have the old keys: drop them at once. Whoever is in an app opens it again from Slack, and webhooks get new secrets."`
}

// Run changes the keys of a running bot.
func (k *keyRotateCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := k.client()
	if err != nil {
		return err
	}
	if err := bot.RotateKeys(ctx, api.Rotation{Leaked: k.Leaked}); err != nil {
		return err
	}
	if k.Leaked {
		fmt.Fprintln(stdout, "A new key signs, and the old ones are dropped. Apps take no token of theirs as soon as they hear of it: in seconds over the stream, and within an hour without it. Webhooks have new secrets, too: understudy key webhook-secret prints them, and what apps can't verify until then is sent again.")
		return nil
	}
	fmt.Fprintln(stdout, "A new key signs. Tokens of the old one are good to their end.")
	return nil
}
