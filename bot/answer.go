package bot

import (
	"context"
	"errors"
	neturl "net/url"
	"time"

	"github.com/slack-go/slack"
)

// privately is a command's ack that only the person sees.
func privately(sentence string) any {
	return map[string]string{"response_type": slack.ResponseTypeEphemeral, "text": sentence}
}

// tell answers a click with a sentence that only its person sees.
func (b *Bot) tell(ctx context.Context, action slack.InteractionCallback, sentence string) {
	if action.ResponseURL != "" {
		b.respond(ctx, action.ResponseURL, sentence)
		return
	}
	b.message(ctx, action.User.ID, sentence) // modals and Homes have no response URL
}

// respond sends a private sentence to where a command or a click came from.
func (b *Bot) respond(ctx context.Context, url, sentence string) {
	err := b.patiently(ctx, func() error {
		return slack.PostWebhookCustomHTTPContext(ctx, url, b.http, &slack.WebhookMessage{
			Text: sentence, ResponseType: slack.ResponseTypeEphemeral,
		})
	})
	if failed, ok := errors.AsType[*neturl.Error](err); ok {
		err = failed.Err // the address is a secret: whoever has it can answer as the bot
	}
	if err != nil {
		b.Log.Error().Err(err).Msg("answering privately")
	}
}

// message sends a sentence to the person's conversation with the bot.
func (b *Bot) message(ctx context.Context, person, sentence string) {
	err := b.patiently(ctx, func() error {
		_, _, err := b.Slack.PostMessageContext(ctx, person, slack.MsgOptionText(sentence, false))
		return err
	})
	if err != nil {
		b.Log.Error().Err(err).Str("person", person).Msg("answering by message")
	}
}

// patiently calls again what Slack's rate limit put off, as long as ctx lasts.
// Other failures aren't tried again: the sentence might come twice.
func (b *Bot) patiently(ctx context.Context, call func() error) error {
	for {
		err := call()
		limited, ok := errors.AsType[*slack.RateLimitedError](err)
		if !ok {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(limited.RetryAfter):
		}
	}
}
