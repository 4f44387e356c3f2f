package bot

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// openApp answers a click on Open as (customer) with a window that has the link;
// or, where the flow wants it, that has the customer's name typed first.
func (b *Bot) openApp(ctx context.Context, envelope string, action slack.InteractionCallback, id string) {
	deadline := time.Now().Add(triggerLife)
	b.later(ctx, func(ctx context.Context) {
		modal, problem := b.wayIn(ctx, envelope, id, action.User, nil)
		if modal != nil {
			show := b.openView
			if action.View.Type == slack.VTModal {
				show = b.pushView
			}
			if err := show(ctx, deadline, action.TriggerID, *modal); err != nil {
				b.Log.Error().Err(err).Str("case", id).Msg("showing a link")
				problem = view.NotOpened()
			}
		}
		if problem != "" {
			b.tell(ctx, action, problem)
		}
	})
}

// confirmed answers the window in which the customer's name was typed.
func (b *Bot) confirmed(ctx context.Context, action slack.InteractionCallback) any {
	modal, problem := b.wayIn(ctx, "open "+action.View.ID, action.View.PrivateMetadata, action.User, &action.View)
	switch {
	case problem != "":
		return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockName: problem})
	case modal == nil:
		return nil
	}
	return replaceWith(*modal)
}

// wayIn is the window that leads into the app; nil, without a problem, for an
// envelope or window that was answered before, whose link is to stay good. Typed is
// the window in which the customer's name was typed, nil before.
func (b *Bot) wayIn(ctx context.Context, once, id string, user slack.User, typed *slack.View) (modal *slack.ModalViewRequest, problem string) {
	c, err := b.Ledger.Case(ctx, id)
	if err != nil {
		b.Log.Error().Err(err).Str("case", id).Msg("reading a case to open its app")
		return nil, view.NotOpened()
	}
	// A session of no name asks whether the case allows an opening at all. When they
	// signed in, the app says as they come.
	now := b.Now()
	_, err = approval.Decide(c, approval.Open{By: approval.Person{ID: user.ID}, Session: "?", SignedIn: approval.SignedIn{At: now}}, now)
	if rejection, ok := errors.AsType[*approval.Rejection](err); ok {
		return nil, view.Rejected(rejection, user.ID)
	}
	switch {
	case typed == nil && c.Flow.App.Confirm:
		return new(view.ConfirmModal(c)), ""
	case typed != nil && !view.Confirmed(*typed, c):
		return nil, view.NotConfirmed()
	}
	return b.linkTo(ctx, once, c)
}

// linkTo makes the case's link, in the place of an earlier one. It is for the
// e-mail address that Slack has of the requester now.
func (b *Bot) linkTo(ctx context.Context, once string, c approval.Case) (modal *slack.ModalViewRequest, problem string) {
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	who, err := b.People.ByID(ctx, c.Requester.ID)
	switch {
	case err != nil:
		b.Log.Warn().Err(err).Str("case", c.ID).Msg("looking up whom a link is for")
		return nil, view.NotOpened()
	case who.Barred != "":
		return nil, view.Barred(who.Barred)
	case who.Email == "":
		return nil, view.NoEmail()
	}
	code := grant.NewCode()
	link, err := grant.Link(*c.Flow.App, code)
	if err == nil {
		err = b.Ledger.AddLink(ctx, store.HashToken(code), store.Link{Case: c.ID, Email: who.Email, Until: b.Now().Add(grant.LinkLife).UTC()}, once, b.Now())
	}
	if errors.Is(err, store.ErrRepeated) {
		return nil, ""
	}
	if err != nil {
		b.Log.Error().Err(err).Str("case", c.ID).Msg("making a link")
		return nil, view.NotOpened()
	}
	b.Log.Info().Str("case", c.ID).Str("person", c.Requester.ID).Str("app", c.Flow.App.Name).Msg("a link was made")
	return new(view.OpenModal(c, link)), ""
}
