package socket

import (
	"errors"

	"github.com/slack-go/slack"
)

// FatalError is what trying again can't heal.
type FatalError struct {
	Code   string // Slack's word for it, such as invalid_auth or link_disabled
	Remedy string // a sentence: what to do about it
}

func (e *FatalError) Error() string { return "Slack says " + e.Code + ": " + e.Remedy }

const linkDisabled = "link_disabled"

// remedy is empty for what may heal by itself.
func remedy(code string) string {
	switch code {
	case "invalid_auth", "not_authed":
		return "set the app-level token (it starts with xapp-) of this app, from Basic Information, App-Level Tokens."
	case "token_revoked":
		return "the app-level token was revoked: generate a new one under Basic Information, App-Level Tokens, with the scope connections:write."
	case "account_inactive":
		return "the app was uninstalled or its workspace closed: install it again and set its new tokens."
	case "not_allowed_token_type":
		return "a socket needs the app-level token (it starts with xapp-), not the bot token (xoxb-)."
	case linkDisabled:
		return "Socket Mode is off for this app: switch it on in the app's settings under Socket Mode."
	}
	return ""
}

// Fatal returns nil for an error that may heal by itself.
func Fatal(err error) *FatalError {
	answer, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok {
		return nil
	}
	if r := remedy(answer.Err); r != "" {
		return &FatalError{Code: answer.Err, Remedy: r}
	}
	return nil
}
