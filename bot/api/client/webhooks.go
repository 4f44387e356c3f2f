package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/understudyhq/understudy/bot/api"
)

// Webhooks are the notices that apps haven't taken: of this app and in this state,
// if they aren't empty.
func (c *Client) Webhooks(ctx context.Context, app string, state api.WebhookState) (list api.WebhookList, err error) {
	query := url.Values{"app": {app}, "state": {string(state)}}
	err = c.ask(ctx, http.MethodGet, "/v1/webhooks?"+query.Encode(), "", nil, &list)
	return list, err
}

// ReplayWebhook has one notice sent again.
func (c *Client) ReplayWebhook(ctx context.Context, id string) (w api.Webhook, err error) {
	err = c.ask(ctx, http.MethodPost, "/v1/webhooks/"+url.PathEscape(id)+"/replay", "", nil, &w)
	return w, err
}

// ReplayWebhooks has the failed notices sent again, and says how many they are.
func (c *Client) ReplayWebhooks(ctx context.Context, r api.WebhookReplay) (int, error) {
	var answer api.WebhooksReplayed
	err := c.ask(ctx, http.MethodPost, "/v1/webhooks/replay", "", r, &answer)
	return answer.Replayed, err
}

// WebhookSecret is the key with which the app verifies what it is told.
func (c *Client) WebhookSecret(ctx context.Context, app string) (string, error) {
	var answer api.WebhookSecret
	err := c.ask(ctx, http.MethodGet, "/v1/keys/webhook/"+url.PathEscape(app), "", nil, &answer)
	return answer.Secret, err
}
