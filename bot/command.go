package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
)

// command does what was typed. The ack doesn't wait for the form; what is
// answered from the store is the ack itself.
func (b *Bot) command(ctx context.Context, envelope string, command slack.SlashCommand) (any, error) {
	if command.TeamID != b.TeamID {
		return privately(view.Barred(strangerHere)), nil
	}
	typed := view.ReadCommand(command.Text)
	switch typed.Word {
	case view.HelpWord:
		return privately(view.Help()), nil
	case view.StatusWord:
		own, err := b.own(ctx, command.UserID)
		if err != nil {
			return nil, err
		}
		return privately(view.Status(own)), nil
	case view.EndWord:
		answer, err := b.end(ctx, envelope, command, typed.Account)
		if err != nil {
			b.later(ctx, func(ctx context.Context) { b.respond(ctx, command.ResponseURL, answer) })
			return nil, err
		}
		return privately(answer), nil
	case view.AskWord:
	}
	b.later(ctx, func(ctx context.Context) {
		if problem := b.openForm(ctx, command.TriggerID, command.UserID, command.Command, typed); problem != "" {
			b.respond(ctx, command.ResponseURL, problem)
		}
	})
	return nil, nil
}

// own are the person's cases that aren't over, the newest first.
func (b *Bot) own(ctx context.Context, person string) ([]approval.Case, error) {
	cases, err := b.Ledger.Open(ctx, person)
	cases = slices.DeleteFunc(cases, func(c approval.Case) bool { return c.Requester.ID != person })
	slices.SortFunc(cases, func(a, b approval.Case) int { return b.AskedAt.Compare(a.AskedAt) })
	return cases, err
}

// end ends the person's running access: the one there is, or that of the account.
// It is committed before the answer says so.
func (b *Bot) end(ctx context.Context, envelope string, command slack.SlashCommand, account string) (answer string, err error) {
	running, err := b.own(ctx, command.UserID)
	if err != nil {
		return view.NotSaved(), err
	}
	running = slices.DeleteFunc(running, func(c approval.Case) bool {
		return c.Status != approval.Active || account != "" && !means(account, c.Account.ID, c.Account.Name)
	})
	switch len(running) {
	case 0:
		return view.NothingToEnd(account), nil
	case 1:
	default:
		return view.WhichToEnd(running), nil
	}
	c := running[0]
	by := slack.User{ID: command.UserID, Name: command.UserName}
	rejection, why, err := b.decide(ctx, "command:"+envelope, c.ID, by, func(by approval.Person) approval.Command { return approval.Release{By: by} })
	switch {
	case rejection != nil:
		return view.Rejected(rejection, command.UserID), nil
	case why != "" || err != nil:
		return why, err
	}
	return view.EndedNow(c), nil
}

// means says whether the text is the whole id or name of an account.
func means(text, id, name string) bool {
	return strings.EqualFold(id, text) || strings.EqualFold(name, text)
}
