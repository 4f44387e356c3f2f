package view

import (
	"cmp"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// ApproverCard is the case for one of the people who may decide it. It has
// buttons while this person's click can change something.
func ApproverCard(c approval.Case, approver string) Message {
	heading, told := approverStory(c, approver)
	blocks := caseBlocks(c, heading, told, cameTo(c, approver))
	if _, decides := c.Approver(approver); decides {
		blocks = append(blocks, withHistory(c, approverButtons(c, approver)))
	}
	return Message{Text: about(c, heading), Blocks: blocks}
}

// ChannelCard is the copy for a channel: everybody reads it, nobody decides there.
func ChannelCard(c approval.Case) Message {
	heading, told := approverStory(c, "")
	if c.Status == approval.Pending {
		told = append(told, append(append(sentence{text("Asked: ")}, names(asked(c), "and")...), text(".")))
	}
	return Message{Text: about(c, heading), Blocks: caseBlocks(c, heading, told, nil)}
}

// about is the notification: what it is, for whom, of which account, for how
// long and why. It is all that somebody sees who doesn't open the message.
func about(c approval.Case, heading string) string {
	if c.Status == approval.Pending {
		return notification(who(c.Requester), text(asks(c, "")), typed(c.Account.Name), text(" for "), length(c), text(": "), brief(c.Reason))
	}
	return notification(append(sentence{text(heading + ": "), who(c.Requester), text(" as "), typed(c.Account.Name)}, upshot(c)...)...)
}

func caseBlocks(c approval.Case, heading string, told []sentence, why sentence) []slack.Block {
	blocks := []slack.Block{header(heading)}
	for i, s := range told {
		if i == 0 {
			blocks = append(blocks, besidePhoto(c, s))
			continue
		}
		blocks = append(blocks, paragraph(s...))
	}
	blocks = append(blocks, facts(c, true), quote(c.Reason))
	if saw := rules(c); saw != nil {
		blocks = append(blocks, paragraph(append(why, saw...)...))
	}
	return blocks
}

func approverStory(c approval.Case, reader string) (heading string, told []sentence) {
	switch c.Status {
	case approval.Pending:
		return "🔔 Your decision is needed", waitingStory(c, reader)
	case approval.Routing:
		return "🔎 Finding out who decides", []sentence{{text("It's being found out who decides this request. " +
			"Nobody can decide it until then. There's nothing you need to do.")}}
	case approval.Active, approval.Ended, approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused:
		return conclusion(c, reader)
	}
	return unknown()
}

func waitingStory(c approval.Case, reader string) []sentence {
	s := sentence{subject(c.Requester, reader), text(asks(c, reader)), named(c.Account.Name),
		text(" for "), length(c), text(". ")}
	told := []sentence{append(s, deadline(c)...)}
	if others := without(asked(c), reader); len(others) > 0 && reader != "" {
		s := append(sentence{text("Also asked: ")}, names(others, "and")...)
		told = append(told, append(s, text(enough(c))))
	}
	if c.ApprovedBy(reader) {
		told = append(told, append(append(sentence{text("You approved this already; it still waits for ")}, waitedFor(c)...), text(".")))
	}
	return append(told, progress(c, reader)...)
}

func enough(c approval.Case) string {
	if c.Quorum > 1 || c.NeedsConsent() {
		return "."
	}
	return ". The first answer counts."
}

// cameTo says why this person was asked. It is followed by what the rules saw.
func cameTo(c approval.Case, approver string) sentence {
	a, ok := c.Approver(approver)
	if !ok {
		return nil
	}
	why := sentence{label("Why you: ")}
	if a.Via == approval.ByEscalation {
		why = append(why, text("nobody else decided in time, and "))
	}
	if a.Via == approval.ByExtension {
		why = append(why, text("you approved that it goes on, and "))
	}
	return append(append(why, leg(a.Leg)...), text("\n"))
}

func leg(l flows.Leg) sentence {
	switch l.Kind {
	case flows.OnCallLeg:
		return append(append(sentence{text("you're on call in "), typed(cmp.Or(l.Title, "the schedule "+l.Name))}, reason(l.Why)...), text("."))
	case flows.GroupLeg:
		return append(append(sentence{text("you're in the group @"), typed(l.Name)}, reason(l.Why)...), text("."))
	case flows.RequesterLeg:
		return append(append(sentence{text("the rules let you decide this yourself")}, reason(l.Why)...), text("."))
	case flows.PersonLeg, flows.CustomerLeg, flows.ConsentLeg:
	}
	return sentence{text("the rules name you.")}
}
