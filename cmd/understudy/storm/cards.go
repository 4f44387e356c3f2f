package storm

import (
	"slices"
	"strings"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// headlines are what a card's first line says for each status.
func headlines(s approval.Status) []string {
	switch s {
	case approval.Routing:
		return []string{"Finding out who decides"}
	case approval.Pending:
		return []string{"Your decision is needed", "Waiting for approval", "You approve this yourself"}
	case approval.Active:
		return []string{"Approved", "Allowed"}
	case approval.Ended:
		return []string{"Access ended", "Approved", "Allowed"} // the last ones if it was merged
	case approval.Denied:
		return []string{"Denied"}
	case approval.Cancelled:
		return []string{"Cancelled"}
	case approval.TimedOut:
		return []string{"Timed out"}
	case approval.Refused:
		return []string{"Refused"}
	}
	return nil
}

// buttons are what a card of this kind must have on it. Whoever takes part can
// read the history, whatever the case has come to.
func (f file) buttons(kind store.CardKind, person string) []string {
	_, decides := f.Approver(person)
	if kind == store.RequesterCard || kind == store.ModalCard || kind == store.ApproverCard && decides {
		return append(f.deeds(kind, person), string(recalls))
	}
	return f.deeds(kind, person)
}

// deeds are the buttons that change something.
func (f file) deeds(kind store.CardKind, person string) []string {
	requester := person == f.Requester.ID
	_, approver := f.Approver(person)
	switch {
	case kind == store.RequesterCard || kind == store.ModalCard:
		return f.requesterButtons()
	case kind == store.OutcomeCard && f.Status == approval.Active:
		return f.requesterButtons()
	case kind == store.ApproverCard && approver && f.Status == approval.Pending:
		if f.ApprovedBy(person) {
			return []string{"Deny"}
		}
		look := "I'm looking at it"
		if f.Claim != nil && f.Claim.By.ID == person {
			look = "Stop looking"
		}
		return []string{"Approve", "Deny", look}
	case kind == store.ApproverCard && approver && f.Status == approval.Active && !requester:
		return []string{"Revoke"}
	}
	return nil
}

func (f file) requesterButtons() []string {
	switch f.Status {
	case approval.Routing:
		return []string{"Cancel"}
	case approval.Pending:
		if f.SelfApproved() {
			return []string{"Approve", "Deny"}
		}
		if !f.Reminds() { // who hasn't decided isn't on call any more
			return []string{"Cancel"}
		}
		return []string{"Nudge", "Cancel"}
	case approval.Active:
		if f.Grant.Warned {
			return []string{"Extend", "End now"}
		}
		return []string{"End now"}
	case approval.Ended, approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused:
	}
	return nil
}

// checkCards compares every card with every message.
func (e *evidence) checkCards() {
	shown := map[string][]slacksim.Message{}
	for _, p := range e.town.people {
		for _, m := range e.screens[p.ID].Messages {
			if id := cardOf(m); id != "" {
				shown[id] = append(shown[id], m)
			}
		}
	}
	for _, m := range e.town.ws.Posted(channel) {
		shown[cardOf(m)] = append(shown[cardOf(m)], m)
	}
	known := map[string]bool{}
	for _, f := range e.files {
		for _, card := range f.cards {
			known[string(card.ID)] = true
			e.checked.cards++
			e.checkCard(f, card, shown[string(card.ID)])
		}
		e.checkAudience(f)
	}
	for id := range shown {
		caseID, _, _ := store.CardID(id).Parts()
		if _, settled := e.books.settled[caseID]; !settled && !known[id] {
			e.violated("a message is the card %s, which the store doesn't have", id)
		}
	}
}

// checkCard compares a card with the messages that are it.
func (e *evidence) checkCard(f file, card store.Card, messages []slacksim.Message) {
	_, kind, person := card.ID.Parts()
	// Looking into channels takes a scope that the bot doesn't ask for, so a
	// channel's copy whose answer was lost may be there twice.
	if len(messages) > 1 && kind != store.ChannelCard {
		e.violated("%s: the card %s was posted %d times", f.name(), card.ID, len(messages))
	}
	switch {
	case card.Lost != "" || e.removed[string(card.ID)]:
		return
	case kind == store.ModalCard:
		e.checkModal(f, person)
		return
	case len(messages) == 0 && kind == store.OutcomeCard && (f.Status == approval.Cancelled || card.Stamp == ""):
		return // there is nothing to say
	case len(messages) == 0:
		e.violated("%s: the card %s isn't in Slack, and the store says %q", f.name(), card.ID, card.Stamp)
		return
	}
	i := slices.IndexFunc(messages, func(m slacksim.Message) bool { return m.TS == card.Stamp })
	if i < 0 {
		e.violated("%s: the card %s is the message %s, and the store says %s", f.name(), card.ID, messages[0].TS, card.Stamp)
		return
	}
	blocks := blocksOf(messages[i].Blocks)
	if kind == store.RequesterCard || kind == store.ApproverCard || kind == store.ChannelCard {
		e.compare(f, kind, string(card.ID), blocks, person)
		return
	}
	allowed := f.buttons(kind, person)
	if kind == store.ReminderCard {
		allowed = f.buttons(store.ApproverCard, person)
	}
	if kind == store.WarningCard && f.Status == approval.Active {
		allowed = f.requesterButtons()
	}
	if surplus := beyond(labels(things(blocks, slacksim.Press{})), allowed); surplus != "" {
		e.violated("%s: the card %s has the button %q", f.name(), card.ID, surplus)
	}
}

// compare holds what is written on a card against the case.
func (e *evidence) compare(f file, kind store.CardKind, what string, blocks []any, person string) {
	heading := headline(blocks)
	if !slices.ContainsFunc(headlines(f.Status), func(h string) bool { return strings.Contains(heading, h) }) {
		e.violated("%s: %s says %q", f.name(), what, heading)
	}
	want := f.buttons(kind, person)
	if found, same := buttonsAre(things(blocks, slacksim.Press{}), want); !same {
		e.violated("%s: %s has the buttons %q, and should have %q", f.name(), what, found, want)
	}
}

// buttonsAre says what can be pressed, and whether it is what is wanted. The menu
// for less is there or not beside Approve, as the flow's durations are.
func buttonsAre(shown []thing, want []string) (found []string, same bool) {
	found = slices.DeleteFunc(labels(shown), func(l string) bool { return l == string(approvesLess) && slices.Contains(want, "Approve") })
	return found, slices.Equal(slices.Sorted(slices.Values(found)), slices.Sorted(slices.Values(want)))
}

func beyond(found, allowed []string) string {
	for _, l := range found {
		if !slices.Contains(allowed, l) && l != string(approvesLess) {
			return l
		}
	}
	return ""
}

// checkModal compares a modal that is still open.
func (e *evidence) checkModal(f file, id string) {
	if modal, open := modalNamed(e.screens[f.Requester.ID], id); open {
		if view, _ := modal.View.(map[string]any); view["submit"] == nil {
			e.compare(f, store.ModalCard, "the modal "+id, inView(view), f.Requester.ID)
		}
	}
}

// checkAudience looks for people who should have a card and have none.
func (e *evidence) checkAudience(f file) {
	has := func(kind store.CardKind, person string) bool {
		return slices.ContainsFunc(f.cards, func(c store.Card) bool { return c.ID == store.NewCardID(f.ID, kind, person) })
	}
	if !has(store.RequesterCard, f.Requester.ID) {
		e.violated("%s: its requester has no card", f.name())
	}
	for _, a := range f.Approvers {
		if a.Asked && a.ID != f.Requester.ID && !has(store.ApproverCard, a.ID) {
			e.violated("%s: %s was asked, and has no card", f.name(), a.Name)
		}
	}
	for _, p := range f.Unreachable {
		if card, ok := e.cardOf(f, store.ApproverCard, p.ID); ok && p.ID != "" && card.Lost == "" {
			e.violated("%s: %s couldn't be reached (%s), and has a card", f.name(), p.Name, p.Why)
		}
	}
}

func (e *evidence) cardOf(f file, kind store.CardKind, person string) (store.Card, bool) {
	i := slices.IndexFunc(f.cards, func(c store.Card) bool { return c.ID == store.NewCardID(f.ID, kind, person) })
	if i < 0 {
		return store.Card{}, false
	}
	return f.cards[i], true
}
