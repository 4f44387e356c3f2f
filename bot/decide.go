package bot

import (
	"context"
	"errors"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// click handles the buttons: of cards, of the modal that follows a case, and
// of the Home. A decision is committed before it is acked; one that couldn't
// be saved isn't acked, and the person is told.
func (b *Bot) click(ctx context.Context, envelope string, action slack.InteractionCallback) error {
	for _, pressed := range action.ActionCallback.BlockActions {
		switch pressed.ActionID {
		case view.ActionAsk:
			b.later(ctx, func(ctx context.Context) {
				if problem := b.openForm(ctx, action.TriggerID, action.User.ID, ""); problem != "" {
					b.tell(ctx, action, problem)
				}
			})
		case view.ActionApprove:
			return b.decide(ctx, envelope, action, pressed.Value, approval.Approve{By: person(action.User)})
		case view.ActionDeny:
			return b.decide(ctx, envelope, action, pressed.Value, approval.Deny{By: person(action.User)})
		}
	}
	return nil
}

func (b *Bot) decide(ctx context.Context, envelope string, action slack.InteractionCallback, id string, command approval.Command) error {
	c, err := b.Ledger.Case(ctx, id)
	if err != nil {
		c = approval.Case{} // the commit meets the same error, and handles it
	}
	if why := b.barred(ctx, c, action.User.ID, command); why != "" {
		b.later(ctx, func(ctx context.Context) { b.tell(ctx, action, why) })
		return nil
	}
	_, err = b.commit(ctx, store.Change{Case: id, Command: named(c, command), Once: "click:" + envelope})
	sentence := ""
	rejection, rejected := errors.AsType[*approval.Rejection](err)
	switch {
	case err == nil, errors.Is(err, store.ErrRepeated):
		return nil
	case rejected:
		sentence, err = view.Rejected(rejection, action.User.ID), nil
	case errors.Is(err, store.ErrNotFound):
		sentence, err = "This request isn't in the bot's records, so nothing was decided. Ask the requester to type /impersonate again.", nil
	case errors.Is(err, store.ErrUnknown):
		sentence = view.PerhapsSaved()
	default:
		sentence = view.NotSaved()
	}
	b.later(ctx, func(ctx context.Context) { b.tell(ctx, action, sentence) })
	return err
}

// barred says why an approval can't count, although the case would take it:
// somebody lost their account, or became a guest, since the case was routed.
// Whoever nobody can vouch for now approves nothing.
func (b *Bot) barred(ctx context.Context, c approval.Case, clicker string, command approval.Command) string {
	if _, approves := command.(approval.Approve); !approves || c.Status != approval.Pending {
		return "" // the commit says what is so
	}
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	for _, one := range []string{clicker, c.Requester.ID} {
		user, err := b.People.ByID(ctx, one)
		switch {
		case err != nil:
			b.Log.Warn().Err(err).Str("case", c.ID).Msg("looking up the people of an approval")
			return view.NobodyVouches()
		case user.Barred != "" && one == clicker:
			return view.Barred(user.Barred)
		case user.Barred != "":
			return view.RequesterBarred(user.Barred)
		}
	}
	return ""
}

// named gives the command the name that the case knows the person by: a
// click's own payload has only a handle.
func named(c approval.Case, command approval.Command) approval.Command {
	switch command := command.(type) {
	case approval.Approve:
		command.By = known(c, command.By)
		return command
	case approval.Deny:
		command.By = known(c, command.By)
		return command
	}
	return command
}

func known(c approval.Case, by approval.Person) approval.Person {
	if a, ok := c.Approver(by.ID); ok {
		return a.Person
	}
	return by
}

func person(u slack.User) approval.Person { return approval.Person{ID: u.ID, Name: u.Name} }
