// Package slackapp asks Slack what it says of the app itself: who the bot is, and
// which scopes its token has.
//
// Slack tells the scopes in a header of every answer, which its clients don't
// show. What it tells no bot is the app's manifest: which slash commands there
// are, and which shortcuts, is known to whoever edits the app, and to nobody else.
package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	askTime    = 10 * time.Second
	mostAnswer = 1 << 20
)

// App is a bot token at a Slack.
type App struct {
	URL   string // of the Web API, with its trailing slash
	Token string
	HTTP  *http.Client // nil is [http.DefaultClient]
}

// Answer is what Slack says of the token.
type Answer struct {
	OK    bool   `json:"ok"`
	Error string `json:"error"`
	User  string `json:"user"`
	Team  string `json:"team"`
	// Scopes are those that the token has, nil if Slack doesn't say.
	Scopes []string `json:"-"`
	// Date is what time it is there, as a header says it.
	Date string `json:"-"`
}

// Ask asks who the bot is.
func (a App) Ask(ctx context.Context) (answer Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+"auth.test", http.NoBody)
	if err != nil {
		return answer, err
	}
	request.Header.Set("Authorization", "Bearer "+a.Token)
	client := a.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	data, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return answer, fmt.Errorf("what answers isn't Slack's Web API (%s)", response.Status)
	}
	for scope := range strings.SplitSeq(response.Header.Get("X-Oauth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			answer.Scopes = append(answer.Scopes, scope)
		}
	}
	answer.Date = response.Header.Get("Date")
	return answer, nil
}

// Missing are the scopes of wanted that the token doesn't have.
func (a Answer) Missing(wanted []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(scope string) bool { return slices.Contains(a.Scopes, scope) })
}
