package view

import (
	"fmt"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// requesterBlocks are the requester's card and modal alike.
func requesterBlocks(c approval.Case, heading string, told []sentence) []slack.Block {
	blocks := []slack.Block{header(heading)}
	if s := surprise(c); s != nil {
		told = append(told, s)
	}
	for _, s := range told {
		blocks = append(blocks, paragraph(s...))
	}
	blocks = append(blocks, withHistory(c, requesterButtons(c)), facts(c, false), quote(c.Reason))
	if why := rules(c); why != nil {
		blocks = append(blocks, paragraph(why...))
	}
	return blocks
}

// requesterStory says to the person who asked what happened, what it means and
// what to do: a heading and paragraphs.
func requesterStory(c approval.Case) (heading string, told []sentence) {
	switch c.Status {
	case approval.Routing:
		return "🔎 Finding out who decides", routingStory(c)
	case approval.Pending:
		if c.SelfApproved() {
			return "✋ You approve this yourself", selfStory(c)
		}
		if c.Extends != "" {
			return "⏳ Waiting for approval to go on", pendingStory(c)
		}
		return "⏳ Waiting for approval", pendingStory(c)
	case approval.Active, approval.Ended, approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused:
		return conclusion(c, c.Requester.ID)
	}
	return unknown()
}

func routingStory(c approval.Case) []sentence {
	told := []sentence{{text("Your request arrived. The rules are being checked; this message then says who decides. There's nothing you need to do.")}}
	if c.Delay != "" {
		told = append(told, sentence{text("It takes longer than usual: "), typed(c.Delay),
			text(". It's tried again by itself for a while. If it keeps failing, the request is refused and you hear why.")})
	}
	return told
}

func selfStory(c approval.Case) []sentence {
	why := sentence{text("The rules let you approve this yourself.")}
	if assigned(c.Outcome) {
		why = sentence{text("You're assigned to this account: you approve it yourself.")}
	}
	why = append(why, text(" Approve starts your access at once, Deny drops the request. "))
	return []sentence{append(why, deadline(c)...)}
}

// assigned says whether the rules saw that the requester is assigned to the account.
func assigned(o flows.Outcome) bool {
	for _, read := range o.Reads {
		if read.Fact == (flows.Fact{Kind: flows.FieldFact, Name: "is_assigned"}) {
			return read.Value == "yes"
		}
	}
	return false
}

func pendingStory(c approval.Case) []sentence {
	s := append(sentence{text("Waiting for ")}, waitedFor(c)...)
	s = append(s, text(". "+whatTheyHave(c)+" You get a new message here as soon as it's decided. "))
	told := []sentence{append(s, deadline(c)...)}
	if c.Extends != "" {
		told = append(told, sentence{text("You keep the access that you have until its end meanwhile.")})
	}
	return append(told, progress(c, c.Requester.ID)...)
}

// whatTheyHave says by what those who are waited for answer.
func whatTheyHave(c approval.Case) string {
	people, customer := waiting(c)
	switch {
	case customer && len(people) == 0:
		return "The customer's app hands them a link, by which they agree or refuse."
	case customer:
		return "They have a message with your request; the customer's app hands the customer a link."
	}
	return "They have a message with your request."
}

func quorumWord(c approval.Case) string {
	if c.Quorum > 1 {
		return "and"
	}
	return "or"
}

// progress is what is known of a decision that isn't made yet.
func progress(c approval.Case, reader string) []sentence {
	var told []sentence
	if needed := mustApprove(c.Quorum, c.NeedsConsent()); needed != "" {
		s := sentence{text(needed)}
		if len(c.Approvals) > 0 {
			s = append(append(append(s, text(" So far: ")), objects(approved(c), reader)...), text("."))
		}
		told = append(told, s)
	}
	told = append(told, joinedLater(c, reader)...)
	if c.Claim != nil {
		told = append(told, lookedAt(c.Claim.By, reader))
	}
	if c.Pokes > 0 {
		told = append(told, reminded(c, reader))
	}
	if also := silent(c); len(also) > 0 {
		s := append(sentence{text("May also decide, but wasn't asked: ")}, names(unpinged(also), "and")...)
		told = append(told, append(s, text(".")))
	}
	if s := unreached(c); s != nil {
		told = append(told, s)
	}
	return told
}

// mustApprove says who has to, where it's more than one person; empty where one will do.
func mustApprove(quorum int, consent bool) string {
	switch {
	case quorum > 1 && consent:
		return fmt.Sprintf("%d people must approve, and the customer must agree.", quorum)
	case quorum > 1:
		return fmt.Sprintf("%d people must approve.", quorum)
	case consent:
		return "One person must approve, and the customer must agree."
	}
	return ""
}

// joinedLater says who came to the case while it waited, and why.
func joinedLater(c approval.Case, reader string) (told []sentence) {
	if people := via(c, approval.ByEscalation); len(people) > 0 {
		s := append(sentence{text("Nobody decided in time, so it went on to ")}, objects(people, reader)...)
		told = append(told, append(s, text(" as well.")))
	}
	if c.OnCall == nil {
		return told
	}
	s := append(sentence{text("The shift has changed. On call now: ")}, objects(onShift(c), reader)...)
	if off := offShift(c); len(off) > 0 {
		s = append(append(s, text(". No longer on call, and may still decide: ")), objects(off, reader)...)
	}
	return append(told, append(s, text(".")))
}

// reminded says that the undecided were, when, and by whom.
func reminded(c approval.Case, reader string) sentence {
	at := []word{text(" ("), when(c.PokedAt), text(").")}
	if !c.NudgedAt.IsZero() && c.NudgedAt.Equal(c.PokedAt) {
		return append(sentence{subject(c.Requester, reader), text(" sent a reminder to all who haven't decided")}, at...)
	}
	return append(sentence{text("All who haven't decided were reminded")}, at...)
}

func lookedAt(by approval.Person, reader string) sentence {
	if by.ID == reader {
		return sentence{text("You're looking at it; the others see that for a few minutes.")}
	}
	return sentence{who(by), text(" is looking at it.")}
}

// deadline says when a waiting case ends by itself.
func deadline(c approval.Case) sentence {
	return sentence{text("If nobody decides by "), when(c.PendingAt.Add(c.Flow.Policy.Timeout)), text(", it times out.")}
}

// rules is the explanation of the outcome, as the record and simulations have it.
func rules(c approval.Case) sentence {
	if c.Outcome.Result == "" || c.Outcome.Result == flows.Refused && len(c.Outcome.Reads) == 0 {
		return nil
	}
	return sentence{label("What the rules saw: "), explained(c.Outcome.Explain())}
}
