// Package legible makes what somebody typed harmless to look at, wherever it is shown:
// on a card in Slack, or on a page. A text can still be a lie; but it can't be more than
// it looks like, hide a part of itself, or reorder the words around it. How a text is
// escaped is the matter of whoever shows it.
package legible

import (
	"strings"
	"unicode"
)

// maxMarks is how many combining marks stay on one letter. Living languages
// need up to three; text that is made to overflow its line uses dozens.
const maxMarks = 4

// maxCleaned is how many bytes of a text are looked at: more than any text on a
// card has room for, so that a directory's huge value costs no time.
const maxCleaned = 8 << 10

// Text makes typed text harmless to look at: it keeps what can be read, and
// drops controls, invisible characters and everything that turns the direction
// of the text around it. Lines are kept.
func Text(s string) string {
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

// Line is Text in one line, with single spaces.
func Line(s string) string {
	return strings.Join(strings.Fields(Text(s)), " ")
}

// Isolated keeps right-to-left text from reordering the sentence around it.
func Isolated(s string) string {
	const first, pop = "\u2068", "\u2069"
	rightToLeft := func(r rune) bool {
		return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
	}
	if strings.ContainsFunc(s, rightToLeft) {
		return first + s + pop
	}
	return s
}
