package deliver

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/store"
)

const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// judgement is what a failed delivery means.
type judgement struct {
	final bool
	why   string        // for people, if final
	wait  time.Duration // until the next try, if not
}

// finals are Slack's errors that trying again doesn't heal, as people should
// read them. Source: the error tables of chat.postMessage, chat.update,
// views.update and views.publish.
func finals(code string) string {
	switch code {
	case "user_disabled", "account_inactive_recipient":
		return "their Slack account is deactivated"
	case "user_not_found", "user_not_visible", "users_not_found":
		return "they have no Slack account here"
	case "channel_not_found", "is_archived":
		return "their conversation with the bot doesn't exist"
	case "not_in_channel":
		return "the bot isn't in the channel"
	case "cannot_dm_bot":
		return "they are a bot"
	case "messages_tab_disabled", "restricted_action", "restricted_action_read_only_channel", "ekm_access_denied":
		return "the workspace forbids the bot's message"
	case "message_not_found", "cant_update_message", "edit_window_closed":
		return "the message was deleted"
	case "not_found", "view_not_found", "expired_trigger_id":
		return "the window was closed"
	case "not_enabled":
		return "the app's Home tab is off"
	case "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "invalid_arguments", "no_text", "metadata_too_large":
		return "Slack doesn't take the message"
	}
	return ""
}

// judge says what the failure means for the card.
func judge(failure error, card store.Card) judgement {
	if limited, ok := errors.AsType[*slack.RateLimitedError](failure); ok {
		return judgement{wait: max(limited.RetryAfter, firstRetry/2)}
	}
	if refused, ok := errors.AsType[slack.SlackErrorResponse](failure); ok {
		if why := finals(refused.Err); why != "" {
			return judgement{final: true, why: why}
		}
	}
	if errors.Is(failure, store.ErrNotFound) {
		return judgement{final: true, why: "its case isn't in the store"}
	}
	return judgement{wait: backoff(card.Failures)}
}

// backoff doubles with each failure; a part of it is random, so that many
// cards don't come back together.
func backoff(failures int) time.Duration {
	wait := min(lastRetry, firstRetry<<min(failures, 10))
	return wait/2 + rand.N(wait/2)
}

// answered says whether the error is Slack's own word, so that the call had no
// effect. After anything else, a cut connection or a time-out, it may have had.
func answered(err error) bool {
	if _, limited := errors.AsType[*slack.RateLimitedError](err); limited {
		return true
	}
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	unsure := []string{"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
	return ok && !slices.Contains(unsure, refused.Err)
}
