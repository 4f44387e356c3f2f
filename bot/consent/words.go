package consent

import (
	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// Names and reasons are what somebody typed. On the page they are text (html.go), and
// can't be more than they look like: a name is short and in one line, and nothing
// invisible turns the words around it. A name can still be a lie, as can a reason.

// agent is who asks, by the name that they have in Slack.
func agent(c approval.Case) string { return name(c.Requester.Name) }

func account(c approval.Case) string { return name(c.Account.Name) }

// longestName is Slack's own limit.
const longestName = 80

func name(s string) string {
	line := []rune(legible.Line(s))
	if len(line) > longestName {
		line = append(line[:longestName-1], '…')
	}
	if len(line) == 0 {
		return "(somebody without a name)"
	}
	return legible.Isolated(string(line))
}
