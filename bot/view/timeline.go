package view

import (
	"encoding/json"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
)

// CallbackTimeline is of the modal that shows a case's history.
const CallbackTimeline = "timeline"

// A modal takes 100 blocks and 250 KB. The history's own first and last
// paragraphs, and the request's reason, are beside its events.
const (
	maxTimeline      = 90
	maxTimelineBytes = 200_000
	firstOfTimeline  = 10 // are shown of a history that is cut, and the newest
)

// Timeline is the modal with everything that happened to a case: when, who and
// why. Events are in their order, from the first. Each reader may see all of it
// who takes part in the case.
func Timeline(c approval.Case, events []approval.Event, reader string) slack.ModalViewRequest {
	about := sentence{named(c.Account.Name), text(" · "), coded(c.Account.ID), text(", asked by "), object(c.Requester, reader), text(".\n"), label("Now: ")}
	blocks := []slack.Block{paragraph(append(about, standing(c)...)...)}
	shown := make([][]slack.Block, len(events))
	for i, e := range events {
		shown[i] = entry(c, e, reader)
	}
	first, rest := fitting(shown)
	for _, b := range shown[:first] {
		blocks = append(blocks, b...)
	}
	if hidden := len(shown) - first - rest; hidden > 0 {
		blocks = append(blocks, paragraph(text("… "+count(hidden, "more event")+" came here. A window of Slack has no room for all; the bot's store has them.")))
	}
	for _, b := range shown[len(shown)-rest:] {
		blocks = append(blocks, b...)
	}
	m := modal(blocks...)
	m.Title, m.CallbackID = plain("History", maxTitle), CallbackTimeline
	return m
}

// fitting is how many of the first and of the last entries a modal has room for.
func fitting(entries [][]slack.Block) (first, last int) {
	blocks, bytes := 0, 0
	fits := func(entry []slack.Block) bool {
		data, err := json.Marshal(entry)
		blocks, bytes = blocks+len(entry), bytes+len(data)
		return err == nil && blocks <= maxTimeline && bytes <= maxTimelineBytes
	}
	for first < min(firstOfTimeline, len(entries)) && fits(entries[first]) {
		first++
	}
	for last < len(entries)-first && fits(entries[len(entries)-1-last]) {
		last++
	}
	return first, last
}

// entry is one event: when it was, what happened, and what was typed.
func entry(c approval.Case, e approval.Event, reader string) []slack.Block {
	blocks := []slack.Block{paragraph(append(sentence{when(e.At), text(" · ")}, told(c, e, reader)...)...)}
	if s, ok := e.Body.(approval.Submitted); ok {
		blocks = append(blocks, quote(s.Reason))
	}
	return blocks
}

// told says what one event was. Whatever a person gave a reason for says it.
func told(c approval.Case, e approval.Event, reader string) sentence {
	switch b := e.Body.(type) {
	case approval.Submitted:
		return askedFor(b, reader)
	case approval.Delayed:
		return append(append(sentence{text("Finding out who decides took longer")}, reason(b.Why)...), text("."))
	case approval.Allowed, approval.Rejected, approval.RefusedCase, approval.Asked, approval.Rerouted:
		return toldOfRules(b, reader)
	case approval.Escalated, approval.ShiftChanged, approval.Missed, approval.Claimed, approval.Unclaimed, approval.Reminded, approval.Nudged:
		return toldOfWaiting(c, b, reader)
	case approval.ApprovedCase, approval.DeniedCase, approval.CancelledCase, approval.TimedOutCase:
		return toldOfDecision(c, b, reader)
	case approval.Granted, approval.Warned, approval.Extended, approval.MergedGrant, approval.GrantEnded:
		return toldOfGrant(c, b, reader)
	case approval.Opened, approval.Misused, approval.Acted:
		return toldOfApp(c, b, reader)
	}
	return sentence{text("Something happened that this version of the bot doesn't know.")}
}

func askedFor(s approval.Submitted, reader string) sentence {
	told := sentence{subject(s.Requester, reader), text(" asked to sign in as "), named(s.Account.Name), text(" for "), span(s.Duration), text(":")}
	if s.Extends != "" {
		told[1], told[4] = text(" asked to stay signed in as "), span(s.Duration)+" more"
	}
	return told
}

func toldOfRules(body approval.Body, reader string) sentence {
	switch b := body.(type) {
	case approval.Allowed:
		s := append(sentence{text("A rule allowed it at once")}, reason(b.Outcome.Why)...)
		return append(append(s, text(".")), saw(b.Ruling)...)
	case approval.Rejected:
		s := append(sentence{text("A rule denied it")}, reason(b.Outcome.Why)...)
		return append(append(s, text(".")), saw(b.Ruling)...)
	case approval.RefusedCase:
		s := append(sentence{text("It couldn't be decided, so it was refused")}, reason(b.Why)...)
		return append(append(s, text(".")), notAsked(b.Unreachable)...)
	case approval.Asked:
		s := append(sentence{text("The rules sent it to ")}, askedPeople(b.Approvers, reader)...)
		s = append(s, text("."))
		if needed := mustApprove(b.Quorum, b.Route.Consent); needed != "" {
			s = append(s, text(" "+needed))
		}
		return append(append(s, notAsked(b.Unreachable)...), saw(b.Ruling)...)
	case approval.Rerouted:
		return sentence{text("Nobody who was asked could be reached, so it goes on to "), explained(b.Route.String()), text(".")}
	}
	return nil
}

// saw is what the rules read, after a sentence on what came of it.
func saw(r approval.Ruling) sentence {
	if len(r.Outcome.Reads) == 0 {
		return nil
	}
	return sentence{text(" They saw: "), explained(r.Outcome.Explain()), text(".")}
}

func toldOfWaiting(c approval.Case, body approval.Body, reader string) sentence {
	switch b := body.(type) {
	case approval.Escalated:
		if len(b.Approvers) == 0 {
			return append(sentence{text("Nobody had decided, and there was nobody else to ask.")}, notAsked(b.Unreachable)...)
		}
		s := append(sentence{text("Nobody had decided, so it went on to ")}, askedPeople(b.Approvers, reader)...)
		return append(append(s, text(" as well.")), notAsked(b.Unreachable)...)
	case approval.ShiftChanged:
		return append(shiftChange(c, b, reader), notAsked(b.Unreachable)...)
	case approval.Missed:
		s := sentence{text("Slack couldn't reach "), object(b.Person, reader)}
		if !b.Person.InSlack() {
			s[0] = text("The app wasn't told to ask ")
		}
		return append(append(s, reason(b.Why)...), text("."))
	case approval.Claimed:
		return sentence{subject(b.By, reader), text(" began to look at it.")}
	case approval.Unclaimed:
		return sentence{text("Nobody was looking at it any more.")}
	case approval.Reminded:
		return sentence{text("All who hadn't decided were reminded.")}
	case approval.Nudged:
		return sentence{subject(b.By, reader), text(" sent a reminder to all who hadn't decided.")}
	}
	return nil
}

func shiftChange(c approval.Case, b approval.ShiftChanged, reader string) sentence {
	s := sentence{text("The shift changed. On call from then on: ")}
	onCall := []approval.Person{}
	for _, id := range b.OnCall {
		if a, ok := c.Approver(id); ok {
			onCall = append(onCall, a.Person)
		}
	}
	s = append(append(s, objects(onCall, reader)...), text("."))
	if len(b.Approvers) > 0 {
		s = append(append(append(s, text(" Asked as well: ")), askedPeople(b.Approvers, reader)...), text("."))
	}
	return s
}

func toldOfDecision(c approval.Case, body approval.Body, reader string) sentence {
	switch b := body.(type) {
	case approval.ApprovedCase:
		s := sentence{subject(b.By, reader), text(" approved it for "), span(b.Duration)}
		if b.Duration < c.Duration {
			s = append(s, text(" instead of the "), span(c.Duration), text(" asked for"))
		}
		return append(s, text("."))
	case approval.DeniedCase:
		return append(append(sentence{subject(b.By, reader), text(" denied it")}, said(b.Why)...), text("."))
	case approval.CancelledCase:
		return sentence{subject(b.By, reader), text(" took the request back.")}
	case approval.TimedOutCase:
		return sentence{text("Nobody had decided in time, so the request was over.")}
	}
	return nil
}

func toldOfGrant(c approval.Case, body approval.Body, reader string) sentence {
	switch b := body.(type) {
	case approval.Granted:
		if c.Flow.App != nil && c.Flow.App.Clock == approval.FromOpening {
			return sentence{text("The permission was given, to be opened by "), when(b.Until), text(".")}
		}
		return sentence{text("The access began, until "), when(b.Until), text(".")}
	case approval.Warned:
		return sentence{subject(c.Requester, reader), text(" got a message that the end is near.")}
	case approval.Extended:
		s := sentence{text("The access was extended until "), when(b.Until)}
		if len(b.Approvers) > 0 {
			s = append(append(s, text(", approved by ")), objects(persons(b.Approvers), reader)...)
		}
		return append(s, text("."))
	case approval.MergedGrant:
		return sentence{text("Its time was added to the access that it extends, which now lasts until "), when(b.Until), text(".")}
	case approval.GrantEnded:
		return grantEnd(b, reader)
	}
	return nil
}

func grantEnd(b approval.GrantEnded, reader string) sentence {
	switch b.End {
	case approval.Released:
		return sentence{subject(b.By, reader), text(" ended the access early.")}
	case approval.Revoked:
		if b.By.ID == "" {
			return append(append(sentence{text("The bot revoked the access")}, said(b.Why)...), text("."))
		}
		s := append(append(sentence{subject(b.By, reader)}, ofGroup(b.Group)...), text(" revoked the access"))
		return append(append(s, said(b.Why)...), text("."))
	case approval.Expired, approval.Merged:
	}
	return sentence{text("Its time was over, and so was the access.")}
}

// notAsked says who should have been asked and couldn't be, after a sentence.
func notAsked(people []approval.Unreached) sentence {
	s := unreached(approval.Case{Unreachable: people})
	if s == nil {
		return nil
	}
	return append(sentence{text(" ")}, s...)
}

func persons(approvers []approval.Approver) []approval.Person {
	people := make([]approval.Person, len(approvers))
	for i, a := range approvers {
		people[i] = a.Person
	}
	return people
}

// NotYourHistory answers somebody who neither takes part in the case nor oversees it.
func NotYourHistory() string {
	return "The history of a request is for whoever asked, for those who may decide it and for those who oversee its flow, so it wasn't opened. Ask one of them."
}

// NoHistory answers while the history can't be read or shown.
func NoHistory() string {
	return "The history couldn't be opened just now. Nothing was changed. Click again in a moment; if it keeps failing, tell the people who run this bot."
}
