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
		modal, problem := b.wayIn(ctx, opening{of: id, by: action.User, once: envelope, code: grant.NewCode()})
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
	once := "open " + action.View.ID
	modal, problem := b.wayIn(ctx, opening{
		of: action.View.PrivateMetadata, by: action.User, typed: &action.View,
		// Whichever answer of a window that comes twice Slack shows, it has the link.
		once: once, code: grant.CodeOf(b.codes, once),
	})
	switch {
	case problem != "":
		return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockName: problem})
	case modal == nil:
		return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockName: view.OpenedBefore()})
	}
	return replaceWith(*modal)
}

// opening is a click, or a window, of somebody who wants into the app.
type opening struct {
	of    string // the case's id
	by    slack.User
	typed *slack.View // where the customer's name was typed, nil before
	once  string      // names the click or window
	code  string      // of the link that it gets
}

// wayIn is the window that leads into the app; nil, without a problem, for a click
// or window that was answered before with another link, which is to stay good.
func (b *Bot) wayIn(ctx context.Context, o opening) (modal *slack.ModalViewRequest, problem string) {
	c, err := b.Ledger.Case(ctx, o.of)
	if err != nil {
		b.Log.Error().Err(err).Str("case", o.of).Msg("reading a case to open its app")
		return nil, view.NotOpened()
	}
	// A session of no name asks whether the case allows an opening at all. When they
	// signed in, the app says as they come.
	now := b.Now()
	_, err = approval.Decide(c, approval.Open{By: approval.Person{ID: o.by.ID}, Session: "?", SignedIn: approval.SignedIn{At: now}}, now)
	if rejection, ok := errors.AsType[*approval.Rejection](err); ok {
		return nil, view.Rejected(rejection, o.by.ID)
	}
	switch {
	case o.typed == nil && c.Flow.App.Confirm:
		return new(view.ConfirmModal(c)), ""
	case o.typed != nil && !view.Confirmed(*o.typed, c):
		return nil, view.NotConfirmed()
	}
	return b.linkTo(ctx, o, c)
}

// linkTo makes the case's link, in the place of an earlier one. It is for the
// e-mail address that Slack has of the requester now.
func (b *Bot) linkTo(ctx context.Context, o opening, c approval.Case) (modal *slack.ModalViewRequest, problem string) {
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
	link, err := grant.Link(*c.Flow.App, o.code)
	if err == nil {
		err = b.Ledger.AddLink(ctx, store.HashToken(o.code), store.Link{Case: c.ID, Email: who.Email, Until: b.Now().Add(grant.LinkLife).UTC()}, o.once, b.Now())
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
