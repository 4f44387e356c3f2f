package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// Ask begins a case for somebody who asks in an app, by the same rules as the
// form. A second request is the case that they have already. What they can mend
// is an *[api.Refusal].
func (b *Bot) Ask(ctx context.Context, a api.Asking) (approval.Case, error) {
	flow, err := b.flowOfApp(ctx, a.Flow, a.App)
	if err != nil {
		return approval.Case{}, err
	}
	duration, err := offeredBy(flow, a.Duration)
	if err != nil {
		return approval.Case{}, err
	}
	reason := strings.TrimSpace(a.Reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > view.MaxReason {
		return approval.Case{}, refusal("reason", "say why, in 1 to %d characters; there are %d", view.MaxReason, n)
	}
	user, err := b.People.ByEmail(ctx, a.StaffEmail)
	switch {
	case errors.Is(err, people.ErrUnknown):
		return approval.Case{}, refusal("staff_email", "nobody in Slack has the address %s", a.StaffEmail)
	case err != nil:
		return approval.Case{}, fmt.Errorf("looking up who asks: %w", err)
	case user.Barred != "":
		return approval.Case{}, refusal("staff_email", "they can't ask, because %s", user.Barred)
	case !approval.SameEmail(user.Email, a.StaffEmail): // the grant wouldn't open for them
		return approval.Case{}, refusal("staff_email", "Slack has another address of them than %s; they sign in to the app with that one", a.StaffEmail)
	}
	found, err := b.Accounts.Get(ctx, a.Account, user.Email)
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return approval.Case{}, refusal("account", "there is no account %q in the account directory", a.Account)
	case err != nil:
		return approval.Case{}, fmt.Errorf("looking up the account of a request: %w", err)
	}
	id := uuid.Must(uuid.NewV7()).String()
	result, err := b.commit(ctx, store.Change{Case: id, Command: approval.Submit{
		ID: id, Flow: flow.Pin(), AskedIn: a.App, Reason: reason, Duration: duration,
		Requester: approval.Person{ID: user.ID, Name: user.Name, Email: user.Email},
		Account:   approval.Account{ID: found.ID, Name: found.Name, Plan: found.Plan},
	}})
	if live, ok := errors.AsType[*store.LiveCaseError](err); ok {
		if live.Case.Flow.App == nil || live.Case.Flow.App.Name != a.App {
			return approval.Case{}, refusal("account", "they have a request for this account already, by a flow that doesn't open this app; it is in Slack")
		}
		return live.Case, nil
	}
	return result.Case, err
}

func (b *Bot) flowOfApp(ctx context.Context, name, app string) (store.Flow, error) {
	flow, err := b.Ledger.Flow(ctx, name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return flow, refusal("flow", "there is no flow %q", name)
	case err != nil:
		return flow, err
	case flow.App == nil || flow.App.Name != app:
		return flow, refusal("flow", "the flow %s doesn't open the app %s", name, app)
	}
	return flow, nil
}

func offeredBy(f store.Flow, text string) (time.Duration, error) {
	if text == "" {
		return f.Preselected(), nil
	}
	duration, err := time.ParseDuration(text)
	if err != nil || !slices.Contains(f.Durations, duration) {
		return 0, refusal("duration", "%q isn't a time that the flow %s offers", text, f.Name)
	}
	return duration, nil
}

func refusal(field, format string, args ...any) error {
	return &api.Refusal{Field: field, Text: fmt.Sprintf(format, args...)}
}
