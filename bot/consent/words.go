package consent

import (
	"strings"
	"unicode"

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
	line := []rune(strings.Join(strings.Fields(readable(s)), " "))
	if len(line) > longestName {
		line = append(line[:longestName-1], '…')
	}
	if len(line) == 0 {
		return "(somebody without a name)"
	}
	return isolated(string(line))
}

// isolated keeps a name that is written from right to left from reordering the
// sentence around it.
func isolated(s string) string {
	const first, pop = "\u2068", "\u2069"
	if strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana)
	}) {
		return first + s + pop
	}
	return s
}

// readable drops what can't be seen, and what turns the direction of text. The joiners
// stay: Persian and emoji are written with them.
func readable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		const nonJoiner, joiner = '\u200c', '\u200d'
		switch {
		case r == '\n', r == nonJoiner, r == joiner:
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}
