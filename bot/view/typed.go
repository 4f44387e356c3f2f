package view

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// maxMarks is how many combining marks stay on one letter. Living languages
// need up to three; text that is made to overflow its line uses dozens.
const maxMarks = 4

// maxCleaned is how many bytes of a text are looked at: more than any text on a
// card has room for, so that a directory's huge value costs no time.
const maxCleaned = 8 << 10

// clean makes typed text harmless to look at: it keeps what can be read, and
// drops controls, invisible characters and everything that turns the direction
// of the text around it. Lines are kept.
func clean(s string) string {
	var b strings.Builder
	marks := 0
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if !invisible(r) { // what is dropped doesn't come between a letter and its marks
			marks = marksAfter(marks, r)
		}
		switch {
		case b.Len() > maxCleaned:
			return strings.TrimSpace(b.String())
		case r == '\n' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			b.WriteByte('\n')
		case r == '\t' || r == '\u00a0':
			b.WriteByte(' ')
		case invisible(r) || marks > maxMarks:
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

func marksAfter(marks int, r rune) int {
	if r > unicode.MaxASCII && unicode.In(r, unicode.Mn, unicode.Me) {
		return marks + 1
	}
	return 0
}

// invisible says whether the character shows nothing. The joiners stay: Persian
// and emoji are written with them.
func invisible(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	if r == nonJoiner || r == joiner {
		return false
	}
	if r <= unicode.MaxASCII {
		return unicode.IsControl(r)
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

// cleanLine is clean in one line, with single spaces.
func cleanLine(s string) string {
	return strings.Join(strings.Fields(clean(s)), " ")
}

// isolated keeps right-to-left text from reordering the sentence around it.
func isolated(s string) string {
	const first, pop = "\u2068", "\u2069"
	rightToLeft := func(r rune) bool {
		return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
	}
	if strings.ContainsFunc(s, rightToLeft) {
		return first + s + pop
	}
	return s
}

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
