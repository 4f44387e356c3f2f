// Package doctor looks at a deployment before it runs, and says what it gets
// wrong and what to do, each thing in a sentence.
//
// A [Patient] is what a deployment consists of; [Examine] goes through it and
// gives findings, the first one first. It changes nothing: it only asks.
package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// Finding is one thing that was looked at.
type Finding struct {
	What  string `json:"what"` // such as "Slack scopes"
	State State  `json:"state"`
	Text  string `json:"text"` // what is so; and what to do, unless it is fine
}

// State is how something is.
type State string

// The states. What is wrong keeps the bot from its work, now or at some time.
const (
	Fine    State = "ok"
	Warning State = "warning"
	Wrong   State = "wrong"
)

// Patient is what a deployment consists of. What is nil or empty isn't looked at.
type Patient struct {
	Slack      *slack.Client
	SlackURL   string // of the Web API, with its trailing slash
	BotToken   string
	Scopes     []string // that the bot needs
	World      *provision.World
	Closed     error // why the account directory could not be opened; then there is no World
	Rules      map[string]flows.Flow
	Flows      []store.Flow // that the deployment's file has
	StorePath  string
	Listen     string
	Protected  bool // something has TLS, or is said to
	BotRemedy  func(code string) string
	Now        func() time.Time
	LeastSpace uint64 // bytes that should be free beside the store
	MostSkew   time.Duration
}

// Examine looks at everything, even where something is wrong.
func Examine(ctx context.Context, p Patient) []Finding {
	e := &examination{Patient: p}
	e.slack(ctx)
	e.sockets(ctx)
	e.accounts(ctx)
	e.flows(ctx)
	e.store(ctx)
	e.address(ctx)
	return e.found
}

type examination struct {
	Patient

	found []Finding
}

func (e *examination) note(state State, what, format string, args ...any) {
	e.found = append(e.found, Finding{what, state, fmt.Sprintf(format, args...)})
}
