package deliver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/store"
)

// settle is how long after a post began Slack may still be working on it: a
// look for the message before then could miss it.
const settle = 3 * time.Second

// skew is how far apart this clock and Slack's may be.
const skew = time.Hour

// find looks for the message of a post whose answer was lost.
func (d *Deliverer) find(ctx context.Context, card store.Card) (store.Card, error) {
	age := d.Now().Sub(card.Posting) // less than nothing if the clock was set back
	if age >= 0 && age < settle {
		return card, &tooSoon{wait: settle - age, unpaced: true}
	}
	channel, err := d.conversation(ctx, card)
	if mayNotLook(err) {
		return unfound(card), nil
	}
	if err != nil {
		return card, fmt.Errorf("finding the conversation of a lost post: %w", err)
	}
	oldest := time.Now().Add(-max(0, age) - skew) // Slack's stamps are of the real time, whatever cases live by
	history := slack.GetConversationHistoryParameters{
		ChannelID: channel, IncludeAllMetadata: true, Limit: 100, Oldest: fmt.Sprintf("%d.000000", oldest.Unix()),
	}
	for {
		var page *slack.GetConversationHistoryResponse
		err := d.call(ctx, call{method: "conversations.history", card: card.ID}, func() (err error) {
			page, err = d.Slack.GetConversationHistoryContext(ctx, &history)
			return err
		})
		if mayNotLook(err) {
			return unfound(card), nil
		}
		if err != nil {
			return card, fmt.Errorf("looking for a lost post: %w", err)
		}
		for _, m := range page.Messages {
			if m.Metadata.EventPayload["card"] == string(card.ID) {
				card.Channel, card.Stamp, card.Posting = channel, m.Timestamp, time.Time{}
				return card, nil
			}
		}
		if history.Cursor = page.ResponseMetaData.NextCursor; !page.HasMore || history.Cursor == "" {
			return card, nil
		}
	}
}

// mayNotLook says whether the app lacks the scope to look into the conversation.
// The ones that look into channels are asked of nobody, since they let a bot
// read what everybody writes there. Without them a channel's copy whose answer
// was lost may be posted twice; a person's never is.
func mayNotLook(err error) bool {
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && refused.Err == "missing_scope"
}

func unfound(card store.Card) store.Card {
	card.Posting = time.Time{}
	return card
}

func (d *Deliverer) conversation(ctx context.Context, card store.Card) (string, error) {
	_, kind, recipient := card.ID.Parts()
	if kind == store.ChannelCard {
		return d.channelNamed(ctx, card.ID, recipient)
	}
	var id string
	err := d.call(ctx, call{method: "conversations.open", card: card.ID}, func() error {
		channel, _, _, err := d.Slack.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{recipient}})
		if err == nil {
			id = channel.ID
		}
		return err
	})
	return id, err
}

func (d *Deliverer) channelNamed(ctx context.Context, id store.CardID, name string) (string, error) {
	params := slack.GetConversationsParameters{ExcludeArchived: true, Limit: 200, Types: []string{"public_channel", "private_channel"}}
	for {
		var channels []slack.Channel
		var next string
		err := d.call(ctx, call{method: "conversations.list", card: id}, func() (err error) {
			channels, next, err = d.Slack.GetConversationsContext(ctx, &params)
			return err
		})
		if err != nil {
			return "", err
		}
		for _, c := range channels {
			if c.Name == name {
				return c.ID, nil
			}
		}
		if params.Cursor = next; next == "" {
			return "", slack.SlackErrorResponse{Err: "channel_not_found"}
		}
	}
}
