package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

const (
	// lookup is how long the form waits for a directory before it does without.
	lookup = 1200 * time.Millisecond
	// suggestTime leaves Slack a part of the 3 s that it waits for suggestions.
	suggestTime = 2 * time.Second
	// triggerLife is how long Slack lets a trigger open a form.
	triggerLife = 3 * time.Second
	suggestions = 50 // Slack shows 100 at most
)

// openForm shows the form to the person. What it returns is for them to read,
// if the form can't be shown.
func (b *Bot) openForm(ctx context.Context, trigger, person, command string, typed view.Typed) (problem string) {
	deadline := time.Now().Add(triggerLife)
	user, known := b.user(ctx, person)
	if user.Barred != "" {
		return view.Barred(user.Barred)
	}
	form, flow, problem := b.blankForm(ctx, command)
	if problem != "" {
		return problem
	}
	form.Reason = typed.Reason
	switch {
	case typed.Account == "":
	case known:
		form.Account, form.Notice = b.preselect(ctx, user.Email, typed.Account)
	default:
		form.Notice = notSaying
	}
	switch {
	case slices.Contains(form.Durations, typed.Duration):
		form.Default = typed.Duration
	case typed.Duration > 0:
		form.Notice = strings.TrimSpace(form.Notice + " " + view.NotOffered(typed.Duration))
	}
	user.ID = person // also where Slack doesn't say who that is
	return b.showForm(ctx, deadline, trigger, user, form, flow)
}

// showForm opens the form, with what will come of the preselected account.
func (b *Bot) showForm(ctx context.Context, deadline time.Time, trigger string, user people.User, form view.Form, flow store.Flow) (problem string) {
	preview := b.previewSoon(ctx, user, flow, form.Account)
	form.Preview = soon(preview)
	opened, err := b.openedView(ctx, deadline, trigger, view.FormModal(form))
	if err == nil {
		if form.Preview == nil && preview != nil && opened.ID != "" {
			form.Preview = <-preview
			b.updateForm(ctx, opened.ID, opened.Hash, form)
		}
		return ""
	}
	b.Log.Error().Err(err).Str("person", user.ID).Msg("opening the form")
	return "The form couldn't be opened, because Slack didn't answer in time. Nothing was asked. Try again, or type /impersonate."
}

// openView opens a modal, waiting out a rate limit where the trigger's life
// allows. A trigger that was used means that an earlier try had worked.
func (b *Bot) openView(ctx context.Context, deadline time.Time, trigger string, modal slack.ModalViewRequest) error {
	_, err := b.openedView(ctx, deadline, trigger, modal)
	return err
}

// openedView is openView, and what it opened: a zero view where an earlier try had.
func (b *Bot) openedView(ctx context.Context, deadline time.Time, trigger string, modal slack.ModalViewRequest) (opened slack.View, err error) {
	err = b.useTrigger(ctx, deadline, func() error {
		response, err := b.Slack.OpenViewContext(ctx, trigger, modal)
		if err == nil {
			opened = response.View
		}
		return err
	})
	return opened, err
}

// pushView is openView on top of the modal that was clicked in.
func (b *Bot) pushView(ctx context.Context, deadline time.Time, trigger string, modal slack.ModalViewRequest) error {
	return b.useTrigger(ctx, deadline, func() error {
		_, err := b.Slack.PushViewContext(ctx, trigger, modal)
		return err
	})
}

func (b *Bot) useTrigger(ctx context.Context, deadline time.Time, show func() error) error {
	for {
		err := show()
		limited, ok := errors.AsType[*slack.RateLimitedError](err)
		if refused, ok := errors.AsType[slack.SlackErrorResponse](err); ok && refused.Err == "exchanged_trigger_id" {
			return nil
		}
		if !ok || time.Until(deadline) < limited.RetryAfter {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(limited.RetryAfter):
		}
	}
}

const notAnswering = "The account directory isn't answering just now. You can still try to pick the account below."

// notSaying is why no customer is filled in: a guest would see none.
const notSaying = "Slack isn't saying who you are just now, so no account is filled in. Pick it below."

// preselect finds the one account that the text means.
func (b *Bot) preselect(ctx context.Context, email, text string) (*view.Option, string) {
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	found, err := b.Accounts.Search(ctx, text, email, 2)
	if err != nil {
		b.Log.Warn().Err(err).Msg("searching the account of a command")
		return nil, notAnswering
	}
	exact := len(found) == 2 && means(text, found[0].ID, found[0].Name) && !means(text, found[1].ID, found[1].Name)
	switch {
	case len(found) == 1 || exact:
		option := optionOf(found[0], email)
		return &option, ""
	case len(found) == 0:
		return nil, "No account matches “" + text + "”. Pick one below. /impersonate help says what can be typed."
	}
	return nil, "More than one account matches “" + text + "”. Pick one below."
}

// user is who uses the form. It isn't known while Slack doesn't say who that
// is; then they see no customer, because they might be a guest.
func (b *Bot) user(ctx context.Context, person string) (user people.User, known bool) {
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	user, err := b.People.ByID(ctx, person)
	if err != nil {
		b.Log.Warn().Err(err).Str("person", person).Msg("looking up who uses the form")
		return people.User{}, false
	}
	return user, true
}

func optionOf(a accounts.Account, email string) view.Option {
	return view.Option{ID: a.ID, Name: a.Name, Plan: a.Plan, Assigned: a.AssignedTo(email)}
}

// unavailable is the value of the option that says why there are none.
const unavailable = "?unavailable"

// suggest answers a keystroke in the form's account.
func (b *Bot) suggest(ctx context.Context, action slack.InteractionCallback) any {
	ctx, cancel := context.WithTimeout(ctx, suggestTime)
	defer cancel()
	user, known := b.user(ctx, action.User.ID)
	switch {
	case !known:
		return unavailableNow("Slack isn't saying who you are. Try again.")
	case user.Barred != "":
		return slack.OptionsResponse{}
	}
	found, err := b.Accounts.Search(ctx, action.Value, user.Email, suggestions)
	if err != nil {
		b.Log.Warn().Err(err).Msg("searching accounts")
		return unavailableNow("The account directory isn't answering. Try again.")
	}
	options := make([]view.Option, len(found))
	for i, a := range found {
		options[i] = optionOf(a, user.Email)
	}
	return slack.OptionsResponse{Options: view.AccountOptions(options)}
}

func unavailableNow(why string) any {
	sorry := slack.NewTextBlockObject(slack.PlainTextType, why, false, false)
	return slack.OptionsResponse{Options: []*slack.OptionBlockObject{slack.NewOptionBlockObject(unavailable, sorry, nil)}}
}

// submit begins a case: it is committed, and only then acked. Who decides is
// found out afterwards, from the store. A crash between the two leaves a case of
// which nobody was told: it is routed all the same, and whoever sends the form
// again is shown it.
func (b *Bot) submit(ctx context.Context, action slack.InteractionCallback) any {
	flow, problem := b.flowOf(ctx, action.View)
	if problem != "" {
		return failAtAccount(problem)
	}
	answer, problems := view.ReadForm(action.View, flow.Durations)
	if len(problems) > 0 {
		return slack.NewErrorsViewSubmissionResponse(problems)
	}
	requester := b.requester(ctx, action.User)
	account, problem := b.account(ctx, answer.Account, requester.Email)
	if problem != "" {
		return failAtAccount(problem)
	}
	id := uuid.Must(uuid.NewV7()).String()
	result, err := b.commit(ctx, store.Change{
		Case: id, View: action.View.ID, Once: "view:" + action.View.ID,
		Command: approval.Submit{
			ID: id, Flow: flow.Pin(), Requester: requester,
			Account: account, Reason: answer.Reason, Duration: answer.Duration, Foreseen: answer.Foreseen,
		},
	})
	if live, ok := errors.AsType[*store.LiveCaseError](err); ok {
		return b.showLive(ctx, action.View.ID, live.Case)
	}
	switch {
	case errors.Is(err, store.ErrRepeated):
		return replaceWith(view.Checking())
	case errors.Is(err, store.ErrUnknown):
		b.Log.Error().Err(err).Msg("saving a request")
		return failAtAccount(view.PerhapsSaved())
	case err != nil:
		b.Log.Error().Err(err).Msg("saving a request")
		return failAtAccount(view.NotSaved())
	}
	return replaceWith(view.Progress(result.Case))
}

// account is the directory's account of this id. If the directory doesn't
// answer, the case begins without its name: routing waits for the directory.
func (b *Bot) account(ctx context.Context, id, email string) (account approval.Account, problem string) {
	if id == unavailable {
		return account, "The account directory isn't answering. Nothing was asked. Search for the account again in a moment."
	}
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	found, err := b.Accounts.Get(ctx, id, email)
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return account, "This account isn't in the account directory any more. Nothing was asked. Pick another one."
	case err != nil:
		b.Log.Warn().Err(err).Str("account", id).Msg("looking up the account of a request")
		return approval.Account{ID: id, Name: id}, ""
	}
	return approval.Account{ID: found.ID, Name: found.Name, Plan: found.Plan}, ""
}

// requester is who asks, with the name that the workspace knows, if it says so
// in time.
func (b *Bot) requester(ctx context.Context, from slack.User) approval.Person {
	ctx, cancel := context.WithTimeout(ctx, lookup/2)
	defer cancel()
	if user, err := b.People.ByID(ctx, from.ID); err == nil && user.Name != "" {
		return approval.Person{ID: from.ID, Name: user.Name, Email: user.Email}
	}
	return approval.Person{ID: from.ID, Name: from.Name}
}

// showLive turns the form into the case that the person has already.
func (b *Bot) showLive(ctx context.Context, viewID string, live approval.Case) any {
	if err := b.Ledger.Follow(ctx, live.ID, viewID, b.Now()); err != nil {
		b.Log.Error().Err(err).Str("case", live.ID).Msg("following a case in a second form")
	}
	b.later(ctx, func(ctx context.Context) { b.message(ctx, live.Requester.ID, view.AlreadyLive(live)) })
	return replaceWith(view.Progress(live))
}

func replaceWith(modal slack.ModalViewRequest) any {
	return slack.NewUpdateViewSubmissionResponse(&modal)
}

func failAtAccount(sentence string) any {
	return slack.NewErrorsViewSubmissionResponse(map[string]string{view.BlockAccount: sentence})
}
