package view

import (
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
)

// The messages of this file are short, and their point is that they come: a
// card that changes makes no sound. Each changes afterwards with its case.

// ReminderCard reminds an approver of a case that waits.
func ReminderCard(c approval.Case, approver string) Message {
	if c.Status != approval.Pending || c.ApprovedBy(approver) {
		return settled(c, approver)
	}
	s := sentence{who(c.Requester), text(" still waits: "), text("sign in as "), named(c.Account.Name), text(" for "), length(c),
		text(", asked "), when(c.AskedAt), text(". ")}
	blocks := []slack.Block{paragraph(append(sentence{label("🔔 Reminder: ")}, append(s, deadline(c)...)...)...), quote(c.Reason)}
	if clickable := approverButtons(c, approver); clickable != nil {
		blocks = append(blocks, clickable)
	}
	return Message{Text: notification(text("Reminder: "), who(c.Requester), text(" still waits to sign in as "), typed(c.Account.Name), text(" for "), length(c), text(": "), brief(c.Reason)), Blocks: blocks}
}

// WarningCard tells the requester that their access ends soon.
func WarningCard(c approval.Case) Message {
	switch {
	case c.Status != approval.Active:
		return settled(c, c.Requester.ID)
	case !c.Grant.Warned:
		s := sentence{label("✅ Extended: "), text("your access to "), named(c.Account.Name), text(" now lasts until "), when(c.Grant.Until), text(".")}
		return Message{Text: s.note(), Blocks: []slack.Block{paragraph(s...)}}
	}
	s := sentence{label("⏳ Ends soon: "), text("your access to "), named(c.Account.Name), text(" ends "), when(c.Grant.Until), text(". "),
		text(goOn(c, c.Requester.ID))}
	hint := " ends soon. Extend it if you need longer."
	if !c.Extendable() {
		hint = " ends soon, and lasts as long as its flow allows."
	}
	return Message{
		Text:   notification(text("Your access to "), typed(c.Account.Name), text(hint)),
		Blocks: []slack.Block{paragraph(s...), requesterButtons(c)},
	}
}

// RevokedCard tells the requester that their access was called back.
func RevokedCard(c approval.Case) Message { return settled(c, c.Requester.ID) }

// settled says in a line how the case stands, once there is nothing to do.
func settled(c approval.Case, reader string) Message {
	s := sentence{label("Settled: "), named(c.Account.Name), text(": ")}
	if c.Status == approval.Active || c.Status.Over() {
		heading, told := conclusion(c, reader)
		s = append(sentence{label(heading + ": ")}, told[0]...)
	} else {
		s = append(s, standing(c)...)
	}
	return Message{Text: s.note(), Blocks: []slack.Block{paragraph(s...)}}
}
