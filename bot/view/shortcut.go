package view

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	// Shortcut is what the app's entry in the menu of a message is called. Slack
	// takes 24 characters.
	Shortcut = "Impersonate the customer"
	// CallbackShortcut is what the manifest calls it.
	CallbackShortcut = "impersonate_message"
)

// maxLink leaves the larger part of a reason to whoever asks.
const maxLink = 250

var (
	https   = regexp.MustCompile(`^https://[!-~]+$`)
	askedIn = regexp.MustCompile(`Asked in: https://[!-~]+`)
)

// Linkable says whether the form can hold this link to the message that it is for.
func Linkable(s string) bool { return utf8.RuneCountInString(s) <= maxLink && https.MatchString(s) }

// askedInLine is what the reason begins with, so that its writer goes on after it.
func askedInLine(s string) string {
	if !Linkable(s) {
		return ""
	}
	return "Asked in: " + s + "\n"
}

// whyFirst puts the link to a message behind the reason that was typed. Why is
// the reason without it.
func whyFirst(reason string) (why, whole string) {
	at := askedIn.FindStringIndex(reason)
	if at == nil {
		return reason, reason
	}
	before, after := strings.TrimSpace(reason[:at[0]]), strings.TrimSpace(reason[at[1]:])
	why = strings.TrimSpace(before + "\n" + after)
	return why, strings.TrimSpace(why + "\n" + reason[at[0]:at[1]])
}

// marked is what Slack marks up in a message's text: mentions, and links, some of
// them with the words that stand for them.
// https://docs.slack.dev/messaging/formatting-message-text
var marked = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

// ReadMessage is the text of a message as people read it. Whom it mentions is
// left out.
func ReadMessage(text string) string {
	text = marked.ReplaceAllStringFunc(text, func(found string) string {
		parts := marked.FindStringSubmatch(found)
		switch {
		case strings.ContainsAny(parts[1][:min(1, len(parts[1]))], "@#!"):
			return " "
		case parts[2] != "":
			return parts[2]
		}
		return parts[1]
	})
	return html.UnescapeString(text)
}

// NoLink says that the request won't lead to the message that it is for.
func NoLink() string {
	return "Slack gave no link to the message, so the request won't lead to it. Say in the reason where it is."
}

// NobodyNamed says that no account is preselected, because a message names none.
func NobodyNamed() string {
	return "No customer's whole name or id was found in the message. Pick one below."
}

// ManyNamed says that none is, because it names several.
func ManyNamed(names []string) string {
	for i, name := range names {
		names[i] = oneLine(name, maxTyped)
	}
	return "The message names more than one customer (" + strings.Join(names, ", ") + "). Pick one below."
}

// TooMuchNamed says that none is, because the message is too long.
func TooMuchNamed() string {
	return "The message is too long to look for a customer in it. Pick one below."
}
