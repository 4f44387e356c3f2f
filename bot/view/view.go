// Package view turns a case into what people see in Slack: messages, modals and
// the Home tab, as Block Kit.
//
// Every function is pure. The same case gives the same blocks, so a card can be
// compared with what Slack already shows, and a golden file holds what people
// read. Nothing here reads a clock: times are written in Slack's date format,
// which Slack fills in for the reader's own time zone.
//
// Two ideas keep it safe. First, a sentence is a list of words, and a word knows
// what it is: the product's own text, a person, a time, or something that people
// or directories typed. Each kind knows how to write itself as rich text, as
// mrkdwn and as the plain text of a notification, so that typed text is never
// read as a mention, a link or formatting, wherever the sentence is used.
// Second, every text is cut to Slack's limits, measured after escaping, in the one
// place that makes the block, so that no case, however long its reason or its
// list of approvers, makes a message that Slack refuses.
//
// Every card says what happened, what it means for the reader, and what to do.
// Only people who may decide see buttons, and only while there is something to
// decide; whether a click counts is for the approval package to say.
package view

import (
	"slices"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
)

// Message is what one card shows in a conversation.
type Message struct {
	// Text is the notification: one line that says what the card is about. It is
	// escaped already.
	Text   string
	Blocks []slack.Block
}

// WithoutPictures is the message for a Slack that can't fetch a picture in it,
// and so refuses all of it. It is false if there are none.
func (m Message) WithoutPictures() (Message, bool) {
	found := false
	blocks := slices.Clone(m.Blocks)
	for i, b := range blocks {
		if s, ok := b.(*slack.SectionBlock); ok && s.Accessory != nil && s.Accessory.ImageElement != nil {
			plain := *s
			plain.Accessory = nil
			blocks[i], found = &plain, true
		}
	}
	m.Blocks = blocks
	return m, found
}

// EventType is the type of the metadata that every card carries.
const EventType = "understudy_card"

// Metadata marks a message as the card of this id, so that a post whose answer
// was lost is found again.
func Metadata(cardID string) slack.SlackMetadata {
	return slack.SlackMetadata{EventType: EventType, EventPayload: map[string]any{"card": cardID}}
}

const (
	// Title is the title of the modals.
	Title = "Impersonate a customer"
	// Command is the slash command that people are told to type.
	Command = "/impersonate"
)

// RequesterCard follows the case for the person who asked.
func RequesterCard(c approval.Case) Message {
	heading, told := requesterStory(c)
	return Message{
		Text:   outcomeNotice(c, heading),
		Blocks: requesterBlocks(c, heading, told),
	}
}

// Progress is the modal that stays open after a submission and follows the case.
func Progress(c approval.Case) slack.ModalViewRequest {
	heading, told := requesterStory(c)
	return modal(requesterBlocks(c, heading, told)...)
}

// Checking is the modal right after a submission, before the case is known.
func Checking() slack.ModalViewRequest {
	return modal(
		header("Checking…"),
		paragraph(text("Your request is being saved, and the rules are being checked. This window follows it. "+
			"You can close it: the answer also comes as a message.")),
	)
}

func modal(blocks ...slack.Block) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type:   slack.VTModal,
		Title:  plain(Title, maxTitle),
		Close:  plain("Close", maxTitle),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}
