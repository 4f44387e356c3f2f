package bot

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
)

// denyOrRevoke asks for the reason first, where the flow wants one and the
// click could count. What is typed comes back as a submission.
func (b *Bot) denyOrRevoke(ctx context.Context, envelope string, action slack.InteractionCallback, pressed *slack.BlockAction) error {
	deadline := time.Now().Add(triggerLife)
	w := withReason(pressed.ActionID, "")
	c, err := b.Ledger.Case(ctx, pressed.Value)
	if err != nil {
		return b.change(ctx, envelope, action, pressed.Value, w)
	}
	modal := view.DenyModal
	if pressed.ActionID == view.ActionRevoke {
		modal = view.RevokeModal
	}
	command, why := b.empowered(ctx, c, w(person(action.User)))
	if why != "" {
		b.tellLater(ctx, action, why)
		return nil
	}
	if !b.asksWhy(c, command) {
		return b.change(ctx, envelope, action, pressed.Value, w)
	}
	b.later(ctx, func(ctx context.Context) {
		if err := b.openView(ctx, deadline, action.TriggerID, modal(c)); err != nil {
			b.Log.Error().Err(err).Str("case", c.ID).Msg("asking for a reason")
			b.tell(ctx, action, "The window for your reason couldn't be opened, because Slack didn't answer in time. Nothing was changed. Click again.")
		}
	})
	return nil
}

// withReason is the wish of a button, or of the modal that it opened.
func withReason(name, reason string) wish {
	if name == view.ActionRevoke || name == view.CallbackRevoke {
		return func(by approval.Person) approval.Command { return approval.Revoke{By: by, Why: reason} }
	}
	return func(by approval.Person) approval.Command { return approval.Deny{By: by, Why: reason} }
}

// asksWhy says whether the command could count, and wants a reason first.
func (b *Bot) asksWhy(c approval.Case, command approval.Command) bool {
	deny, denies := command.(approval.Deny)
	if denies && (deny.By.ID == c.Requester.ID || c.Flow.Policy.DenyReason == approval.ReasonUnasked) {
		return false
	}
	_, err := approval.Decide(c, command, b.Now())
	rejection, rejected := errors.AsType[*approval.Rejection](err)
	return !rejected || rejection.Kind == approval.ReasonMissing
}

// reasoned commits what a person gave a reason for.
func (b *Bot) reasoned(ctx context.Context, action slack.InteractionCallback) any {
	reason, problem := view.ReadReason(action.View)
	if problem != "" {
		return failAtReason(problem)
	}
	id := action.View.PrivateMetadata
	rejection, why, err := b.decide(ctx, "view:"+action.View.ID, id, action.User, withReason(action.View.CallbackID, reason))
	if err != nil {
		b.Log.Error().Err(err).Str("case", id).Msg("saving what was given a reason for")
	}
	switch {
	case rejection != nil && rejection.Kind == approval.ReasonMissing:
		return failAtReason(view.ReasonNeeded())
	case rejection != nil:
		return replaceWith(view.RejectedModal(rejection, action.User.ID))
	case why != "":
		return failAtReason(why)
	}
	return nil
}

func failAtReason(sentence string) any {
	return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockReason: sentence})
}
