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

// call makes one call of Slack, if it may be made now.
func (d *Deliverer) call(ctx context.Context, c call, do func() error) error {
	leave, err := d.pace.seat(ctx, c.method)
	if err != nil {
		return err
	}
	defer leave()
	if err := d.pace.take(c); err != nil {
		return err
	}
	err = do()
	d.pace.hold(c, err)
	return err
}

// message posts or updates a card's message. The card comes back with where
// the message is, also when an error follows.
func (d *Deliverer) message(ctx context.Context, card store.Card, m view.Message, how urgency) (store.Card, error) {
	card, err := d.send(ctx, card, m, how)
	if plain, pictured := m.WithoutPictures(); pictured && unfetched(err) {
		return d.send(ctx, card, plain, how) // a picture that is gone takes nobody out of a case
	}
	return card, err
}

// unfetched says whether Slack refused a message in the way that it does where
// it can't fetch a picture.
func unfetched(err error) bool {
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && refused.Err == "invalid_blocks"
}

func (d *Deliverer) send(ctx context.Context, card store.Card, m view.Message, how urgency) (store.Card, error) {
	if card.Stamp == "" && !card.Posting.IsZero() {
		found, err := d.find(ctx, card)
		if err != nil {
			return card, err
		}
		card = found
	}
	if card.Stamp == "" {
		return d.post(ctx, card, m, how)
	}
	return card, d.update(ctx, card, m, how)
}

// post sends a new message. A crash in it leaves Posting set on disk, and
// perhaps a message that bears the card's id: find is what repairs it.
func (d *Deliverer) post(ctx context.Context, card store.Card, m view.Message, how urgency) (store.Card, error) {
	to := channelOf(card)
	err := d.call(ctx, call{"chat.postMessage", to, card.ID, how}, func() error {
		card.Posting = d.Now()
		if err := d.Ledger.Posting(ctx, card.ID, card.Posting); err != nil {
			return err
		}
		channel, stamp, err := d.Slack.PostMessageContext(ctx, to, append(options(m), slack.MsgOptionMetadata(view.Metadata(string(card.ID))))...)
		switch {
		case err == nil:
			card.Channel, card.Stamp, card.Posting = channel, stamp, time.Time{}
		case answered(err):
			card.Posting = time.Time{} // Slack said no: there is nothing to look for
		}
		return err
	})
	if err != nil {
		return card, fmt.Errorf("posting: %w", err)
	}
	return card, nil
}

// update changes a message. A crash after it, before the record, sends the same
// again, which nobody sees.
func (d *Deliverer) update(ctx context.Context, card store.Card, m view.Message, how urgency) error {
	err := d.call(ctx, call{"chat.update", card.Channel, card.ID, how}, func() error {
		_, _, _, err := d.Slack.UpdateMessageContext(ctx, card.Channel, card.Stamp, options(m)...)
		return err
	})
	if err != nil {
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

func (d *Deliverer) updateModal(ctx context.Context, id store.CardID, m slack.ModalViewRequest) error {
	_, _, view := id.Parts()
	err := d.call(ctx, call{method: "views.update", card: id}, func() error {
		_, err := d.Slack.UpdateViewContext(ctx, m, "", "", view)
		return err
	})
	if err != nil {
		return fmt.Errorf("updating the modal: %w", err)
	}
	return nil
}

func (d *Deliverer) publishHome(ctx context.Context, id store.CardID, person string, home slack.HomeTabViewRequest) error {
	err := d.call(ctx, call{method: "views.publish", card: id}, func() error {
		_, err := d.Slack.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: person, View: home})
		return err
	})
	if err != nil {
		return fmt.Errorf("publishing the App Home: %w", err)
	}
	return nil
}
