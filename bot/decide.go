package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// click handles the buttons: of cards, of the modal that follows a case, and
// of the Home. What it changes is committed before it is acked; what couldn't
// be saved isn't acked, and the person is told. A crash between the commit and
// the ack leaves a decision that Slack calls failed: the cards tell of it, and
// the same click again hears what is so.
func (b *Bot) click(ctx context.Context, envelope string, action slack.InteractionCallback) error {
	for _, pressed := range action.ActionCallback.BlockActions {
		switch pressed.ActionID {
		case view.ActionAsk:
			b.later(ctx, func(ctx context.Context) {
				if problem := b.openForm(ctx, action.TriggerID, action.User.ID, "", view.Typed{}); problem != "" {
					b.tell(ctx, action, problem)
				}
			})
			return nil
		case view.ActionAccount, view.ActionFlow:
			b.later(ctx, func(ctx context.Context) { b.foretell(ctx, action) })
			return nil
		case view.ActionDeny, view.ActionRevoke:
			return b.denyOrRevoke(ctx, envelope, action, pressed)
		case view.ActionExtend:
			return b.extend(ctx, envelope, action, pressed.Value)
		case view.ActionOpen:
			b.openApp(ctx, envelope, action, pressed.Value)
			return nil
		case view.ActionFollow:
			return nil
		case view.ActionHistory:
			b.history(ctx, action, pressed.Value)
			return nil
		}
		if wanted, ok := view.ReadBrowsing(pressed); ok {
			return b.browse(ctx, action, wanted)
		}
		if id, wish := wishOf(pressed); wish != nil {
			return b.change(ctx, envelope, action, id, wish)
		}
	}
	b.tellLater(ctx, action, view.UnknownButton())
	return nil
}

// wish is what somebody wants of a case, given who they are there.
type wish func(by approval.Person) approval.Command

// wishOf is what a button wants of which case; nil if there is nothing that it
// wants at once.
func wishOf(pressed *slack.BlockAction) (id string, w wish) {
	id = pressed.Value
	switch pressed.ActionID {
	case view.ActionApprove:
		w = func(by approval.Person) approval.Command { return approval.Approve{By: by} }
	case view.ActionApproveLess:
		var duration time.Duration
		var ok bool
		if id, duration, ok = view.ReadLess(pressed.BlockID, pressed.SelectedOption.Value); ok {
			w = func(by approval.Person) approval.Command { return approval.Approve{By: by, Duration: duration} }
		}
	case view.ActionLookAt:
		w = func(by approval.Person) approval.Command { return approval.LookAt{By: by} }
	case view.ActionLookAway:
		w = func(by approval.Person) approval.Command { return approval.LookAway{By: by} }
	case view.ActionCancel:
		w = func(by approval.Person) approval.Command { return approval.Cancel{By: by} }
	case view.ActionNudge:
		w = func(by approval.Person) approval.Command { return approval.Nudge{By: by} }
	case view.ActionRelease:
		w = func(by approval.Person) approval.Command { return approval.Release{By: by} }
	}
	return id, w
}

// change commits what a click wants, and tells the person where it had no effect.
func (b *Bot) change(ctx context.Context, envelope string, action slack.InteractionCallback, id string, w wish) error {
	rejection, why, err := b.decide(ctx, "click:"+envelope, id, action.User, w)
	if rejection != nil {
		why = view.Rejected(rejection, action.User.ID)
	}
	b.tellLater(ctx, action, why)
	return err
}

func (b *Bot) tellLater(ctx context.Context, action slack.InteractionCallback, sentence string) {
	if sentence != "" {
		b.later(ctx, func(ctx context.Context) { b.tell(ctx, action, sentence) })
	}
}

// decide commits what a person wants. If it had no effect, rejection or why
// says so; an error means that it isn't known to be saved. What came before has
// its effect already, and gets no answer.
func (b *Bot) decide(ctx context.Context, once, id string, user slack.User, w wish) (rejection *approval.Rejection, why string, err error) {
	c, err := b.Ledger.Case(ctx, id)
	if err != nil {
		why, err = unsaved(err)
		return nil, why, err
	}
	command, why := b.empowered(ctx, c, w(known(c, person(user))))
	if why != "" {
		return nil, why, nil
	}
	if why := b.barred(ctx, c, user.ID, command); why != "" {
		return nil, why, nil
	}
	_, err = b.commit(ctx, store.Change{Case: id, Command: command, Once: once})
	if rejection, ok := errors.AsType[*approval.Rejection](err); ok {
		return rejection, "", nil
	}
	why, err = unsaved(err)
	return nil, why, err
}

// unsaved says what a commit that failed means for the person.
func unsaved(err error) (why string, _ error) {
	switch {
	case err == nil, errors.Is(err, store.ErrRepeated):
		return "", nil
	case errors.Is(err, store.ErrNotFound):
		return "This request isn't in the bot's records, so nothing was changed. Ask the requester to type /impersonate again.", nil
	case errors.Is(err, store.ErrUnknown):
		return view.PerhapsSaved(), err
	}
	return view.NotSaved(), err
}

// barred says why an approval can't count, although the case would take it:
// somebody lost their account, or became a guest, since the case was routed.
// Whoever nobody can vouch for now approves nothing.
func (b *Bot) barred(ctx context.Context, c approval.Case, clicker string, command approval.Command) string {
	if _, approves := command.(approval.Approve); !approves || c.Status.Over() || c.Status == approval.Active {
		return "" // the commit says what is so
	}
	ctx, cancel := context.WithTimeout(ctx, vouchTime)
	defer cancel()
	var who [2]people.User
	var errs [2]error
	var both sync.WaitGroup
	for i, id := range []string{clicker, c.Requester.ID} {
		both.Go(func() { who[i], errs[i] = b.People.ByID(ctx, id) })
	}
	both.Wait()
	switch err := errors.Join(errs[:]...); {
	case err != nil:
		b.Log.Warn().Err(err).Str("case", c.ID).Msg("looking up the people of an approval")
		return view.NobodyVouches()
	case who[0].Barred != "":
		return view.Barred(who[0].Barred)
	case who[1].Barred != "":
		return view.RequesterBarred(who[1].Barred)
	}
	return ""
}

// vouchTime is how long an approval waits for Slack to say that its people still
// have an account. It leaves the commit and the ack their part of the 3 s, and
// a call that was limited for a second its second try.
const vouchTime = 2200 * time.Millisecond

// known gives the person the name that the case knows them by: a click's own
// payload has only a handle.
func known(c approval.Case, by approval.Person) approval.Person {
	if by.ID == c.Requester.ID {
		return c.Requester
	}
	if a, ok := c.Approver(by.ID); ok {
		return a.Person
	}
	return by
}

func person(u slack.User) approval.Person { return approval.Person{ID: u.ID, Name: u.Name} }
