package view

import (
	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// The functions of this file are private answers, in mrkdwn: they are for
// ephemeral messages, and escaped already.

// Rejected says to the person who clicked why the click changed nothing.
func Rejected(r *approval.Rejection, clicker string) string {
	if r == nil {
		return NotSaved()
	}
	return rejection(r, clicker).mrkdwn()
}

func rejection(r *approval.Rejection, clicker string) sentence {
	c := r.Case
	switch r.Kind {
	case approval.AlreadyDecided, approval.NotActive, approval.Exists:
		return decidedAnswer(c, clicker)
	case approval.NotAnApprover, approval.NotTheRequester:
		return notYours(c, clicker, r.Kind)
	case approval.NotRouted:
		return sentence{text("Nothing was changed: it's still being found out who decides the request for "), named(c.Account.Name),
			text(". Wait for the card with Approve and Deny.")}
	case approval.AlreadyApproved:
		s := sentence{text("You approved the request for "), named(c.Account.Name), text(" already, so nothing was changed. It still waits for ")}
		return append(append(s, waitedFor(c)...), text("."))
	case approval.TooLate:
		return tooLate(c, clicker)
	case approval.TooSoon:
		if c.Status == approval.Active {
			return sentence{text("The access to "), named(c.Account.Name), text(" was extended already and lasts until "), when(c.Grant.Until),
				text(". It can be extended again when its end is near. Nothing was changed.")}
		}
		if c.NudgedAt.IsZero() {
			return sentence{text("Whoever the request for "), named(c.Account.Name), text(" waits for was asked or reminded a short while ago. A reminder is possible from "),
				when(c.NextNudge()), text(". Nothing was sent now.")}
		}
		return sentence{text("You sent a reminder about "), named(c.Account.Name), text(" a short while ago ("), when(c.NudgedAt),
			text("). The next one is possible from "), when(c.NextNudge()), text(". Nothing was sent now.")}
	case approval.TooLong:
		return sentence{text("The access to "), named(c.Account.Name), text(" lasts as long as this flow allows, so it wasn't extended. To go on after its end, ask again then: " + Command + ".")}
	case approval.ReasonMissing:
		return sentence{text("This flow wants a reason for a denial, so nothing was changed. Click Deny again, and write one.")}
	case approval.ClockSetBack:
		return sentence{text("Nothing was changed: the bot's clock was set back since the request for "), named(c.Account.Name),
			text(" changed last ("), when(c.UpdatedAt), text("), and no access is given by a wrong clock. Tell the people who run this bot, or have it asked again.")}
	case approval.NotRouting, approval.NotDue, approval.StaleSignIn, approval.Invalid:
	}
	return sentence{text("That isn't possible for the request for "), named(c.Account.Name), text(" as it is now, so nothing was changed. The card shows how it stands.")}
}

func decidedAnswer(c approval.Case, clicker string) sentence {
	if !c.Status.Over() && c.Status != approval.Active {
		return append(sentence{text("Nothing was changed. The request for "), named(c.Account.Name), text(": ")}, standing(c)...)
	}
	if c.Closed != nil { // the card has all of it
		closed := *c.Closed
		closed.Why = shorten(legible.Text(closed.Why), maxTyped)
		c.Closed = &closed
	}
	_, told := conclusion(c, clicker)
	s := sentence{text("Your click changed nothing, because the request for "), named(c.Account.Name), text(" is decided already. ")}
	if c.Status == approval.Ended && c.Grant.End != approval.Merged {
		s = append(append(s, consent(c, clicker)...), text(" "))
	}
	return append(s, told[0]...)
}

func notYours(c approval.Case, clicker string, kind approval.RejectionKind) sentence {
	if kind == approval.NotTheRequester {
		return sentence{text("Only "), who(c.Requester), text(" can do that, because the request for "), named(c.Account.Name), text(" is theirs. Nothing was changed.")}
	}
	if c.Status == approval.Active {
		return notYoursToRevoke(c)
	}
	s := sentence{text("You aren't one of the people who may decide this request for "), named(c.Account.Name), text(", so nothing was changed. ")}
	if isRequester(c, clicker) {
		s = sentence{text("You asked for this yourself, and the rules want somebody else to decide it. Nothing was changed. ")}
	}
	if len(deciders(c)) == 0 {
		return append(s, text("It isn't known yet who may."))
	}
	return append(append(append(s, text("It's for ")), names(deciders(c), "or")...), text(" to decide."))
}

func notYoursToRevoke(c approval.Case) sentence {
	s := sentence{text("You aren't one of the people who may revoke the access to "), named(c.Account.Name), text(", so nothing was changed. ")}
	var may sentence
	if people := deciders(c); len(people) > 0 {
		may = names(people, "or")
	}
	for _, group := range c.Flow.Policy.Revokers[:min(len(c.Flow.Policy.Revokers), maxNames)] {
		if len(may) > 0 {
			may = append(may, text(" or "))
		}
		may = append(may, text("the members of @"), typed(group))
	}
	if len(may) == 0 {
		return append(s, text("Only "), who(c.Requester), text(" can end it before its time is over."))
	}
	return append(append(append(s, text("That is for ")), may...), text("."))
}

func tooLate(c approval.Case, clicker string) sentence {
	if c.Status == approval.Active {
		return sentence{text("The access to "), named(c.Account.Name), text(" was over before your click ("), when(c.Grant.Until), text("), so nothing was changed.")}
	}
	s := sentence{text("Your click came too late and changed nothing: the time to decide was over ("), when(c.PendingAt.Add(c.Flow.Policy.Timeout)), text("). ")}
	if isRequester(c, clicker) {
		return append(s, text("You can ask again with "+Command+"."))
	}
	return append(s, text("If "), who(c.Requester), text(" still needs it, they can ask again with "+Command+"."))
}

// AlreadyLive says to a requester that they have a live case for this account.
func AlreadyLive(c approval.Case) string {
	s := sentence{text("You already have a request for "), named(c.Account.Name), text(" ("), coded(c.Account.ID),
		text("), so no second one was made. The first one is still open: ")}
	return append(append(s, standing(c)...), text(" Its card in your messages with this bot follows it.")).mrkdwn()
}

// ExtensionAsked says to a requester that their wish to go on is being decided.
func ExtensionAsked(c approval.Case) string {
	return sentence{text("You asked for "), span(c.Duration), text(" more of "), named(c.Account.Name),
		text(". A message follows that says who decides; you keep your access until its end meanwhile.")}.mrkdwn()
}

// UnknownButton answers a button that this version doesn't have.
func UnknownButton() string {
	return "The bot doesn't know this button any more, so nothing was changed. Open its Home tab: it shows what you can do now."
}

// NotSaved answers something that couldn't be written down.
func NotSaved() string {
	return "That could not be saved, so nothing was changed. Try it again in a moment; if it keeps failing, tell the people who run this bot."
}

// PerhapsSaved is for a commit of which nobody knows whether it happened.
func PerhapsSaved() string {
	return "It isn't known whether that could be saved. Look at the card in a moment: it shows what is so. If it doesn't change, try again."
}

// NobodyVouches is for an approval while Slack doesn't say who somebody is.
func NobodyVouches() string {
	return "Slack didn't say in time whether everybody here still has an account, so nothing was approved. Try it again in a moment."
}

// NobodyKnowsGroups is for a click that counts for a group's members only, while
// Slack doesn't say who they are.
func NobodyKnowsGroups() string {
	return "Slack didn't say in time whether you're in a group that oversees this, so nothing was done. Try it again in a moment; if it can't wait, whoever approved it can revoke it."
}

// RequesterBarred says why a request can't be approved any more.
func RequesterBarred(why string) string {
	s := append(sentence{text("Whoever asked can't use this any more")}, reason(why)...)
	return append(s, text(". Nothing was approved.")).mrkdwn()
}

// Barred says why somebody may neither ask nor decide.
func Barred(why string) string {
	s := append(sentence{text("You can't use this here")}, reason(why)...)
	return append(s, text(". Nothing was changed. If that's wrong, ask an administrator of this workspace.")).mrkdwn()
}
