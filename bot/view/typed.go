package view

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// escaped writes Slack's three entities.
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// literal escapes typed text for mrkdwn: nothing in it is formatting, an emoji
// or a link. A word joiner, which has no width, stands before and after what
// would be read so.
func literal(s string) string {
	const joiner = '\u2060'
	var b strings.Builder
	runes := []rune(" " + s + " ")
	for i, r := range runes[1 : len(runes)-1] {
		if live(runes[i], r, runes[i+2]) {
			b.WriteRune(joiner)
			b.WriteRune(r)
			b.WriteRune(joiner)
			continue
		}
		b.WriteRune(r)
	}
	return escaped(b.String())
}

// live says whether mrkdwn may give the character between its neighbours a meaning.
func live(before, r, after rune) bool {
	wordy := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	switch r {
	case '`':
		return true
	case '*', '_', '~':
		return !wordy(before) || !wordy(after)
	case ':':
		return !unicode.IsSpace(after)
	case '.':
		return wordy(before) && unicode.IsLetter(after)
	}
	return false
}

// width is how much of a limit the text uses, in the most cautious reading of
// "characters": UTF-16 units, after escaping.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch r {
	case '&':
		return len("&amp;")
	case '<', '>':
		return len("&lt;")
	}
	return max(1, utf16.RuneLen(r))
}

// shorten cuts the text to the width, with an ellipsis where it was cut.
func shorten(s string, limit int) string {
	if width(s) <= limit {
		return s
	}
	used := width("…")
	for i, r := range s {
		used += runeWidth(r)
		if used > limit {
			return strings.TrimSpace(s[:i]) + "…"
		}
	}
	return s
}
