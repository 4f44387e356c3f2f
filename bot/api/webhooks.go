package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// Webhook is a notice that an app hasn't taken.
type Webhook struct {
	ID       string          `json:"id"`
	App      string          `json:"app"`
	Type     approval.Notice `json:"type,omitempty"` // what it tells
	State    WebhookState    `json:"state"`
	Since    time.Time       `json:"since"` // from when on it is tried
	Failures int             `json:"failures"`
	Why      string          `json:"why,omitempty"` // how the last try went
	Tried    time.Time       `json:"tried,omitzero"`
}

// WebhookState says whether a notice is tried again.
type WebhookState string

// The states.
const (
	WebhookWaiting WebhookState = "waiting"
	WebhookFailed  WebhookState = "failed"
)

// WebhookList are notices. More says that there are others beside them.
type WebhookList struct {
	Webhooks []Webhook `json:"webhooks"`
	More     bool      `json:"more,omitempty"`
}

const mostWebhooks = 1000

func webhookOf(w store.Webhook) Webhook {
	state := WebhookWaiting
	if !w.Failed.IsZero() {
		state = WebhookFailed
	}
	return Webhook{ID: w.ID, App: w.App, Type: w.Kind, State: state, Since: w.Since, Failures: w.Failures, Why: w.Why, Tried: w.Tried}
}

func (v *V1) listWebhooks(ctx context.Context, c call) (int, any, error) {
	query := c.URL.Query()
	app, state := query.Get("app"), WebhookState(query.Get("state"))
	if !slices.Contains([]WebhookState{"", WebhookWaiting, WebhookFailed}, state) {
		return 0, nil, problem(http.StatusBadRequest, typeRequest, "Not understood", fmt.Sprintf("state is neither %q nor %q.", WebhookWaiting, WebhookFailed))
	}
	all, damaged, err := c.ledger.Webhooks(ctx)
	for _, problem := range damaged {
		v.Log.Error().Err(problem).Msg("a notice to an app that can't be read is never sent")
	}
	list := WebhookList{Webhooks: []Webhook{}}
	for _, stored := range all {
		w := webhookOf(stored)
		if app != "" && w.App != app || state != "" && w.State != state {
			continue
		}
		if len(list.Webhooks) == mostWebhooks {
			list.More = true
			break
		}
		list.Webhooks = append(list.Webhooks, w)
	}
	return http.StatusOK, list, err
}

func (v *V1) replayWebhook(ctx context.Context, c call) (int, any, error) {
	w, err := c.ledger.ReplayWebhook(ctx, c.PathValue("webhook"), v.Now())
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil, problem(http.StatusNotFound, typeMissing, "Not found", "No app was ever to be told this. An id is what understudy webhook list shows, or what the app got as webhook-id.")
	}
	if err != nil {
		return 0, nil, err
	}
	v.Log.Info().Str("notice", w.ID).Str("by", c.by.Name).Msg("a notice to an app is sent again")
	return http.StatusOK, webhookOf(w), nil
}

// WebhookReplay has failed notices sent again.
type WebhookReplay struct {
	// App is whose; empty is every app's.
	App string `json:"app,omitempty"`
}

// WebhooksReplayed says how many are sent again.
type WebhooksReplayed struct {
	Replayed int `json:"replayed"`
}

func (v *V1) replayWebhooks(ctx context.Context, c call) (int, any, error) {
	var r WebhookReplay
	if err := c.read(&r); err != nil {
		return 0, nil, err
	}
	n, err := c.ledger.ReplayFailed(ctx, r.App, v.Now())
	if err != nil {
		return 0, nil, err
	}
	v.Log.Info().Int("notices", n).Str("app", r.App).Str("by", c.by.Name).Msg("failed notices to apps are sent again")
	return http.StatusOK, WebhooksReplayed{n}, nil
}

// WebhookSecret is the key with which an app verifies what it is told.
type WebhookSecret struct {
	App    string `json:"app"`
	Secret string `json:"secret"`
}

// webhookSecret tells no secret of an app that no flow has: a name that is written
// wrongly would get one that fits nothing.
func (v *V1) webhookSecret(ctx context.Context, c call) (int, any, error) {
	app := c.PathValue("app")
	all, err := c.ledger.Flows(ctx)
	if err != nil {
		return 0, nil, err
	}
	if !slices.ContainsFunc(all, func(f store.Flow) bool { return f.App != nil && f.App.Name == app && f.App.Webhook != "" }) {
		return 0, nil, problem(http.StatusNotFound, typeMissing, "Not found", fmt.Sprintf("No flow has an app %s with a webhook. Provision one first: what the app can't verify until then is sent again.", app))
	}
	v.Log.Info().Str("app", app).Str("by", c.by.Name).Msg("the secret of an app's webhook was read")
	return http.StatusOK, WebhookSecret{app, notify.Secret(v.Keys.Secret(app))}, nil
}
