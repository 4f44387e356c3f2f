package deliver

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/store"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	refused := func(code string) error { return fmt.Errorf("posting: %w", slack.SlackErrorResponse{Err: code}) }
	for _, test := range []struct {
		name        string
		failure     error
		failures    int
		final       bool
		least, most time.Duration
	}{
		{"a deactivated person", refused("user_disabled"), 0, true, 0, 0},
		{"nobody of that id", refused("user_not_found"), 0, true, 0, 0},
		{"no such conversation", refused("channel_not_found"), 0, true, 0, 0},
		{"an archived channel", refused("is_archived"), 0, true, 0, 0},
		{"a channel without the bot", refused("not_in_channel"), 0, true, 0, 0},
		{"another bot", refused("cannot_dm_bot"), 0, true, 0, 0},
		{"messages to the app are off", refused("messages_tab_disabled"), 0, true, 0, 0},
		{"a deleted message", refused("message_not_found"), 0, true, 0, 0},
		{"a closed modal", refused("not_found"), 0, true, 0, 0},
		{"a Home that is off", refused("not_enabled"), 0, true, 0, 0},
		{"blocks that Slack doesn't take", refused("invalid_blocks"), 0, true, 0, 0},
		{"a case that isn't there", fmt.Errorf("rendering: %w", store.ErrNotFound), 0, true, 0, 0},

		{"a rate limit", fmt.Errorf("posting: %w", &slack.RateLimitedError{RetryAfter: 7 * time.Second}), 9, false, 7 * time.Second, 7 * time.Second},
		{"Slack's own trouble", refused("internal_error"), 0, false, firstRetry / 2, firstRetry},
		{"a token that was revoked", refused("token_revoked"), 0, false, firstRetry / 2, firstRetry},
		{"a scope that is missing", refused("missing_scope"), 0, false, firstRetry / 2, firstRetry},
		{"a status", slack.StatusCodeError{Code: http.StatusBadGateway}, 3, false, 4 * firstRetry, 8 * firstRetry},
		{"a cut connection, for the hundredth time", errors.New("cut"), 100, false, lastRetry / 2, lastRetry},
	} {
		got := judge(test.failure, store.Card{Failures: test.failures})
		if got.final != test.final || got.final == (got.why == "") || got.wait < test.least || got.wait > test.most {
			t.Errorf("%s: %+v, want final %t, and a wait of %s to %s", test.name, got, test.final, test.least, test.most)
		}
	}
}

func TestAnswered(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		failure error
		want    bool
	}{
		{"a refusal", slack.SlackErrorResponse{Err: "user_disabled"}, true},
		{"a rate limit", &slack.RateLimitedError{}, true},
		{"Slack's own trouble", slack.SlackErrorResponse{Err: "internal_error"}, false},
		{"a status", slack.StatusCodeError{Code: http.StatusBadGateway}, false},
		{"a cut connection", errors.New("cut"), false},
	} {
		if got := answered(test.failure); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}
