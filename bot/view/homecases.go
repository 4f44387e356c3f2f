package view

import (
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// This file is how a case looks on the Home. Its buttons are those of the cards.

func waitingBlocks(c approval.Case, reader string) []slack.Block {
	told := waitingLine(c, reader)
	if c.ApprovedBy(reader) {
		told = append(told, text(". You approved it; it waits for somebody else to approve as well"))
	}
	told = append(told, text("."))
	if c.Claim != nil {
		told = append(append(told, text(" ")), lookedAt(c.Claim.By, reader)...)
	}
	blocks := []slack.Block{paragraph(told...), quote(shorten(legible.Text(c.Reason), maxTyped))}
	return append(blocks, withHistory(c, approverButtons(c, reader)))
}

func requestBlocks(c approval.Case, reader string) []slack.Block {
	told := line(c, reader)
	if c.Claim != nil {
		told = append(append(told, text(" ")), lookedAt(c.Claim.By, reader)...)
	}
	buttons := requesterButtons(c)
	if c.Status == approval.Active && c.Extendable() {
		buttons = actions(c, append(openButton(c), button(ActionRelease, c.ID, "End now", slack.StyleDefault), button(ActionExtend, c.ID, "Extend", slack.StyleDefault))...)
	}
	return []slack.Block{paragraph(told...), withHistory(c, buttons)}
}

func runningBlocks(c approval.Case, reader string) []slack.Block {
	return []slack.Block{paragraph(line(c, reader)...), withHistory(c, approverButtons(c, reader))}
}

// overseenBlocks are of a case that the reader sees by one of these groups.
func overseenBlocks(c approval.Case, reader string, groups []string) []slack.Block {
	var buttons slack.Block
	if c.Status == approval.Active && c.RevokingGroup(groups) != "" {
		buttons = actions(c, revokeButton(c))
	}
	return []slack.Block{paragraph(line(c, reader)...), withHistory(c, buttons)}
}

func recentBlocks(c approval.Case, reader string) []slack.Block {
	words := slack.NewTextBlockObject(slack.MarkdownType, line(c, reader).mrkdwn(), false, true)
	history := button(ActionHistory, c.ID, "History", slack.StyleDefault)
	return []slack.Block{slack.NewSectionBlock(words, nil, slack.NewAccessory(history), slack.SectionBlockOptionBlockID(blockID("history", c.ID)))}
}

// homeCoded is an id in one of many lines: the whole one is on the card.
func homeCoded(id string) coded { return coded(shorten(legible.Line(id), maxTyped)) }

func waitingLine(c approval.Case, reader string) sentence {
	return sentence{subject(c.Requester, reader), text(asks(c, reader)), named(c.Account.Name), text(" · "), plan(c.Account), text(" · "),
		homeCoded(c.Account.ID), text(" for "), length(c), text(", asked "), when(c.AskedAt)}
}

func asks(c approval.Case, reader string) string {
	verb := " asks"
	if isRequester(c, reader) {
		verb = " ask"
	}
	if c.Extends != "" {
		return verb + " to stay signed in as "
	}
	return verb + " to sign in as "
}

// length is the time that was asked for, or how much more of it.
func length(c approval.Case) text {
	if c.Extends != "" {
		return span(c.Duration) + " more"
	}
	return span(c.Duration)
}

// line is a case in one line: the account, and how it stands.
func line(c approval.Case, reader string) sentence {
	s := sentence{named(c.Account.Name), text(" · "), homeCoded(c.Account.ID), text(": ")}
	if !isRequester(c, reader) {
		s = append(s, who(c.Requester), text(", "))
	}
	return append(s, standing(c)...)
}

// standing says in a few words how a case stands.
func standing(c approval.Case) sentence {
	switch c.Status {
	case approval.Routing:
		return sentence{text("finding out who decides, asked "), when(c.AskedAt), text(".")}
	case approval.Pending:
		return append(append(sentence{text("waiting for ")}, waitedFor(c)...),
			text(", asked "), when(c.AskedAt), text("."))
	case approval.Active:
		if c.Waits() {
			return sentence{text("allowed for "), span(c.Grant.Until.Sub(c.Grant.From)), text(", to be opened by "), when(c.Grant.Until), text(".")}
		}
		return sentence{text("allowed until "), when(c.Grant.Until), text(".")}
	case approval.Ended:
		if c.Grant.End == approval.Merged {
			return sentence{text("extended until "), when(c.Grant.Until), text(".")}
		}
		return sentence{text("access ended "), when(c.Closed.At), text(".")}
	case approval.Denied:
		return sentence{text("denied "), when(c.Closed.At), text(".")}
	case approval.Cancelled:
		return sentence{text("taken back "), when(c.Closed.At), text(".")}
	case approval.TimedOut:
		return sentence{text("nobody decided in time ("), when(c.Closed.At), text(").")}
	case approval.Refused:
		return append(append(sentence{text("refused "), when(c.Closed.At)}, reason(c.Closed.Why)...), text("."))
	}
	return sentence{text("it can't be shown, and it allows nothing.")}
}
