package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// The form says what will come of a request before it is sent. It is what
// routing would decide at this moment, by the same functions (ruling), on a case
// that nobody stores. What routing decides later is decided anew.

const (
	// previewTime is how long the form waits for what it foretells.
	previewTime = 1500 * time.Millisecond
	// atOnce is how long the form isn't opened for its sake: a trigger lives 3 s.
	atOnce = 300 * time.Millisecond
)

// foretell has the form say what will come of a request for the account that
// was picked. The view's hash keeps it from a form that was sent meanwhile, or
// in which another account was picked since.
func (b *Bot) foretell(ctx context.Context, action slack.InteractionCallback) {
	if action.View.CallbackID != view.CallbackAsk {
		return
	}
	flow, problem := b.flowOf(ctx, action.View)
	if problem != "" {
		return // sending the form says it
	}
	form, account := formFor(flow).ReadPicked(action.View)
	user, known := b.user(ctx, action.User.ID)
	switch {
	case user.Barred != "":
		return // a guest sees no customer
	case account == "", account == unavailable:
		if len(form.Flows) < 2 {
			return
		}
	case known:
		form.Preview = b.preview(ctx, user, flow, account)
	default:
		form.Preview = &view.Preview{Account: account}
	}
	b.updateForm(ctx, action.View.ID, action.View.Hash, form)
}

// previewSoon looks for the preview of a preselected account; nil without one.
func (b *Bot) previewSoon(ctx context.Context, user people.User, flow store.Flow, account *view.Option) chan *view.Preview {
	if account == nil {
		return nil
	}
	found := make(chan *view.Preview, 1)
	b.later(ctx, func(ctx context.Context) { found <- b.preview(ctx, user, flow, account.ID) })
	return found
}

// soon is the preview, if it is there soon enough for the form to open with it.
func soon(found chan *view.Preview) *view.Preview {
	if found == nil {
		return nil
	}
	select {
	case p := <-found:
		return p
	case <-time.After(atOnce):
		return nil
	}
}

// updateForm shows the form anew. A form that isn't as it was any more is left
// as it is: it was sent or closed, or a newer pick updates it.
func (b *Bot) updateForm(ctx context.Context, id, hash string, form view.Form) {
	err := b.patiently(ctx, func() error {
		_, err := b.Slack.UpdateViewContext(ctx, view.FormModal(form), "", hash, id)
		return err
	})
	refused, isRefused := errors.AsType[slack.SlackErrorResponse](err)
	if err == nil || isRefused && (refused.Err == "hash_conflict" || refused.Err == "not_found") {
		return
	}
	b.Log.Warn().Err(err).Msg("saying in the form what will come of a request")
}

// preview is what would come of the person's request for the account now, as far
// as that is known in time.
func (b *Bot) preview(ctx context.Context, user people.User, flow store.Flow, account string) *view.Preview {
	ctx, cancel := context.WithTimeout(ctx, previewTime)
	defer cancel()
	p := &view.Preview{Account: account}
	live, err := b.Ledger.LiveAt(ctx, account)
	if err != nil {
		b.Log.Warn().Err(err).Msg("looking for who is in an account")
	}
	for _, c := range live {
		if c.Requester.ID == user.ID {
			p.Live = &c
		} else if c.Open(b.Now()) {
			p.Inside = append(p.Inside, c)
		}
	}
	p.Case = b.foresee(ctx, user, flow, account)
	p.AskedNot = accounts.AskedNot(p.Case.Facts.Fields)
	return p
}

// foresee is the case as it would be once routed, empty if that isn't known.
func (b *Bot) foresee(ctx context.Context, user people.User, flow store.Flow, account string) approval.Case {
	now := b.Now()
	draft, err := approval.Foresee(approval.Case{}, approval.Submit{
		ID: "draft", Flow: flow.Pin(), Requester: approval.Person{ID: user.ID, Name: user.Name, Email: user.Email},
		Account: approval.Account{ID: account, Name: account}, Duration: flow.Preselected(),
	}, now)
	if err != nil {
		b.Log.Warn().Err(err).Msg("foreseeing a request")
		return approval.Case{}
	}
	command, err := b.ruling(ctx, draft)
	// Routing has more patience: what it lacked here, it may find.
	if err == nil && ctx.Err() == nil {
		draft, err = approval.Foresee(draft, command, now)
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		b.Log.Warn().Err(err).Msg("foreseeing what will come of a request")
		return approval.Case{}
	}
	// An on-call service that was silent for so short a time may still answer routing.
	if slices.ContainsFunc(draft.Unreachable, func(u approval.Unreached) bool { return u.Why == notLookedUp }) {
		return approval.Case{}
	}
	return draft
}
