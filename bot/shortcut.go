package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/view"
)

// shortcut opens the form for the message on which it was used, with a link to
// the message and the account that it names. The link and the account are looked
// for at once, and the form doesn't wait for either longer than for a directory.
func (b *Bot) shortcut(ctx context.Context, action slack.InteractionCallback, stranger bool) {
	deadline := time.Now().Add(triggerLife)
	switch {
	case action.CallbackID != view.CallbackShortcut:
		return // nothing that the app offers
	case stranger:
		b.tell(ctx, action, view.Barred(strangerHere))
		return
	}
	link := b.linkSoon(ctx, action.Channel.ID, action.MessageTs)
	user, known := b.user(ctx, action.User.ID)
	if user.Barred != "" {
		b.tell(ctx, action, view.Barred(user.Barred))
		return
	}
	form, flow, problem := b.blankForm(ctx, "")
	if problem != "" {
		b.tell(ctx, action, problem)
		return
	}
	form.Notice = notSaying
	if known {
		form.Account, form.Notice = b.preselectNamed(ctx, user.Email, view.ReadMessage(action.Message.Text))
	}
	if form.Link = <-link; form.Link == "" {
		form.Notice = strings.TrimSpace(form.Notice + " " + view.NoLink())
	}
	user.ID = action.User.ID // also where Slack doesn't say who that is
	if problem := b.showForm(ctx, deadline, action.TriggerID, user, form, flow); problem != "" {
		b.tell(ctx, action, problem)
	}
}

// linkSoon is the link to a message, empty if Slack doesn't give one in time. It
// gives none where the bot can't look, such as in a conversation of two people.
func (b *Bot) linkSoon(ctx context.Context, channel, ts string) chan string {
	found := make(chan string, 1)
	b.later(ctx, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, lookup)
		defer cancel()
		var link string
		err := b.patiently(ctx, func() (err error) {
			link, err = b.Slack.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: channel, Ts: ts})
			return err
		})
		if err == nil && !view.Linkable(link) {
			err = errors.New("it can't be used")
		}
		if err != nil {
			b.Log.Warn().Err(err).Msg("asking for the link to a message")
			link = ""
		}
		found <- link
	})
	return found
}

// preselectNamed finds the one account that a message names.
func (b *Bot) preselectNamed(ctx context.Context, email, text string) (*view.Option, string) {
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	found, err := b.Accounts.Named(ctx, text, 3)
	switch {
	case errors.Is(err, accounts.ErrTooMuch):
		return nil, view.TooMuchNamed()
	case err != nil:
		b.Log.Warn().Err(err).Msg("looking for the account of a message")
		return nil, notAnswering
	case len(found) == 0:
		return nil, view.NobodyNamed()
	case len(found) > 1:
		names := make([]string, len(found))
		for i, a := range found {
			names[i] = a.Name
		}
		return nil, view.ManyNamed(names)
	}
	option := optionOf(found[0], email)
	return &option, ""
}
