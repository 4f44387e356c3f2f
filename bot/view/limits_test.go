package view_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"github.com/slack-go/slack"
)

// This file is Slack, as far as it refuses blocks: it knows nothing of the
// package under test, and is as strict as the most cautious reading of
// https://docs.slack.dev/reference/block-kit/blocks

const (
	messageBlocks = 50
	viewBlocks    = 100
	viewBytes     = 250_000
	answerBytes   = 20_000
	messageChars  = 12_000 // Slack refuses a message of about 13,200 with msg_blocks_too_long
)

// slackCounts counts UTF-16 units after escaping.
func slackCounts(s string) int {
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
	return len(utf16.Encode([]rune(s)))
}

type checker struct {
	t     failer
	where string
	ids   map[string]bool
	chars int
	users map[string]bool // who may be mentioned
}

type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func (c *checker) fail(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("%s: %s", c.where, fmt.Sprintf(format, args...))
}

func validMessage(t failer, where, text string, blocks []slack.Block, users map[string]bool) {
	t.Helper()
	c := &checker{t: t, where: where, ids: map[string]bool{}, users: users}
	c.dead(text)
	if strings.ContainsAny(text, "\n\r") || text == "" || slackCounts(text) > 3000 {
		c.fail("a notification of the shape %q", text)
	}
	c.blocks(blocks, messageBlocks)
	if c.chars > messageChars {
		c.fail("%d characters in one message", c.chars)
	}
}

func validView(t failer, where string, view any, blocks []slack.Block, users map[string]bool) {
	t.Helper()
	c := &checker{t: t, where: where, ids: map[string]bool{}, users: users}
	c.blocks(blocks, viewBlocks)
	if data, err := json.Marshal(view); err != nil || len(data) > viewBytes {
		c.fail("a view of %d bytes: %v", len(data), err)
	}
	for _, key := range []string{"title", "submit", "close"} {
		if text, ok := asObject(t, view)[key].(object); ok {
			c.text(text, "plain_text", 24)
		}
	}
}

// validAnswer checks what travels as the answer to an envelope.
func validAnswer(t failer, where string, answer any) {
	t.Helper()
	if data, err := json.Marshal(answer); err != nil || len(data) > answerBytes {
		t.Errorf("%s: an answer of %d bytes: %v", where, len(data), err)
	}
}

func asObject(t failer, v any) object {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatalf("%v", err)
	}
	return o
}

func (c *checker) blocks(blocks []slack.Block, limit int) {
	c.t.Helper()
	if len(blocks) == 0 || len(blocks) > limit {
		c.fail("%d blocks", len(blocks))
	}
	for _, b := range blocks {
		c.block(asObject(c.t, b))
	}
}

func (c *checker) block(b object) {
	c.t.Helper()
	if id, ok := b["block_id"].(string); ok {
		if c.ids[id] || slackCounts(id) > 255 {
			c.fail("the block id %q twice or too long", id)
		}
		c.ids[id] = true
	}
	switch b["type"] {
	case "header":
		c.text(b["text"], "plain_text", 150)
	case "rich_text":
		c.richText(b)
	case "section":
		c.section(b)
	case "actions":
		c.actions(b["elements"].([]any))
	case "input":
		c.text(b["label"], "plain_text", 2000)
		if b["hint"] != nil {
			c.text(b["hint"], "plain_text", 2000)
		}
		c.field(b["element"].(object))
	default:
		c.fail("a block of the type %v", b["type"])
	}
}

func (c *checker) text(v any, kind string, limit int) {
	c.t.Helper()
	text, _ := v.(object)
	s, _ := text["text"].(string)
	if text["type"] != kind || strings.TrimSpace(s) == "" || slackCounts(s) > limit {
		c.fail("a %v of %d characters where %s of at most %d belongs: %q", text["type"], slackCounts(s), kind, limit, s)
	}
	if kind == "plain_text" && text["emoji"] == true {
		c.fail("emoji codes are read in %q", s)
	}
	c.sane(s)
	c.chars += slackCounts(s)
}

// section is a paragraph in mrkdwn beside a picture or a button.
func (c *checker) section(b object) {
	c.t.Helper()
	text, _ := b["text"].(object)
	s, _ := text["text"].(string)
	if text["type"] != "mrkdwn" || s == "" || len(utf16.Encode([]rune(s))) > 3000 {
		c.fail("a section with %d characters of %v", len(utf16.Encode([]rune(s))), text["type"])
	}
	c.mrkdwn(s)
	c.chars += len(s)
	picture, _ := b["accessory"].(object)
	if picture["type"] == "button" {
		c.actions([]any{picture})
		return
	}
	alt, _ := picture["alt_text"].(string)
	if picture["type"] != "image" || alt == "" || slackCounts(alt) > 2000 {
		c.fail("an accessory of the shape %v", picture)
	}
	c.sane(alt)
	c.address(picture["image_url"])
}

// address checks what Slack fetches or opens.
func (c *checker) address(v any) {
	c.t.Helper()
	s, _ := v.(string)
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(s) > 3000 || strings.ContainsAny(s, " <>|\"\n") {
		c.fail("the address %q", s)
	}
}

func (c *checker) richText(b object) {
	c.t.Helper()
	chars := 0
	for _, part := range b["elements"].([]any) {
		runs := part.(object)["elements"].([]any)
		if len(runs) == 0 {
			c.fail("an empty part of rich text")
		}
		for _, r := range runs {
			chars += c.run(r.(object))
		}
	}
	if chars > 3000 {
		c.fail("%d characters in one block", chars)
	}
	c.chars += chars
}

func (c *checker) run(r object) int {
	c.t.Helper()
	switch r["type"] {
	case "text":
		s := r["text"].(string)
		if s == "" {
			c.fail("an empty text")
		}
		c.sane(s)
		return slackCounts(s)
	case "user":
		if id := r["user_id"].(string); !c.users[id] {
			c.fail("a mention of %q", id)
		}
		return 15
	case "date":
		if r["timestamp"].(float64) <= 0 || r["fallback"] == "" {
			c.fail("a date of the shape %v", r)
		}
		return 30
	case "link":
		c.address(r["url"])
		if r["text"] != "Open the account" {
			c.fail("a link that says %q", r["text"])
		}
		return slackCounts("Open the account")
	}
	c.fail("a live element in rich text: %v", r)
	return 0
}

func (c *checker) actions(elements []any) {
	c.t.Helper()
	seen := map[any]bool{}
	for _, e := range elements {
		button := e.(object)
		id, _ := button["action_id"].(string)
		if isMenu(button) && id != "" && !seen[id] {
			c.field(button)
			seen[id] = true
			continue
		}
		c.text(button["text"], "plain_text", 75)
		value, _ := button["value"].(string)
		if id == "" || seen[id] || slackCounts(id) > 255 || value == "" || slackCounts(value) > 2000 || button["type"] != "button" {
			c.fail("a button of the shape %v", button)
		}
		seen[id] = true
	}
	if len(elements) == 0 || len(elements) > 25 {
		c.fail("%d buttons", len(elements))
	}
}

func isMenu(e object) bool {
	return e["type"] == "static_select" || e["type"] == "external_select" || e["type"] == "users_select"
}

func (c *checker) field(e object) {
	c.t.Helper()
	options, _ := e["options"].([]any)
	if e["type"] == "static_select" && (len(options) == 0 || len(options) > 100) {
		c.fail("%d options", len(options))
	}
	if e["initial_option"] != nil {
		options = append(options, e["initial_option"])
	}
	for _, o := range options {
		c.option(o.(object))
	}
	if user, ok := e["initial_user"].(string); ok && !regexp.MustCompile(`^[UW][A-Z0-9]+$`).MatchString(user) {
		c.fail("%q is chosen among the people", user)
	}
	if value, _ := e["initial_value"].(string); slackCounts(value) > 3000 {
		c.fail("a prepared text of %d characters", slackCounts(value))
	}
	if e["placeholder"] != nil {
		c.text(e["placeholder"], "plain_text", 150)
	}
}

func (c *checker) option(o object) {
	c.t.Helper()
	c.text(o["text"], "plain_text", 75)
	if o["description"] != nil {
		c.text(o["description"], "plain_text", 75)
	}
	if value, _ := o["value"].(string); value == "" || len([]rune(value)) > 150 {
		c.fail("an option's value of %d characters", len([]rune(value)))
	}
}

// sane looks for what would disturb the text around it.
func (c *checker) sane(s string) {
	c.t.Helper()
	marks, isolates := 0, 0
	for _, r := range s {
		marks++
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		}
		switch {
		case r == '\u2068':
			isolates++
		case r == '\u2069':
			isolates--
		case r == '\u2060' || r == '\u200c' || r == '\u200d' || r == '\n':
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || marks > 4:
			c.fail("%U in %q", r, s)
			return
		}
		if isolates < 0 {
			break
		}
	}
	if isolates != 0 {
		c.fail("isolates that aren't closed in %q", s)
	}
}

var (
	tokens   = regexp.MustCompile(`<@([UW][A-Z0-9]+)>|<!date\^\d+\^\{date_short_pretty\} at \{time\}\|[-0-9: ]+UTC>`)
	live     = regexp.MustCompile("(?i)https?://|mailto:\\w|:\\w+:|(^|\\s)[*_~]\\S.*\\S[*_~](\\s|$)|[^\u2060]`|`[^\u2060]")
	entities = regexp.MustCompile(`&(amp|lt|gt);`)
)

// mrkdwn checks a private answer: only mentions of these people and dates live.
func (c *checker) mrkdwn(s string) {
	c.t.Helper()
	for _, m := range tokens.FindAllStringSubmatch(s, -1) {
		if m[1] != "" && !c.users[m[1]] {
			c.fail("a mention of %s in %q", m[1], s)
		}
	}
	if slackCounts(s) > 6000 {
		c.fail("an answer of %d characters", slackCounts(s))
	}
	c.dead(tokens.ReplaceAllString(s, ""))
}

// dead checks that nothing in the text is a mention, a link or formatting.
func (c *checker) dead(s string) {
	c.t.Helper()
	c.sane(s)
	rest := entities.ReplaceAllString(s, "")
	if strings.ContainsAny(rest, "<>&") || live.MatchString(rest) {
		c.fail("live text: %q", s)
	}
}

var _ failer = testing.TB(nil)
