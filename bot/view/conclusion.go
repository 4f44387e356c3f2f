package view

import (
	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// conclusion says how a case was decided, to the reader with this id; an empty
// id is a channel. It is a heading and paragraphs.
func conclusion(c approval.Case, reader string) (heading string, told []sentence) {
	switch c.Status {
	case approval.Active:
		return allowedHeading(c), activeStory(c, reader)
	case approval.Ended:
		if c.Grant.End == approval.Merged {
			return allowedHeading(c), mergedStory(c, reader)
		}
		return "🏁 Access ended", endedStory(c, reader)
	case approval.Denied:
		return "⛔ Denied", deniedStory(c, reader)
	case approval.Refused:
		return "⚠️ Refused", refusedStory(c, reader)
	case approval.TimedOut:
		return "⌛ Timed out", timedOutStory(c, reader)
	case approval.Cancelled:
		return "↩️ Cancelled", cancelledStory(c, reader)
	case approval.Routing, approval.Pending:
	}
	return unknown()
}

// unknown is for a status that this version doesn't know: it allows nothing.
func unknown() (heading string, told []sentence) {
	return "⚠️ Nothing to show", []sentence{{text("This request can't be shown, and it allows nothing. " +
		"Show this message to the people who run this bot.")}}
}

func allowedHeading(c approval.Case) string {
	if len(c.Approvals) == 0 {
		return "✅ Allowed"
	}
	return "✅ Approved"
}

func activeStory(c approval.Case, reader string) []sentence {
	told := allowance(c, reader)
	told[0] = append(append(consent(c, reader), text(" ")), told[0]...)
	if c.Grant.Warned {
		told = append(told, sentence{text("The end is near: "), when(c.Grant.Until), text(". "), text(goOn(c, reader))})
	}
	return told
}

func goOn(c approval.Case, reader string) string {
	if isRequester(c, reader) && c.Extendable() {
		return "Extend asks for as much time again, by the same rules; you keep your access while it's decided, until then."
	}
	return "To go on after it, it takes another request."
}

// mergedStory is of a case whose time was added to the access that it extends.
func mergedStory(c approval.Case, reader string) []sentence {
	return []sentence{append(consent(c, reader), text(" The access to "), named(c.Account.Name), text(" now lasts until "),
		when(c.Grant.Until), text(". The card of the first request goes on with it."))}
}

// consent says who or what allowed the case.
func consent(c approval.Case, reader string) sentence {
	if len(c.Approvals) == 0 {
		return append(append(sentence{text("A rule allowed this at once")}, reason(c.Outcome.Why)...), text("."))
	}
	s := sentence{text("Approved by ")}
	for i, a := range c.Approvals[:min(len(c.Approvals), maxNames)] {
		if i > 0 {
			s = append(s, text(" and "))
		}
		s = append(s, object(a.By, reader), text(" ("), when(a.At), text(")"))
	}
	if hidden := len(c.Approvals) - maxNames; hidden > 0 {
		s = append(s, text(" and "+count(hidden, "other")))
	}
	s = append(s, text("."))
	if less := c.AllowedFor(); less < c.Duration {
		s = append(s, text(" It is for "), span(less), text(" instead of the "), span(c.Duration), text(" asked for."))
	}
	return s
}

func endedStory(c approval.Case, reader string) []sentence {
	told := []sentence{append(ending(c, reader), text("."))}
	if isRequester(c, reader) {
		told[0] = append(told[0], text(" To sign in again, a new request is needed: "+Command+"."))
	}
	return append(told, consent(c, reader))
}

// ending says how the access came to its end.
func ending(c approval.Case, reader string) sentence {
	at := sentence{named(c.Account.Name), text(" ("), when(c.Closed.At), text(")")}
	switch c.Grant.End {
	case approval.Released:
		return append(sentence{subject(c.Requester, reader), text(" ended early the access to ")}, at...)
	case approval.Revoked:
		s := append(sentence{text("The bot revoked the access to ")}, at...)
		if c.Closed.By.ID != "" {
			s = append(append(append(sentence{subject(c.Closed.By, reader)}, ofGroup(c.Closed.Group)...), text(" revoked the access to ")), at...)
		}
		return append(s, said(c.Closed.Why)...)
	case approval.Expired, approval.Merged:
	}
	if c.Unopened() {
		return append(sentence{text("Nobody opened it in time, so the permission is over for ")}, at...)
	}
	return append(sentence{text("Its time is over, and so is the permission for ")}, at...)
}

// ofGroup says by which group somebody could do something, after their name;
// nothing if it took none.
func ofGroup(group string) sentence {
	if group == "" {
		return nil
	}
	return sentence{text(" (of the group @"), typed(group), text(")")}
}

func deniedStory(c approval.Case, reader string) []sentence {
	by := c.Closed.By
	s := sentence{text("A rule denied this")}
	if by.ID != "" {
		s = sentence{subject(by, reader), text(" denied this")}
	}
	s = append(append(s, text(" ("), when(c.Closed.At), text(")")), said(c.Closed.Why)...)
	told := []sentence{append(s, text("."))}
	if !isRequester(c, reader) {
		return append(told, sentence{who(c.Requester), text(" can't sign in and has been told. There's nothing more to do.")})
	}
	switch by.ID {
	case reader:
		return append(told, sentence{text("The request is over. You can ask again with " + Command + " at any time.")})
	case "":
		return append(told, sentence{text("You can't sign in as this customer. Asking again gives the same answer as long as the account and the rules stay as they are.")})
	}
	return append(told, sentence{text("You can't sign in as this customer. Talk to "), who(by),
		text(" if you still need it; a new request with a better reason is possible with " + Command + ".")})
}

func refusedStory(c approval.Case, reader string) []sentence {
	s := append(sentence{text("This couldn't be decided, so it was refused ("), when(c.Closed.At), text(")")}, reason(c.Closed.Why)...)
	told := []sentence{append(s, text(". What isn't known never allows."))}
	if s := unreached(c); s != nil {
		told = append(told, s)
	}
	if !isRequester(c, reader) {
		return append(told, sentence{who(c.Requester), text(" can't sign in and has been told. There's nothing more to do.")})
	}
	return append(told, remedy(c))
}

func remedy(c approval.Case) sentence {
	if c.Outcome.Result == flows.Asked {
		return sentence{text("You can't sign in as this customer now. Find somebody who can decide, and when they can be reached in Slack, ask again with " + Command + ".")}
	}
	return sentence{text("You can't sign in as this customer now. Show this message to the people who keep the accounts and the rules; once it's mended, ask again with " + Command + ".")}
}

func timedOutStory(c approval.Case, reader string) []sentence {
	s := sentence{text("Nobody decided within "), span(c.Flow.Policy.Timeout), text(" ("), when(c.Closed.At), text("), so this request is over.")}
	if isRequester(c, reader) && c.SelfApproved() {
		return []sentence{append(s, text(" You can ask again with "+Command+" at any time."))}
	}
	told := []sentence{append(append(append(s, text(" Asked were ")), names(asked(c), "and")...), text("."))}
	if s := unreached(c); s != nil {
		told = append(told, s)
	}
	if !isRequester(c, reader) {
		return append(told, sentence{who(c.Requester), text(" can't sign in and has been told. If it's still needed, it takes a new request.")})
	}
	return append(told, sentence{text("You can't sign in as this customer. Talk to one of them, then ask again with " + Command + ".")})
}

func cancelledStory(c approval.Case, reader string) []sentence {
	s := sentence{subject(c.Requester, reader), text(" took the request back ("), when(c.Closed.At), text("). ")}
	if isRequester(c, reader) {
		return []sentence{append(s, text("Nobody needs to decide any more. You can ask again with "+Command+" at any time."))}
	}
	return []sentence{append(s, text("There's nothing more to do."))}
}

// reason is a typed reason after what it is the reason for; nothing if none was given.
func reason(why string) sentence {
	if legible.Line(why) == "" {
		return nil
	}
	return sentence{text(": "), typed(why)}
}

// said is reason for what a person gave one for, shown whole.
func said(why string) sentence {
	if legible.Line(why) == "" {
		return nil
	}
	return sentence{text(": "), whole(why)}
}

// subject is the person at the beginning of a sentence.
func subject(p approval.Person, reader string) word {
	if p.ID == reader && reader != "" {
		return text("You")
	}
	return who(p)
}

// object is the person within a sentence.
func object(p approval.Person, reader string) word {
	if p.ID == reader && reader != "" {
		return text("you")
	}
	return who(p)
}

func isRequester(c approval.Case, reader string) bool { return reader == c.Requester.ID }
