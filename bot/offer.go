package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/store"
)

// Which flows there are is the store's to say, at every form anew: a flow that
// is provisioned now is offered now, and one that was deleted is no more.

// offered are the flows whose forms the slash command opens, by name; all flows
// if it is empty.
func (b *Bot) offered(ctx context.Context, command string) ([]store.Flow, error) {
	all, err := b.Ledger.Flows(ctx)
	return slices.DeleteFunc(all, func(f store.Flow) bool {
		return command != "" && cmp.Or(f.Command, view.Command) != command
	}), err
}

// blankForm offers the first of the command's flows, and the others to choose
// from.
func (b *Bot) blankForm(ctx context.Context, command string) (form view.Form, first store.Flow, problem string) {
	offered, err := b.offered(ctx, command)
	switch {
	case err != nil:
		b.Log.Error().Err(err).Msg("reading the flows for a form")
		return form, first, view.NotSaved()
	case len(offered) == 0:
		return form, first, view.NoFlow(command)
	}
	form = formFor(offered[0])
	for _, f := range offered {
		form.Flows = append(form.Flows, f.Name)
	}
	return form, offered[0], ""
}

func formFor(f store.Flow) view.Form {
	return view.Form{Flow: f.Name, Durations: f.Durations, Default: f.Preselected()}
}

// flowOf is the flow of a form that came back. What can't be read is a sentence.
func (b *Bot) flowOf(ctx context.Context, v slack.View) (f store.Flow, problem string) {
	name := view.PickedFlow(v)
	f, err := b.Ledger.Flow(ctx, name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return f, view.FlowGone(name)
	case err != nil:
		b.Log.Error().Err(err).Str("flow", name).Msg("reading the flow of a form")
		return f, view.NotSaved()
	}
	return f, ""
}

// mayAsk says why the requester may not ask by this flow, empty if they may.
// An error is worth another try.
func (b *Bot) mayAsk(ctx context.Context, f store.Flow, requester people.User) (why string, err error) {
	if len(f.Requesters) == 0 {
		return "", nil
	}
	for _, handle := range f.Requesters {
		is, groupErr := b.People.InGroup(ctx, handle, requester.ID)
		switch {
		case is:
			return "", nil
		case errors.Is(groupErr, people.ErrUnknown): // nobody is in it
		case groupErr != nil:
			err = &unanswered{"Slack", groupErr} // but another group may allow it
		}
	}
	return fmt.Sprintf("only members of @%s may ask by the flow %s", strings.Join(f.Requesters, ", @"), f.Name), err
}
