package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/socket"
)

// A bot whose token was taken away can't post, and would try for ever. So it
// ends with a sentence, as it does where it can't listen: what it has to post
// is in the store.

// tokenError says that Slack doesn't take the bot token any more.
type tokenError struct{ code string }

func (e *tokenError) Error() string {
	return fmt.Sprintf("SLACK_BOT_TOKEN: Slack refuses it (%s): %s", e.code, botTokenRemedy(e.code))
}

// botTokenRemedy is empty for what isn't about the bot token.
func botTokenRemedy(code string) string {
	switch code {
	case "invalid_auth", "not_authed", "token_expired", "not_allowed_token_type":
		return "get the bot token again at your app's page, OAuth & Permissions"
	case "token_revoked":
		return "it was revoked: install the app again at your app's page, OAuth & Permissions, and set its new bot token"
	case "account_inactive":
		return "the app was uninstalled or its workspace closed: install it again and set its new tokens"
	}
	return ""
}

// tokenWatch looks for an answer of Slack that says that the bot token isn't
// good any more.
type tokenWatch struct {
	next    http.RoundTripper
	refused chan string // Slack's word for it
}

// RoundTrip makes a call, and looks at its answer.
func (w *tokenWatch) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch path.Base(r.URL.Path) {
	case "auth.test", "apps.connections.open": // which have their own ways to say so
		return response, nil
	}
	w.look(response)
	return response, nil
}

// mostOfRefusal is more than an answer has that says nothing else, in bytes.
const mostOfRefusal = 512

func (w *tokenWatch) look(response *http.Response) {
	body := bufio.NewReaderSize(response.Body, mostOfRefusal)
	start, _ := body.Peek(mostOfRefusal) // a longer answer isn't a refusal, and doesn't parse
	response.Body = struct {
		io.Reader
		io.Closer
	}{body, response.Body}
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(start, &answer) != nil || botTokenRemedy(answer.Error) == "" {
		return
	}
	select {
	case w.refused <- answer.Error:
	default:
	}
}

// guard ends the bot when Slack refuses its token, and says so when asked again.
func (w *tokenWatch) guard(ctx context.Context, client *slack.Client, end context.CancelCauseFunc, log zerolog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.refused:
		}
		_, err := client.AuthTestContext(ctx)
		refused, ok := errors.AsType[slack.SlackErrorResponse](err)
		if ok && botTokenRemedy(refused.Err) != "" {
			end(&tokenError{refused.Err})
			return
		}
		log.Warn().Err(err).Msg("Slack refused the bot token, and doesn't any more")
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// appTokenError names the setting that a fatal error of the sockets is about.
func appTokenError(err error) error {
	if fatal, ok := errors.AsType[*socket.FatalError](err); ok && fatal.Code != "link_disabled" {
		return fmt.Errorf("SLACK_APP_TOKEN: %w", err)
	}
	return err
}
