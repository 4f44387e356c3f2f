package view

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
)

// The modals that ask an approver why. Their metadata is the case's id.
const (
	CallbackDeny   = "deny"
	CallbackRevoke = "revoke"
	// CallbackTold is of a modal that only says something.
	CallbackTold = "told"
)

// DenyModal asks an approver why they deny the case.
func DenyModal(c approval.Case) slack.ModalViewRequest {
	told := sentence{who(c.Requester), text(asks(c, "")), named(c.Account.Name), text(" for "), length(c),
		text(". Deny ends the request. "), readers(c)}
	return reasonModal(c, CallbackDeny, "Deny", told, c.Flow.Policy.DenyReason != approval.ReasonRequired)
}

// RevokeModal asks an approver why they call the grant back.
func RevokeModal(c approval.Case) slack.ModalViewRequest {
	told := sentence{who(c.Requester), text(" may sign in as "), named(c.Account.Name), text(" until "), when(c.Grant.Until),
		text(". Revoke ends that now. "), readers(c)}
	return reasonModal(c, CallbackRevoke, "Revoke", told, true)
}

// readers says who will read the reason, which stands on every card of the case.
func readers(c approval.Case) text {
	if c.Route != nil && len(c.Route.Channels) > 0 {
		return "Whoever asked, all who were asked and the channels that show the request read your reason."
	}
	return "Whoever asked and all who were asked read your reason."
}

func reasonModal(c approval.Case, callback, verb string, told sentence, optional bool) slack.ModalViewRequest {
	input := slack.NewPlainTextInputBlockElement(plain("Say why", maxHeader), ActionReason).WithMultiline(true).WithMaxLength(MaxReason)
	input.FocusOnLoad = true // it is all there is to do here
	m := modal(paragraph(told...), slack.NewInputBlock(BlockReason, plain("Reason", maxHeader), nil, input).WithOptional(optional))
	m.Title, m.Submit, m.Close = plain(verb, maxTitle), plain(verb, maxTitle), plain("Back", maxTitle)
	m.CallbackID, m.PrivateMetadata = callback, c.ID
	return m
}

// ReadReason reads the reason of such a modal. Problem is what is wrong with it,
// for its field; empty if nothing is.
func ReadReason(v slack.View) (reason, problem string) {
	reason = strings.TrimSpace(input(v, BlockReason, ActionReason).Value)
	if n := utf8.RuneCountInString(reason); n > MaxReason {
		return reason, fmt.Sprintf("Shorten this to %d characters; it has %d.", MaxReason, n)
	}
	return reason, ""
}

// ReasonNeeded is for the field of a reason that is missing.
func ReasonNeeded() string { return "Say why. This flow wants a reason for a denial." }

// RejectedModal says in a modal why what it was submitted for changed nothing.
func RejectedModal(r *approval.Rejection, clicker string) slack.ModalViewRequest {
	m := modal(paragraph(rejection(r, clicker)...))
	m.Title, m.CallbackID = plain("Nothing was changed", maxTitle), CallbackTold
	return m
}
