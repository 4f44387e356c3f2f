package view

import (
	"fmt"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
)

// HomeContents is what one person's Home tab shows.
type HomeContents struct {
	Person string // the reader's id
	// Waiting are the cases that this person may decide, Mine those that they
	// asked for, Running those whose grant runs.
	Waiting, Mine, Running []approval.Case
	More                   int    // how many further cases there are
	Problem                string // what people should know now; empty if all is well
}

// How many cases each part of the Home tab shows, at 3 blocks a waiting case
// and 1 for the others: 6 + 3×20 + 14 + 14 stay below 100 blocks.
const (
	maxWaiting = 20
	maxMine    = 14
	maxRunning = 14
)

// Home is a person's Home tab.
func Home(h HomeContents) slack.HomeTabViewRequest {
	var blocks []slack.Block
	if h.Problem != "" {
		blocks = append(blocks, paragraph(text("⚠️ "), explained(h.Problem)))
	}
	blocks = append(blocks, slack.NewActionBlock("ask", button(ActionAsk, "ask", Title, slack.StylePrimary)))
	blocks = append(blocks, waiting(h)...)
	blocks = append(blocks, listed("Running now", h.Running, maxRunning, h.Person)...)
	blocks = append(blocks, listed("Your requests", h.Mine, maxMine, h.Person)...)
	if len(h.Running)+len(h.Mine) == 0 {
		blocks = append(blocks, paragraph(text("You have no open requests. To sign in as a customer, use the button above or type "+Command+".")))
	}
	if more := h.hidden(); more > 0 {
		blocks = append(blocks, paragraph(text(fmt.Sprintf("And %d more that don't fit here. They're in your messages with this bot.", more))))
	}
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
}

func (h HomeContents) hidden() int {
	return max(0, h.More) + max(0, len(h.Waiting)-maxWaiting) + max(0, len(h.Mine)-maxMine) + max(0, len(h.Running)-maxRunning)
}

func waiting(h HomeContents) []slack.Block {
	blocks := []slack.Block{header("Waiting for you")}
	if len(h.Waiting) == 0 {
		return append(blocks, paragraph(text("Nothing waits for your decision.")))
	}
	for _, c := range h.Waiting[:min(len(h.Waiting), maxWaiting)] {
		blocks = append(blocks, paragraph(waitingLine(c, h.Person)...), quote(shorten(clean(c.Reason), maxTyped)))
		if clickable := approverButtons(c, h.Person); clickable != nil {
			blocks = append(blocks, clickable)
		}
	}
	return blocks
}

func waitingLine(c approval.Case, reader string) sentence {
	return sentence{subject(c.Requester, reader), text(asks(c, reader)), named(c.Account.Name), text(" · "), plan(c.Account), text(" · "),
		coded(c.Account.ID), text(" for "), length(c), text(", asked "), when(c.AskedAt)}
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

func listed(title string, cases []approval.Case, limit int, reader string) []slack.Block {
	if len(cases) == 0 {
		return nil
	}
	blocks := []slack.Block{header(title)}
	for _, c := range cases[:min(len(cases), limit)] {
		blocks = append(blocks, paragraph(line(c, reader)...))
	}
	return blocks
}

// line is a case in one line: the account, and how it stands.
func line(c approval.Case, reader string) sentence {
	s := sentence{named(c.Account.Name), text(" · "), coded(c.Account.ID), text(": ")}
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
		return append(append(sentence{text("waiting for ")}, names(undecided(c), quorumWord(c))...),
			text(", asked "), when(c.AskedAt), text("."))
	case approval.Active:
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
