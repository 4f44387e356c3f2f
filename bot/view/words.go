package view

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// word is a part of a sentence that knows how to write itself.
type word interface {
	rich() slack.RichTextSectionElement
	mrkdwn() string
	// note is mrkdwn for notifications, which show no mentions and no dates.
	note() string
}

type sentence []word

func (s sentence) mrkdwn() string {
	var b strings.Builder
	for _, w := range s {
		b.WriteString(w.mrkdwn())
	}
	return b.String()
}

func (s sentence) note() string {
	var b strings.Builder
	for _, w := range s {
		b.WriteString(w.note())
	}
	return b.String()
}

func (s sentence) rich() []slack.RichTextSectionElement {
	elements := make([]slack.RichTextSectionElement, len(s))
	for i, w := range s {
		elements[i] = w.rich()
	}
	return elements
}

// text is the product's own words.
type text string

func (t text) rich() slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(string(t), nil)
}
func (t text) mrkdwn() string { return escaped(string(t)) }
func (t text) note() string   { return t.mrkdwn() }

// label is the product's own words, in bold.
type label string

func (l label) rich() slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(string(l), &slack.RichTextSectionTextStyle{Bold: true})
}
func (l label) mrkdwn() string { return "*" + escaped(string(l)) + "*" }
func (l label) note() string   { return escaped(string(l)) }

// maxTyped is the width of typed text within a sentence.
const maxTyped = 200

// typed is what people or directories typed, in one line: an account's name, a
// plan, a rule's reason, why a service didn't answer.
type typed string

func (t typed) rich() slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(oneLine(string(t), maxTyped), nil)
}
func (t typed) mrkdwn() string { return literal(oneLine(string(t), maxTyped)) }
func (t typed) note() string   { return t.mrkdwn() }

func oneLine(s string, limit int) string {
	line := shorten(legible.Line(s), limit)
	if line == "" {
		return "(empty)"
	}
	return legible.Isolated(line)
}

// whole is a reason that a person typed, in one line and as long as forms take it.
type whole string

func (w whole) line() string {
	s := legible.Line(string(w))
	if runes := []rune(s); len(runes) > MaxReason {
		s = string(runes[:MaxReason]) + "…"
	}
	return legible.Isolated(s)
}
func (w whole) rich() slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(w.line(), nil)
}
func (w whole) mrkdwn() string { return literal(w.line()) }
func (w whole) note() string   { return literal(oneLine(string(w), maxTyped)) }

// named is typed text that stands out.
type named string

func (n named) rich() slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(oneLine(string(n), maxTyped), &slack.RichTextSectionTextStyle{Bold: true})
}
func (n named) mrkdwn() string { return typed(n).mrkdwn() }
func (n named) note() string   { return typed(n).mrkdwn() }

// maxCoded holds every id that a directory may have, whatever it is made of.
const maxCoded = maxOptionValue * len("&amp;")

// coded is typed text that people copy: an account's id.
type coded string

func (c coded) rich() slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(oneLine(string(c), maxCoded), &slack.RichTextSectionTextStyle{Code: true})
}
func (c coded) mrkdwn() string { return literal(oneLine(string(c), maxCoded)) }
func (c coded) note() string   { return c.mrkdwn() }

// maxExplained is the width of an explanation of what the rules saw.
const maxExplained = 800

// explained is an outcome's explanation, which holds values from directories.
type explained string

func (e explained) rich() slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(oneLine(string(e), maxExplained), nil)
}
func (e explained) mrkdwn() string { return literal(oneLine(string(e), maxExplained)) }
func (e explained) note() string   { return e.mrkdwn() }

// maxName is the width of a person's name; Slack's own limit is 80 characters.
const maxName = 80

// who is a person: a mention where Slack knows them, else their name.
type who approval.Person

var userID = regexp.MustCompile(`^[UW][A-Z0-9]{2,30}$`)

func (w who) rich() slack.RichTextSectionElement {
	if !userID.MatchString(w.ID) {
		return slack.NewRichTextSectionTextElement(oneLine(w.name(), maxName), nil)
	}
	return slack.NewRichTextSectionUserElement(w.ID, nil)
}

func (w who) mrkdwn() string {
	if !userID.MatchString(w.ID) {
		return w.note()
	}
	return "<@" + w.ID + ">"
}

func (w who) note() string { return literal(oneLine(w.name(), maxName)) }

func (w who) name() string {
	for _, name := range []string{w.Name, w.Email} {
		if legible.Line(name) != "" {
			return name
		}
	}
	return "somebody"
}

// when is a time, which Slack shows in the reader's zone: "today at 10:30".
type when time.Time

const dateFormat = "{date_short_pretty} at {time}"

func (w when) rich() slack.RichTextSectionElement {
	if time.Time(w).Unix() <= 0 {
		return text(w.note()).rich()
	}
	fallback := w.note()
	return slack.NewRichTextSectionDateElement(time.Time(w).Unix(), dateFormat, nil, &fallback)
}

func (w when) mrkdwn() string {
	if time.Time(w).Unix() <= 0 {
		return w.note()
	}
	return fmt.Sprintf("<!date^%d^%s|%s>", time.Time(w).Unix(), dateFormat, w.note())
}

func (w when) note() string {
	if time.Time(w).Unix() <= 0 {
		return "an unknown time"
	}
	return time.Time(w).UTC().Format("2006-01-02 15:04 UTC")
}

// span is a length of time in words: "1 hour 30 minutes".
func span(d time.Duration) text {
	d = d.Round(time.Second)
	var parts []string
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		n := d / unit.length
		d -= n * unit.length
		if n > 0 {
			parts = append(parts, count(int(n), unit.name))
		}
	}
	if len(parts) == 0 {
		return "no time"
	}
	return text(strings.Join(parts, " "))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
