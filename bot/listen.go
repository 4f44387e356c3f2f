package bot

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/socket"
	"github.com/understudyhq/understudy/bot/view"
)

// handle is the one way in. What it returns is the ack; an error means that
// there is none, so that Slack itself tells the person that it failed.
func (b *Bot) handle(ctx context.Context, e socket.Envelope) (any, error) {
	switch e.Type {
	case "slash_commands":
		var command slack.SlashCommand
		if err := json.Unmarshal(e.Payload, &command); err != nil {
			return nil, fmt.Errorf("reading a slash command: %w", err)
		}
		return b.command(ctx, e.ID, command)
	case "interactive":
		action, err := readInteraction(e.Payload)
		if err != nil {
			return nil, fmt.Errorf("reading an interaction: %w", err)
		}
		return b.interaction(ctx, e.ID, action)
	case "events_api":
		return nil, b.event(ctx, e.Payload)
	}
	b.Log.Warn().Str("type", e.Type).Msg("an envelope of an unknown type")
	return nil, nil
}

// readInteraction reads all of it but the message that a button was on. That is
// most of a click, and nobody needs it: what a card says is in the store. Of a
// message that a shortcut was used on, the text is read.
func readInteraction(payload json.RawMessage) (action slack.InteractionCallback, err error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(payload, &parts); err != nil {
		return action, err
	}
	message := parts["message"]
	if message != nil {
		delete(parts, "message")
		if payload, err = json.Marshal(parts); err != nil {
			return action, err
		}
	}
	if err := json.Unmarshal(payload, &action); err != nil || action.Type != slack.InteractionTypeMessageAction || message == nil {
		return action, err
	}
	var said struct {
		Text string `json:"text"`
	}
	err = json.Unmarshal(message, &said)
	action.Message.Text = said.Text
	return action, err
}

func (b *Bot) interaction(ctx context.Context, envelope string, action slack.InteractionCallback) (any, error) {
	stranger := action.User.TeamID != "" && action.User.TeamID != b.TeamID
	switch action.Type {
	case slack.InteractionTypeBlockSuggestion:
		if stranger {
			return slack.OptionsResponse{}, nil
		}
		return b.suggest(ctx, action), nil
	case slack.InteractionTypeViewSubmission:
		if stranger {
			return failAtAccount(view.Barred(strangerHere)), nil
		}
		return b.submission(ctx, action), nil
	case slack.InteractionTypeBlockActions:
		if stranger {
			b.later(ctx, func(ctx context.Context) { b.tell(ctx, action, view.Barred(strangerHere)) })
			return nil, nil
		}
		return nil, b.click(ctx, envelope, action)
	case slack.InteractionTypeMessageAction:
		b.later(ctx, func(ctx context.Context) { b.shortcut(ctx, action, stranger) })
		return nil, nil
	default: // nothing that the app offers
		return nil, nil
	}
}

func (b *Bot) submission(ctx context.Context, action slack.InteractionCallback) any {
	switch action.View.CallbackID {
	case view.CallbackAsk:
		return b.submit(ctx, action)
	case view.CallbackDeny, view.CallbackRevoke:
		return b.reasoned(ctx, action)
	case view.CallbackOpen:
		return b.confirmed(ctx, action)
	}
	return nil
}

// strangerHere is why a member of another workspace may do nothing.
const strangerHere = "you're a member of another workspace"

// event handles what happens in the workspace: the opening of a Home, and that
// somebody isn't what they were.
func (b *Bot) event(ctx context.Context, payload json.RawMessage) error {
	var callback struct {
		Event struct {
			Type string          `json:"type"`
			User json.RawMessage `json:"user"` // an id, or of user_change a user
			Tab  string          `json:"tab"`
		} `json:"event"`
	}
	if err := json.Unmarshal(payload, &callback); err != nil {
		return fmt.Errorf("reading an event: %w", err)
	}
	switch e := callback.Event; {
	case e.Type == "app_home_opened" && e.Tab == "home":
		var id string
		if err := json.Unmarshal(e.User, &id); err != nil {
			return fmt.Errorf("reading who opened a Home: %w", err)
		}
		return b.openHome(ctx, id)
	case e.Type == "user_change":
		var user struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(e.User, &user); err != nil {
			return fmt.Errorf("reading who changed: %w", err)
		}
		b.userChanged(ctx, user.ID)
	}
	return nil
}
