package bot

import (
	"context"
	"errors"

	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/flows/approval"
)

// A customer is asked by their own app: it is told by its webhook, and hands them a
// link to the bot's page (bot/consent). Whoever can't be asked so is like an
// approver without an account in Slack: the route goes on to its OrElse, or the
// case is refused.

// customer is the account's owner, as the crew of a leg that asks them.
func (b *Bot) customer(c approval.Case) people.Crew {
	person := c.Account.Customer()
	if why := b.noCustomer(c); why != "" {
		return people.Crew{Unusable: []people.Unusable{{Name: person.Name, Why: why}}}
	}
	return people.Crew{People: []people.User{{ID: person.ID, Name: person.Name}}}
}

// noCustomer says why no customer can be asked; empty if they can.
func (b *Bot) noCustomer(c approval.Case) string {
	switch {
	case c.Flow.App == nil || c.Flow.App.Webhook == "":
		return "the flow has no app with a webhook, which would hand them a link"
	case b.Secret == nil || b.Answer == nil:
		return "there is no page where they could answer: UNDERSTUDY_CONSENT_URL isn't set, or the bot serves no API for want of TLS"
	}
	return ""
}

// Barred says whether whoever asks in this case may not act any more, for a customer
// who agrees. What [Bot.decide] looks up of everybody else's approval counts there too.
func (b *Bot) Barred(ctx context.Context, c approval.Case) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, vouchTime)
	defer cancel()
	who, err := b.People.ByID(ctx, c.Requester.ID)
	if errors.Is(err, people.ErrUnknown) {
		return true, nil
	}
	return who.Barred != "", err
}
