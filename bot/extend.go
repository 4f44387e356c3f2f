package bot

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// extend asks for as much time again as the case was approved for. It is a
// request of its own, and the rules decide it as they would any other.
func (b *Bot) extend(ctx context.Context, envelope string, action slack.InteractionCallback, id string) error {
	base, err := b.Ledger.Case(ctx, id)
	var flow store.Flow
	if err == nil {
		flow, err = b.Ledger.Flow(ctx, base.Flow.Name)
	}
	var result store.Result
	switch {
	case errors.Is(err, store.ErrNotFound) && base.ID != "": // its flow was deleted
		err = &approval.Rejection{Kind: approval.Invalid, Case: base}
	case err != nil:
	case base.Requester.ID != action.User.ID:
		err = &approval.Rejection{Kind: approval.NotTheRequester, Case: base}
	case !slices.Contains(flow.Durations, base.AllowedFor()):
		err = &approval.Rejection{Kind: approval.Invalid, Case: base}
	default:
		next := uuid.Must(uuid.NewV7()).String()
		result, err = b.commit(ctx, store.Change{Case: next, Once: "click:" + envelope, Command: approval.Submit{
			ID: next, Flow: flow.Pin(), Requester: base.Requester, Account: base.Account,
			Reason: base.Reason, Duration: base.AllowedFor(), Extends: base.ID,
		}})
	}
	sentence := ""
	live, isLive := errors.AsType[*store.LiveCaseError](err)
	rejection, rejected := errors.AsType[*approval.Rejection](err)
	switch {
	case isLive:
		sentence, err = view.AlreadyLive(live.Case), nil
	case rejected:
		sentence, err = view.Rejected(rejection, action.User.ID), nil
	case err == nil:
		sentence = view.ExtensionAsked(result.Case)
	default:
		sentence, err = unsaved(err)
	}
	b.tellLater(ctx, action, sentence)
	return err
}
