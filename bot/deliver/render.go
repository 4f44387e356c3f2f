package deliver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// content is what a card should show, and how Slack is brought to show it.
type content struct {
	hash string
	show func(context.Context, *Deliverer, store.Card) (store.Card, error)
}

// render is what the card should show now; nil if there is nothing to show.
func (d *Deliverer) render(ctx context.Context, id store.CardID) (*content, error) {
	caseID, kind, recipient := id.Parts()
	if kind == store.HomeCard {
		return d.renderHome(ctx, id, recipient)
	}
	c, err := d.Ledger.Case(ctx, caseID)
	if err != nil {
		return nil, err
	}
	how := urgencyOf(c, kind, recipient)
	switch kind {
	case store.RequesterCard:
		return message(view.RequesterCard(c), how)
	case store.ApproverCard:
		return message(view.ApproverCard(c, recipient), how)
	case store.ReminderCard:
		return message(view.ReminderCard(c, recipient), how)
	case store.WarningCard:
		return message(view.WarningCard(c), how)
	case store.RevokedCard:
		return message(view.RevokedCard(c), how)
	case store.ChannelCard:
		return message(view.ChannelCard(c), how)
	case store.OutcomeCard:
		m, ok := view.OutcomeCard(c)
		if !ok {
			return nil, nil
		}
		return message(m, how)
	case store.ModalCard:
		return modal(view.Progress(c))
	case store.HomeCard:
	}
	return nil, fmt.Errorf("a card of the unknown kind %q", kind)
}

// urgencyOf says how much it matters when this card of the case changes.
func urgencyOf(c approval.Case, kind store.CardKind, recipient string) urgency {
	switch kind {
	case store.RequesterCard, store.OutcomeCard, store.WarningCard, store.RevokedCard:
		return first
	case store.ApproverCard, store.ReminderCard:
		if c.ApprovedBy(recipient) || c.Closed != nil && c.Closed.By.ID == recipient {
			return first
		}
		if c.Status != approval.Pending {
			return soon
		}
	case store.ChannelCard, store.ModalCard, store.HomeCard:
	}
	return later
}

func message(m view.Message, how urgency) (*content, error) {
	sum, err := hash(m)
	return &content{sum, func(ctx context.Context, d *Deliverer, card store.Card) (store.Card, error) {
		return d.message(ctx, card, m, how)
	}}, err
}

func modal(m slack.ModalViewRequest) (*content, error) {
	sum, err := hash(m)
	return &content{sum, func(ctx context.Context, d *Deliverer, card store.Card) (store.Card, error) {
		return card, d.updateModal(ctx, card.ID, m)
	}}, err
}

func hash(v any) (string, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("hashing what a card shows: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
