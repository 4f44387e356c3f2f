package view

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// This file is the way from a grant into the app that it opens.

const (
	// ActionOpen asks for a link into the app.
	ActionOpen = "open"
	// ActionFollow is of the link itself: Slack tells of the click, and there is
	// nothing to do.
	ActionFollow = "follow"
	// CallbackOpen is of the modal that has the customer's name typed first.
	// Its metadata is the case's id.
	CallbackOpen = "open"

	// BlockName is of the field for the name.
	BlockName = "name"
	// ActionName is of what is typed in it.
	ActionName = "name"
)

// openButton is the requester's way in; none where the bot opens no app.
func openButton(c approval.Case) []slack.BlockElement {
	if c.Flow.App == nil || c.Status != approval.Active {
		return nil
	}
	return []slack.BlockElement{button(ActionOpen, c.ID, "Open as "+legible.Line(c.Account.Name), slack.StylePrimary)}
}

// OpenModal has the link into the app.
func OpenModal(c approval.Case, link string) slack.ModalViewRequest {
	open := slack.NewButtonBlockElement(ActionFollow, "", plain("Open "+c.Flow.App.Called()+" as "+legible.Line(c.Account.Name), maxOption)).WithStyle(slack.StylePrimary)
	open.URL = link
	m := modal(
		paragraph(append(sentence{text("This opens "), typed(c.Flow.App.Called()), text(" as "), named(c.Account.Name), text(". ")}, mayThere(c)...)...),
		slack.NewActionBlock("", open),
		paragraph(text("The link works once, within two minutes, and only where you're signed in as yourself. "+
			"If it doesn't any more, close this window and click Open as … again.")),
	)
	if fresh := c.Flow.App.FreshSignIn; fresh > 0 {
		m.Blocks.BlockSet = append(m.Blocks.BlockSet, paragraph(text("Unless you signed in there within the last "), span(fresh), text(", "), typed(c.Flow.App.Called()), text(" has you sign in again first.")))
	}
	m.Title, m.CallbackID = plain("Open the app", maxTitle), CallbackTold
	return m
}

// mayThere says what the requester may do in the app, and for how long.
func mayThere(c approval.Case) sentence {
	s := sentence{text("You may look at everything there, and change nothing; ")}
	if c.Flow.App.Scope == approval.FullAccess {
		s = sentence{text("You may do there what the customer may; ")}
	}
	if c.Waits() {
		return append(s, text("your time ("), span(c.AllowedFor()), text(") begins when you open it."))
	}
	return append(s, text("until "), when(c.Grant.Until), text("."))
}

// ConfirmModal has the requester type the customer's name, so that nobody opens
// another customer's account than they mean to.
func ConfirmModal(c approval.Case) slack.ModalViewRequest {
	field := slack.NewPlainTextInputBlockElement(plain("The customer's name, or its id", maxHeader), ActionName).WithMaxLength(MaxReason)
	field.FocusOnLoad = true
	m := modal(
		paragraph(text("You're about to act as a customer. Type whose name it is: "), named(c.Account.Name), text(" ("), coded(c.Account.ID), text(").")),
		slack.NewInputBlock(BlockName, plain("Customer", maxHeader), nil, field),
	)
	m.Title, m.Submit, m.Close = plain("Open the app", maxTitle), plain("Go on", maxTitle), plain("Back", maxTitle)
	m.CallbackID, m.PrivateMetadata = CallbackOpen, c.ID
	return m
}

// Confirmed says whether what was typed is the customer's name or id.
func Confirmed(v slack.View, c approval.Case) bool {
	typed := strings.Join(strings.Fields(input(v, BlockName, ActionName).Value), " ")
	return typed != "" && (strings.EqualFold(typed, strings.Join(strings.Fields(legible.Line(c.Account.Name)), " ")) || typed == c.Account.ID)
}

// NotConfirmed is for the field of a name that is another.
func NotConfirmed() string {
	return "That isn't this customer's name. Nothing was opened. If you meant another customer, close this window and ask for that one."
}

// NotOpened answers while no link can be made.
func NotOpened() string {
	return "The link couldn't be made just now. Nothing was opened, and your access goes on as it was. Click again in a moment; if it keeps failing, tell the people who run this bot."
}

// OpenedBefore answers a window that was answered already, with a link that can't
// be shown again.
func OpenedBefore() string {
	return "A link was made for this window already, and can't be shown again. If you don't see it, close this window and click Open as … again: that makes a new one."
}

// NoEmail answers a requester whom an app couldn't recognize.
func NoEmail() string {
	return "Slack doesn't say your e-mail address, by which the app knows you, so no link was made. Tell the people who run this bot: it needs the scope users:read.email."
}

// access says on a card what the request is for, where the bot opens an app.
func access(c approval.Case) sentence {
	if c.Flow.App == nil {
		return nil
	}
	what := text("look, and change nothing, in ")
	if c.Flow.App.Scope == approval.FullAccess {
		what = "do what the customer may, in "
	}
	return sentence{text("\n"), label("May: "), what, typed(c.Flow.App.Called())}
}

// allowance says how long somebody may be signed in.
func allowance(c approval.Case, reader string) []sentence {
	s := sentence{subject(c.Requester, reader), text(" may sign in as "), named(c.Account.Name)}
	if c.Waits() {
		s = append(s, text(" for "), span(c.Grant.Until.Sub(c.Grant.From)), text(", counted from when it's first opened; that must be by "), when(c.Grant.Until), text("."))
	} else {
		s = append(s, text(" until "), when(c.Grant.Until), text(". The permission then ends by itself."))
	}
	told := []sentence{s}
	if !c.Grant.OpenedAt.IsZero() {
		told = append(told, sentence{text("First opened "), when(c.Grant.OpenedAt), text(".")})
	}
	if c.Grant.Misuses > 0 {
		told = append(told, sentence{label("⚠️ Somebody else had the link. "), text("It was used up and opened nothing; the history says whose sign-in it came with.")})
	}
	return told
}

const mostDeedsShown = 10

// toldOfApp says what happened between a grant and the app.
func toldOfApp(c approval.Case, body approval.Body, reader string) sentence {
	switch b := body.(type) {
	case approval.Opened:
		s := sentence{subject(b.By, reader), text(" opened it in "), typed(appName(c)), text(", until "), when(b.Until), text(".")}
		return append(s, signedIn(b.SignedIn)...)
	case approval.Misused:
		return sentence{text("The link came to "), typed(b.App), text(" from somebody signed in there as "), typed(b.Email),
			text(", for whom it wasn't made. It opened nothing, and was used up.")}
	case approval.Acted:
		s := sentence{subject(c.Requester, reader), text(" did in "), typed(appName(c)), text(":")}
		for _, d := range b.Deeds[:min(len(b.Deeds), mostDeedsShown)] {
			s = append(s, text("\n"), when(d.At), text(" "), coded(d.Method+" "+d.Path), text(answered(d.Status)))
		}
		if hidden := len(b.Deeds) - mostDeedsShown; hidden > 0 {
			s = append(s, text("\n… and "+count(hidden, "thing")+" more; the bot's store has them."))
		}
		if b.Full {
			s = append(s, text("\nNo more than this is kept of one request."))
		}
		return s
	}
	return nil
}

// signedIn says after a sentence what an app told of somebody's sign-in.
func signedIn(s approval.SignedIn) sentence {
	if s.At.IsZero() {
		return nil
	}
	told := sentence{text(" Signed in there at "), when(s.At)}
	if len(s.How) > 0 {
		told = append(told, text(" by "), typed(strings.Join(s.How, ", ")))
	}
	return append(told, text("."))
}

func appName(c approval.Case) string {
	if c.Flow.App == nil {
		return "the app"
	}
	return c.Flow.App.Called()
}

func answered(status int) string {
	switch {
	case status >= 500:
		return ", which failed"
	case status >= 400:
		return ", which was refused"
	}
	return ""
}
