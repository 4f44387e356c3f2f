package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// Preview is what the form says will come of a request for the picked account.
type Preview struct {
	Account string // its id
	// Case is the case as its routing would leave it now. One without a prospect
	// says that this isn't known.
	Case approval.Case
	// Live is the requester's own case for the account, if they have one.
	Live *approval.Case
	// Inside are the running cases of others for the account.
	Inside []approval.Case
	// AskedNot says that the customer asked not to be impersonated.
	AskedNot bool
}

// blocks are the paragraphs of the preview, none without one.
func (p *Preview) blocks() (blocks []slack.Block) {
	if p == nil {
		return nil
	}
	for _, s := range p.told() {
		blocks = append(blocks, paragraph(s...))
	}
	return blocks
}

func (p *Preview) told() []sentence {
	var told []sentence
	if p.AskedNot {
		told = append(told, sentence{label("⚠️ This customer asked not to be impersonated."), text(" Ask only if they know of it, and say so in the reason.")})
	}
	if s := inside(p.Inside); s != nil {
		told = append(told, s)
	}
	if p.Live != nil {
		return append(told, alreadyYours(*p.Live))
	}
	told = append(told, prospect(p.Case))
	if s := unreached(p.Case); s != nil {
		told = append(told, s)
	}
	if why := rules(p.Case); why != nil && p.Case.Prospect() != "" {
		told = append(told, why)
	}
	return told
}

// maxInside is how many people in an account are named; the rest are counted.
const maxInside = 3

func inside(cases []approval.Case) sentence {
	var s sentence
	for i, c := range cases[:min(len(cases), maxInside)] {
		if i > 0 {
			s = append(s, text(" "))
		}
		s = append(s, who(c.Requester), text(" may be signed in as this customer until "), when(runsUntil(c)), text("."))
	}
	if hidden := len(cases) - maxInside; hidden > 0 {
		s = append(s, text(" So may "+count(hidden, "other")+"."))
	}
	if s == nil {
		return nil
	}
	return append(sentence{text("👥 ")}, s...)
}

func runsUntil(c approval.Case) time.Time {
	if c.Grant == nil {
		return time.Time{}
	}
	return c.Grant.Until
}

// alreadyYours is instead of a prospect: a second request isn't made.
func alreadyYours(c approval.Case) sentence {
	switch c.Status {
	case approval.Active:
		return sentence{text("🔑 You already have this one until "), when(runsUntil(c)), text(". Request shows it to you, and asks for nothing new.")}
	case approval.Pending:
		s := append(sentence{text("⏳ You asked for this one already ("), when(c.AskedAt), text("), and it waits for ")}, waitedFor(c)...)
		return append(s, text(". Request shows it to you, and asks for nothing new."))
	case approval.Routing, approval.Ended, approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused:
	}
	return sentence{text("⏳ You asked for this one already ("), when(c.AskedAt), text("). Request shows it to you, and asks for nothing new.")}
}

// prospect says what will come of the request.
func prospect(c approval.Case) sentence {
	switch c.Prospect() {
	case approval.AtOnce:
		return append(append(sentence{text("✅ You're in at once")}, reason(c.Outcome.Why)...), text("."))
	case approval.Yourself:
		if assigned(c.Outcome) {
			return sentence{text("✋ You're assigned to this account: you approve it yourself.")}
		}
		return sentence{text("✋ The rules let you approve this yourself.")}
	case approval.Others:
		return goesTo(c)
	case approval.RuledOut:
		return append(append(sentence{text("⛔ A rule denies this")}, reason(c.Outcome.Why)...), text("."))
	case approval.Hopeless:
		return append(append(sentence{text("⚠️ This can't be decided now, and would be refused")}, reason(closedWhy(c))...), text("."))
	}
	return sentence{text("🔎 What will come of this isn't known yet: a service didn't answer in time. You can ask all the same; it's tried again, and a message tells you.")}
}

func closedWhy(c approval.Case) string {
	if c.Closed == nil {
		return ""
	}
	return c.Closed.Why
}

// goesTo says who is asked, and why they are.
func goesTo(c approval.Case) sentence {
	s := sentence{text("👉 Goes to ")}
	if skipped(c) {
		s = sentence{text("👉 "), text(nobodyThere(c)), text("; goes to ")}
	}
	people := asked(c)
	if c.NeedsConsent() {
		people = without(people, approval.CustomerID)
	}
	legs := legsOf(slices.DeleteFunc(slices.Clone(c.Approvers), func(a approval.Approver) bool { return !slices.Contains(people, a.Person) }))
	if len(legs) == 1 && legs[0].Kind == flows.GroupLeg {
		s = append(s, text("the group "), typed("@"+legs[0].Name), text(": "))
	}
	s = append(s, names(people, "and")...)
	if len(legs) == 1 && legs[0].Kind == flows.OnCallLeg {
		s = append(s, text(", on call"))
		if !c.ShiftEnds.IsZero() {
			s = append(s, text(" until "), when(c.ShiftEnds))
		}
	}
	if c.Quorum > 1 {
		s = append(s, text(fmt.Sprintf("; %d of them must approve", c.Quorum)))
	}
	if c.NeedsConsent() {
		s = append(s, text("; and the customer must agree"))
	}
	s = append(s, text("."))
	if _, is := c.Approver(approval.CustomerID); is && c.Flow.App != nil && !c.Flow.App.HideReason {
		s = append(s, text(" The customer reads your reason."))
	}
	return s
}

// skipped says whether the route's own people can't be asked, so that its OrElse is.
func skipped(c approval.Case) bool {
	if c.Outcome.Route == nil || c.Route == nil {
		return false
	}
	return !slices.Equal(c.Outcome.Route.Legs, c.Route.Legs)
}

func nobodyThere(c approval.Case) string {
	legs := c.Outcome.Route.Legs
	others := slices.ContainsFunc(legs, func(l flows.Leg) bool { return l.Kind != flows.OnCallLeg })
	if len(c.Unreachable) > 0 || len(legs) == 0 || others {
		return "Those who would decide can't be asked"
	}
	return "Nobody else is on call" // nobody at all, or only who asks
}

// surprise says that routing made something else of the case than the form had
// said; nil if it didn't.
func surprise(c approval.Case) sentence {
	if !c.Surprising() || c.Status == approval.Ended || c.Status == approval.Cancelled || c.Status == approval.TimedOut {
		return nil
	}
	said := map[approval.Prospect]string{
		approval.AtOnce: "you'd be in at once", approval.Yourself: "you'd approve this yourself", approval.Others: "others would be asked",
		approval.RuledOut: "a rule would deny this", approval.Hopeless: "this couldn't be decided",
	}[c.Foreseen.Prospect]
	if said == "" {
		return nil
	}
	s := sentence{text("The form said that " + said)}
	if legible.Line(c.Foreseen.Why) != "" {
		s = append(s, text(" ("), typed(c.Foreseen.Why), text(")"))
	}
	return append(s, text(". What it looked at has changed since; what is so now decides."))
}

// pickedAgain is the option as Slack sent it back, within the limits again.
func pickedAgain(o *slack.OptionBlockObject) *slack.OptionBlockObject {
	if o.Value == "" || utf8.RuneCountInString(o.Value) > maxOptionValue || o.Text == nil {
		return nil
	}
	shown := Option{ID: o.Value, Name: o.Text.Text}
	again := slack.NewOptionBlockObject(o.Value, plain(shown.title(), maxOption), nil)
	if o.Description != nil && legible.Line(o.Description.Text) != "" {
		again.Description = plain(legible.Line(o.Description.Text), maxOption)
	}
	return again
}

// ReadPicked reads a form that isn't submitted yet into what f should offer, and
// the id of the account that is picked, empty if none is.
func (f Form) ReadPicked(v slack.View) (Form, string) {
	option := input(v, BlockAccount, ActionAccount).SelectedOption
	f.Flows, f.Unlisted = flowsIn(v)
	f.Reason = input(v, BlockReason, ActionReason).Value
	if option.Value != "" {
		f.Picked = &option
	}
	if d, problem := readDuration(v, f.Durations); problem == "" {
		f.Default = d
	}
	return f, option.Value
}

// foretold is the form's metadata: what it said, to be compared with what comes.
type foretold struct {
	Flow     string             `json:"flow"`
	Account  string             `json:"account"`
	Foreseen *approval.Foreseen `json:"foreseen"`
}

// maxMetadata is Slack's limit of a view's private_metadata, in characters.
// https://docs.slack.dev/reference/views/modal-views
const maxMetadata = 3000

// metadata is the flow's name, or what the form foretold of it.
func (f Form) metadata() string {
	if f.Preview == nil || f.Preview.Live != nil || f.Preview.Case.Prospect() == "" {
		return f.Flow
	}
	why := f.Preview.Case.Outcome.Explain()
	if f.Preview.Case.Outcome.Result == "" {
		why = closedWhy(f.Preview.Case)
	}
	data, err := json.Marshal(foretold{f.Flow, f.Preview.Account, &approval.Foreseen{
		Prospect: f.Preview.Case.Prospect(), Why: shorten(legible.Line(why), maxTyped),
	}})
	if err != nil || utf8.RuneCount(data) > maxMetadata {
		return f.Flow
	}
	return string(data)
}

// readMetadata reads what the form foretold of this account, nil if it didn't.
func readMetadata(text, account string) (flow string, foreseen *approval.Foreseen) {
	var f foretold
	if json.Unmarshal([]byte(text), &f) != nil || f.Flow == "" {
		return text, nil // the flow's name, which may be null
	}
	if f.Account != account {
		return f.Flow, nil
	}
	return f.Flow, f.Foreseen
}
