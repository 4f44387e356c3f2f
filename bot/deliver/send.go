package deliver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/store"
)

// settle is how long after a post began Slack may still be working on it: a
// look for the message before then could miss it.
const settle = 3 * time.Second

// message posts or updates a card's message. The card comes back with where
// the message is, also when an error follows.
func (d *Deliverer) message(ctx context.Context, card store.Card, m view.Message) (store.Card, error) {
	if card.Stamp == "" && !card.Posting.IsZero() {
		found, err := d.find(ctx, card)
		if err != nil {
			return card, err
		}
		card = found
	}
	if card.Stamp == "" {
		return d.post(ctx, card, m)
	}
	return card, d.update(ctx, card, m)
}

// post sends a new message. A crash in it leaves Posting set on disk, and
// perhaps a message that bears the card's id: find is what repairs it.
func (d *Deliverer) post(ctx context.Context, card store.Card, m view.Message) (store.Card, error) {
	to := channelOf(card)
	if err := d.pace.take("chat.postMessage", to); err != nil {
		return card, err
	}
	card.Posting = d.Now()
	if err := d.Ledger.Posting(ctx, card.ID, card.Posting); err != nil {
		return card, err
	}
	channel, stamp, err := d.Slack.PostMessageContext(ctx, to, append(options(m), slack.MsgOptionMetadata(view.Metadata(string(card.ID))))...)
	if err != nil {
		d.pace.hold("chat.postMessage", to, err)
		if answered(err) {
			card.Posting = time.Time{} // Slack said no: there is nothing to look for
		}
		return card, fmt.Errorf("posting: %w", err)
	}
	card.Channel, card.Stamp, card.Posting = channel, stamp, time.Time{}
	return card, nil
}

func (d *Deliverer) update(ctx context.Context, card store.Card, m view.Message) error {
	if err := d.pace.take("chat.update", card.Channel); err != nil {
		return err
	}
	if _, _, _, err := d.Slack.UpdateMessageContext(ctx, card.Channel, card.Stamp, options(m)...); err != nil {
		d.pace.hold("chat.update", card.Channel, err)
		return fmt.Errorf("updating: %w", err)
	}
	return nil
}

func options(m view.Message) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
}

func channelOf(card store.Card) string {
	_, kind, recipient := card.ID.Parts()
	if kind == store.ChannelCard {
		return "#" + recipient
	}
	return recipient
}

func (d *Deliverer) updateModal(ctx context.Context, id string, m slack.ModalViewRequest) error {
	if err := d.pace.take("views.update", id); err != nil {
		return err
	}
	if _, err := d.Slack.UpdateViewContext(ctx, m, "", "", id); err != nil {
		d.pace.hold("views.update", id, err)
		return fmt.Errorf("updating the modal: %w", err)
	}
	return nil
}

func (d *Deliverer) publishHome(ctx context.Context, person string, home slack.HomeTabViewRequest) error {
	if err := d.pace.take("views.publish", person); err != nil {
		return err
	}
	if _, err := d.Slack.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: person, View: home}); err != nil {
		d.pace.hold("views.publish", person, err)
		return fmt.Errorf("publishing the App Home: %w", err)
	}
	return nil
}

// find looks for the message of a post whose answer was lost.
func (d *Deliverer) find(ctx context.Context, card store.Card) (store.Card, error) {
	if age := d.Now().Sub(card.Posting); age < settle {
		return card, &tooSoon{wait: settle - age, unpaced: true}
	}
	channel, err := d.conversation(ctx, card)
	if mayNotLook(err) {
		return unfound(card), nil
	}
	if err != nil {
		return card, fmt.Errorf("finding the conversation of a lost post: %w", err)
	}
	history := slack.GetConversationHistoryParameters{
		ChannelID: channel, IncludeAllMetadata: true, Limit: 100,
		Oldest: fmt.Sprintf("%d.000000", card.Posting.Add(-time.Minute).Unix()),
	}
	for {
		page, err := d.Slack.GetConversationHistoryContext(ctx, &history)
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
		return d.channelNamed(ctx, recipient)
	}
	channel, _, _, err := d.Slack.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{recipient}})
	if err != nil {
		return "", err
	}
	return channel.ID, nil
}

func (d *Deliverer) channelNamed(ctx context.Context, name string) (string, error) {
	params := slack.GetConversationsParameters{ExcludeArchived: true, Limit: 200, Types: []string{"public_channel", "private_channel"}}
	for {
		channels, next, err := d.Slack.GetConversationsContext(ctx, &params)
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
