package view

import (
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// Slack's limits, in characters unless named otherwise.
// https://docs.slack.dev/reference/block-kit/blocks
const (
	maxTitle       = 24
	maxHeader      = 150
	maxHint        = 2000
	maxOption      = 75
	maxOptionValue = 150
	maxOptions     = 100
	maxBlockID     = 255
	maxHomeBlocks  = 100
	maxAnswerBytes = 19_000 // of 20,000, the limit of an answer over a socket
)

func notification(words ...word) string {
	return sentence(words).note()
}

func plain(s string, limit int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, shorten(s, limit), false, false)
}

func header(s string) slack.Block {
	return slack.NewHeaderBlock(plain(s, maxHeader))
}

// paragraph is a block of sentences.
func paragraph(words ...word) slack.Block {
	return slack.NewRichTextBlock("", slack.NewRichTextSection(sentence(words).rich()...))
}

// quote shows a typed reason as it was typed, lines and all. The form lets
// nobody type more than fits.
func quote(s string) slack.Block {
	quoted := legible.Text(s)
	if runes := []rune(quoted); len(runes) > MaxReason {
		quoted = string(runes[:MaxReason]) + "…"
	}
	if quoted == "" {
		quoted = "(empty)"
	}
	return slack.NewRichTextBlock("", &slack.RichTextQuote{
		Type:     slack.RTEQuote,
		Elements: sentence{text(legible.Isolated(quoted))}.rich(),
	})
}

// facts are the lines that describe a request. Those who decide also see who
// asks, and what that person asked before.
func facts(c approval.Case, decides bool) slack.Block {
	s := append(sentence{label("Account: ")}, account(c)...)
	if decides {
		s = append(append(s, text("\n"), label("Asked by: ")), asker(c)...)
	}
	s = append(s, text("\n"), label("Asked: "), when(c.AskedAt), text(", for "), length(c))
	s = append(s, access(c)...)
	if decides {
		s = append(s, before(c)...)
	}
	return paragraph(append(s, text("\n"), label("Reason:"))...)
}

func plan(a approval.Account) word {
	if legible.Line(a.Plan) == "" {
		return text("plan unknown")
	}
	return typed(a.Plan)
}

func blockID(kind, id string) string { return shorten(kind+":"+id, maxBlockID) }
