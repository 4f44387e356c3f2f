package doctor

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/slackapp"
	"github.com/understudyhq/understudy/bot/socket"
)

const askTime = 10 * time.Second

// slack asks who the bot is. The answer's headers say which scopes its token has,
// and what time it is there: the fields x-oauth-scopes and date.
func (e *examination) slack(ctx context.Context) {
	before := e.Now()
	answer, err := slackapp.App{URL: e.SlackURL, Token: e.BotToken}.Ask(ctx)
	switch {
	case err != nil:
		e.note(Wrong, "Slack", "Slack doesn't answer at %s: %v; check SLACK_API_URL, and whether this machine reaches it", e.SlackURL, err)
		return
	case !answer.OK && e.BotRemedy(answer.Error) != "":
		e.note(Wrong, "Slack bot token", "Slack refuses SLACK_BOT_TOKEN (%s): %s", answer.Error, e.BotRemedy(answer.Error))
		return
	case !answer.OK:
		e.note(Wrong, "Slack bot token", "Slack answers %s: try again, and see its documentation of auth.test", answer.Error)
		return
	}
	e.note(Fine, "Slack bot token", "the bot is %s in the workspace %s", answer.User, answer.Team)
	e.scopes(answer)
	if there, err := http.ParseTime(answer.Date); err == nil {
		e.clock(there, before)
	}
}

func (e *examination) scopes(answer slackapp.Answer) {
	if answer.Scopes == nil {
		e.note(Warning, "Slack scopes", "Slack doesn't say which scopes the bot token has: compare them with understudy manifest")
		return
	}
	missing := answer.Missing(e.Scopes)
	var unused []string
	for _, scope := range answer.Scopes {
		if !slices.Contains(e.Scopes, scope) && !optional(scope) {
			unused = append(unused, scope)
		}
	}
	if len(missing) > 0 {
		e.note(Wrong, "Slack scopes", "the bot token lacks %s: add them at your app's page, OAuth & Permissions, and install the app again", strings.Join(missing, ", "))
	}
	if len(unused) > 0 {
		e.note(Warning, "Slack scopes", "the bot token has more than the bot uses: %s; take them away at your app's page, OAuth & Permissions", strings.Join(unused, ", "))
	}
	if len(missing)+len(unused) == 0 {
		e.note(Fine, "Slack scopes", "the bot token has the scopes that it needs, and no others")
	}
}

// optional are scopes with which copies in channels are found again.
func optional(scope string) bool {
	return slices.Contains([]string{"channels:read", "channels:history", "groups:read", "groups:history"}, scope)
}

// clock compares this machine's time with Slack's, which is told in whole seconds.
func (e *examination) clock(there, before time.Time) {
	skew := max(before.Sub(there.Add(time.Second)), there.Sub(e.Now()), 0)
	if skew > e.MostSkew {
		e.note(Wrong, "clock", "this machine's clock is %s off from Slack's: set it by NTP, because accesses end by it", skew.Round(time.Second))
		return
	}
	e.note(Fine, "clock", "this machine's clock agrees with Slack's")
}

// sockets asks for the address of a socket, and doesn't connect.
func (e *examination) sockets(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	_, _, err := e.Slack.StartSocketModeContext(ctx)
	if fatal := socket.Fatal(err); fatal != nil {
		e.note(Wrong, "Slack app token", "SLACK_APP_TOKEN: %v", fatal)
		return
	}
	if err != nil {
		e.note(Warning, "Slack app token", "Slack gave no socket: %v; the bot tries again by itself", err)
		return
	}
	e.note(Fine, "Slack app token", "Socket Mode is on")
}
