package view

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// This file is what a deciding card shows beside the request, so that nobody has
// to ask around: who asks, of which customer, and what they asked before. It was
// recorded when people were asked; older cases have none of it.

const (
	maxBrief   = 160  // a reason's beginning, in a notification
	maxRegion  = 60   // an account's region
	maxTitled  = 100  // what somebody does, by their profile
	maxAddress = 2000 // of a page or a picture: Slack takes 3,000
)

// brief is the beginning of a typed reason.
func brief(reason string) word { return typed(shorten(legible.Line(reason), maxBrief)) }

// account describes the account: its name, plan, region and id, and a link to
// its page in the directory.
func account(c approval.Case) sentence {
	s := sentence{named(c.Account.Name), text(" · "), plan(c.Account), text(" · ")}
	b := background(c)
	if legible.Line(b.Region) != "" {
		s = append(s, typed(shorten(legible.Line(b.Region), maxRegion)), text(" · "))
	}
	s = append(s, coded(c.Account.ID))
	if address := SafeAddress(b.URL); address != "" {
		s = append(s, text(" · "), link{address, "Open the account"})
	}
	return s
}

// asker is who asks, and what they do.
func asker(c approval.Case) sentence {
	s := sentence{who(c.Requester)}
	if title := legible.Line(background(c).Title); title != "" {
		s = append(s, text(", "), typed(shorten(title, maxTitled)))
	}
	return s
}

// before says what the requester asked earlier, in a line of its own.
func before(c approval.Case) sentence {
	counts := background(c).Before
	if counts == nil {
		return nil
	}
	s := sentence{text("\n"), label("Asked before: ")}
	if counts.Overall.Asked == 0 {
		return append(s, text("nothing; this is their first request."))
	}
	s = append(append(s, tally(counts.ForThis)...), text(" for this account"))
	if counts.Overall == counts.ForThis {
		return append(s, text(", and for no other."))
	}
	return append(append(append(s, text("; ")), tally(counts.Overall)...), text(" in all."))
}

// tally is "3 times (1 denied, last on …)".
func tally(t approval.Tally) sentence {
	if t.Asked == 0 {
		return sentence{text("never")}
	}
	s := sentence{text(count(t.Asked, "time") + " (" + strconv.Itoa(t.Approved) + " approved, " + strconv.Itoa(t.Denied) + " denied, last ")}
	return append(s, when(t.LastAt), text(")"))
}

func background(c approval.Case) approval.Background {
	if c.Background == nil {
		return approval.Background{}
	}
	return *c.Background
}

// besidePhoto is a card's first paragraph, beside the picture of who asked if
// there is one.
func besidePhoto(c approval.Case, s sentence) slack.Block {
	address := SafeAddress(background(c).Photo)
	if address == "" {
		return paragraph(s...)
	}
	picture := slack.NewImageBlockElement(address, "Photo of "+oneLine(who(c.Requester).name(), maxName))
	words := slack.NewTextBlockObject(slack.MarkdownType, s.mrkdwn(), false, true)
	return slack.NewSectionBlock(words, nil, slack.NewAccessory(picture))
}

// SafeAddress is the address as Slack may open it; empty for any but https.
func SafeAddress(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	address := u.String()
	if len(address) > maxAddress || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>|\"", r) }) {
		return ""
	}
	return address
}

// link is the product's own words, which open a page of the directory.
type link struct{ address, words string }

func (l link) rich() slack.RichTextSectionElement {
	return slack.NewRichTextSectionLinkElement(l.address, l.words, nil)
}
func (l link) mrkdwn() string { return escaped(l.words) }
func (l link) note() string   { return l.mrkdwn() }

// upshot is how a decided case stands, for a notification.
func upshot(c approval.Case) sentence {
	switch c.Status {
	case approval.Active:
		s := append(sentence{text(" for "), span(c.AllowedFor())}, deciderNames(c)...)
		return append(s, reasonOfRule(c)...)
	case approval.Denied:
		s := sentence{}
		if c.Closed.By.ID != "" {
			s = sentence{text(", by "), who(c.Closed.By)}
		}
		return append(s, reason(c.Closed.Why)...)
	case approval.Refused:
		return reason(c.Closed.Why)
	case approval.Pending, approval.Routing:
		return sentence{text(" for "), length(c)}
	case approval.Ended, approval.Cancelled, approval.TimedOut:
	}
	return nil
}

func deciderNames(c approval.Case) sentence {
	if len(c.Approvals) == 0 {
		return nil
	}
	return append(sentence{text(", by ")}, names(approved(c), "and")...)
}

func reasonOfRule(c approval.Case) sentence {
	if len(c.Approvals) > 0 {
		return nil
	}
	return reason(c.Outcome.Why)
}

// outcomeNotice is the notification of the requester's messages: how their case
// stands, for how long, and through whom.
func outcomeNotice(c approval.Case, heading string) string {
	s := append(sentence{text(heading + ": "), typed(c.Account.Name)}, upshot(c)...)
	if c.Status == approval.Pending && !c.SelfApproved() {
		s = append(append(s, text(", from ")), waitedFor(c)...)
	}
	return s.note()
}
