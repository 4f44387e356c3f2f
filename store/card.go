package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Card is one copy of a case, for one recipient: what Slack has of it, and
// whether it should show something else. A person's App Home is a card too.
type Card struct {
	ID CardID `json:"id"`
	// Channel and Stamp are where Slack keeps the message. Empty before it is
	// posted, and for modals and Homes, which are found by their recipient.
	Channel string `json:"channel,omitempty"`
	Stamp   string `json:"ts,omitempty"`
	// Hash is that of the content that Slack has, empty if none is known.
	Hash string `json:"hash,omitempty"`
	// Wants counts the changes of what the card should show.
	Wants int `json:"wants"`
	// Posted is when Slack first had it as a message; zero if it never had.
	Posted time.Time `json:"posted,omitzero"`
	// Since is when it should have shown what it doesn't; zero if it shows all.
	Since time.Time `json:"since,omitzero"`
	// Posting is when a post was begun whose answer isn't known yet.
	Posting time.Time `json:"posting,omitzero"`
	// Failures counts the deliveries that failed since the last good one.
	Failures int `json:"failures,omitempty"`
	// Browse is what of a Home its person looks at; nil is its first pages.
	Browse *Browse `json:"browse,omitempty"`
	// Groups are those that oversee flows and that a Home's person was found in
	// when it was last shown.
	Groups []string `json:"groups,omitempty"`
	// Lost is why the card is never delivered again, empty if it is.
	Lost string `json:"lost,omitempty"`
}

// CardID names a card: CASE/KIND/RECIPIENT, and ~NUMBER where a recipient gets
// several of a kind.
type CardID string

// CardKind is what a card is for.
type CardKind string

// The kinds of cards. The recipient of a modal is a view's id, that of a
// channel's card the channel's name, and any other a person's id.
const (
	RequesterCard CardKind = "requester" // the requester's message that follows the case
	OutcomeCard   CardKind = "outcome"   // the requester's message that makes a sound
	ApproverCard  CardKind = "approver"  // an approver's message
	ReminderCard  CardKind = "reminder"  // a reminder of an approver, which makes a sound
	WarningCard   CardKind = "warning"   // the requester's message of a grant's coming end
	RevokedCard   CardKind = "revoked"   // the requester's message of a grant called back
	ChannelCard   CardKind = "channel"   // a copy without buttons
	ModalCard     CardKind = "modal"     // the modal that the request was made in
	HomeCard      CardKind = "home"      // a person's App Home, for all their cases
)

const homeCase = "home"

// NewCardID names the card of this kind and recipient.
func NewCardID(id string, kind CardKind, recipient string) CardID {
	return CardID(part(id) + "/" + string(kind) + "/" + part(recipient))
}

// numbered is the nth card of this kind and recipient.
func numbered(id string, kind CardKind, recipient string, n int) CardID {
	return NewCardID(id, kind, recipient) + CardID(fmt.Sprintf("~%d", n))
}

func homeID(person string) CardID { return NewCardID(homeCase, HomeCard, person) }

// Parts are the case's id (none for a Home), the kind and the recipient.
func (id CardID) Parts() (caseID string, kind CardKind, recipient string) {
	first, rest, _ := strings.Cut(string(id), "/")
	middle, last, _ := strings.Cut(rest, "/")
	if CardKind(middle) == HomeCard {
		first = ""
	}
	last, _, _ = strings.Cut(last, "~")
	return unpart(first), CardKind(middle), unpart(last)
}

// TakeDirty takes at most limit cards that may have to show something else.
// Each comes back at now + back unless it was delivered by then. Next is when
// to look again, zero if nothing waits.
func (l *Ledger) TakeDirty(ctx context.Context, now time.Time, limit int, back time.Duration) (cards []Card, next time.Time, err error) {
	next, err = l.take(ctx, dirtyQueue, now, limit, back, func(tx Tx, id string) error {
		card, err := readCard(tx, CardID(id))
		if err == nil {
			cards = append(cards, card)
		}
		return err
	}, func() { cards = nil })
	return cards, next, err
}

// Posting notes that a post of the card begins, so that after a crash the
// message is looked for before it is posted again.
func (l *Ledger) Posting(ctx context.Context, id CardID, at time.Time) error {
	return l.changeCard(ctx, id, func(_ Tx, card *Card) error {
		card.Posting = at.UTC()
		return nil
	})
}

// Delivered records what Slack shows of the card now. If it has to show
// something else since it was taken, it is dirty again at once.
func (l *Ledger) Delivered(ctx context.Context, shown Card, now time.Time) error {
	return l.changeCard(ctx, shown.ID, func(tx Tx, card *Card) error {
		card.Channel, card.Stamp, card.Hash = shown.Channel, shown.Stamp, shown.Hash
		card.Posting, card.Failures, card.Since = time.Time{}, 0, time.Time{}
		if card.Posted.IsZero() && card.Stamp != "" {
			card.Posted = now.UTC()
		}
		if card.Wants != shown.Wants {
			card.Since = now.UTC()
			return dirtyQueue.put(tx, string(card.ID), now)
		}
		return dirtyQueue.remove(tx, string(card.ID))
	})
}

// Retry records that a delivery failed, and when to try again.
func (l *Ledger) Retry(ctx context.Context, tried Card, at time.Time) error {
	tried.Failures++
	return l.PutOff(ctx, tried, at)
}

// PutOff records when to look at the card again, and what is known of it.
func (l *Ledger) PutOff(ctx context.Context, tried Card, at time.Time) error {
	return l.changeCard(ctx, tried.ID, func(tx Tx, card *Card) error {
		card.Channel, card.Stamp = tried.Channel, tried.Stamp
		card.Posting, card.Failures = tried.Posting, tried.Failures
		return dirtyQueue.put(tx, string(card.ID), at)
	})
}

// LookAgain sets when to look at a card that waits already. What is known of it
// stays as it is.
func (l *Ledger) LookAgain(ctx context.Context, id CardID, at time.Time) error {
	return l.update(ctx, func(tx Tx) error {
		queued, err := dirtyQueue.at(tx, string(id))
		if err != nil || queued.IsZero() {
			return err
		}
		return dirtyQueue.put(tx, string(id), at)
	})
}

// Lose records that the card can't ever be delivered.
func (l *Ledger) Lose(ctx context.Context, id CardID, why string) error {
	return l.changeCard(ctx, id, func(tx Tx, card *Card) error {
		card.Lost, card.Posting, card.Since = why, time.Time{}, time.Time{}
		return dirtyQueue.remove(tx, string(id))
	})
}

// OpenHome makes the person's App Home a card that follows their cases, and
// has it shown anew, from the first page.
func (l *Ledger) OpenHome(ctx context.Context, person string, now time.Time) error {
	return l.changeHome(ctx, person, now, func(card *Card) { card.Hash, card.Lost, card.Browse = "", "", nil })
}

// changeHome changes the card of a Home, which it makes if there is none, and
// has it shown.
func (l *Ledger) changeHome(ctx context.Context, person string, now time.Time, change func(*Card)) error {
	return l.update(ctx, func(tx Tx) error {
		id := homeID(person)
		card := Card{ID: id}
		if _, err := get(tx, cardKey(id), &card); err != nil {
			return err
		}
		change(&card)
		return touch(tx, card, now)
	})
}

// Follow makes the modal of this view's id a card of the case.
func (l *Ledger) Follow(ctx context.Context, id, view string, now time.Time) error {
	return l.update(ctx, func(tx Tx) error {
		card := Card{ID: NewCardID(id, ModalCard, view)}
		if _, err := get(tx, cardKey(card.ID), &card); err != nil {
			return err
		}
		return touch(tx, card, firstLook(card, now))
	})
}

// Card is the card of this id, or ErrNotFound.
func (l *Ledger) Card(ctx context.Context, id CardID) (card Card, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		card, err = readCard(tx, id)
		return err
	})
	return card, err
}

// CardsOf are the cards of a case.
func (l *Ledger) CardsOf(ctx context.Context, id string) (cards []Card, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		cards, err = cardsOf(tx, id)
		return err
	})
	return cards, err
}

func (l *Ledger) changeCard(ctx context.Context, id CardID, change func(Tx, *Card) error) error {
	return l.update(ctx, func(tx Tx) error {
		card, err := readCard(tx, id)
		if err != nil {
			return err
		}
		if err := change(tx, &card); err != nil {
			return err
		}
		return put(tx, cardKey(id), card)
	})
}

func readCard(tx Tx, id CardID) (Card, error) {
	var card Card
	found, err := get(tx, cardKey(id), &card)
	if err == nil && !found {
		err = fmt.Errorf("card %s: %w", id, ErrNotFound)
	}
	return card, err
}

func cardsOf(tx Tx, id string) (cards []Card, err error) {
	for entry, err := range under(tx, "card/"+part(id)+"/") {
		if err != nil {
			return nil, fmt.Errorf("reading the cards of case %s: %w", id, err)
		}
		var card Card
		if err := json.Unmarshal(entry.Value, &card); err != nil {
			return nil, fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// dirtyCards makes every card that shows the case dirty, and creates those
// that it should have and hasn't.
func dirtyCards(tx Tx, c approval.Case, view string, now time.Time) error {
	cards, err := cardsOf(tx, c.ID)
	if err != nil {
		return err
	}
	for _, id := range audience(c, view) {
		if !slices.ContainsFunc(cards, func(card Card) bool { return card.ID == id }) {
			cards = append(cards, Card{ID: id})
		}
	}
	homes, err := homesOf(tx, c)
	if err != nil {
		return err
	}
	for _, card := range append(cards, homes...) {
		if err := touch(tx, card, firstLook(card, now)); err != nil {
			return err
		}
	}
	return nil
}

const (
	// modalSettles is how long Slack may take to show a modal's answer to its
	// own submission, which would hide an update that overtook it.
	modalSettles = 700 * time.Millisecond
	// outcomeNear is how long a requester's first message waits, so that it
	// says the outcome if there is one by then, and makes its sound for that.
	outcomeNear = 400 * time.Millisecond
)

// firstLook is when a card that has to change should be looked at.
func firstLook(card Card, now time.Time) time.Time {
	_, kind, _ := card.ID.Parts()
	switch {
	case card.Wants == 0 && kind == ModalCard:
		return now.Add(modalSettles)
	case card.Wants == 0 && kind == RequesterCard:
		return now.Add(outcomeNear)
	}
	return now
}

// audience are the cards that a case should have by now.
func audience(c approval.Case, view string) []CardID {
	ids := []CardID{NewCardID(c.ID, RequesterCard, c.Requester.ID)}
	if view != "" {
		ids = append(ids, NewCardID(c.ID, ModalCard, view))
	}
	for _, a := range c.Approvers {
		if a.Asked && a.ID != c.Requester.ID && a.InSlack() {
			ids = append(ids, NewCardID(c.ID, ApproverCard, a.ID))
		}
	}
	if c.Route != nil {
		for _, name := range c.Route.Channels {
			ids = append(ids, NewCardID(c.ID, ChannelCard, name))
		}
	}
	if c.Waited() && c.Status != approval.Pending && c.Status != approval.Routing {
		ids = append(ids, NewCardID(c.ID, OutcomeCard, c.Requester.ID))
	}
	return append(ids, sounds(c)...)
}

// sounds are the messages whose point is that they come: a changed card makes
// no sound.
func sounds(c approval.Case) (ids []CardID) {
	if c.Status == approval.Pending && c.Pokes > 0 {
		for _, a := range c.Undecided() {
			if !a.Since.After(c.PokedAt) {
				ids = append(ids, numbered(c.ID, ReminderCard, a.ID, c.Pokes))
			}
		}
	}
	if c.Grant == nil {
		return ids
	}
	if c.Grant.Warned && c.Status == approval.Active {
		ids = append(ids, numbered(c.ID, WarningCard, c.Requester.ID, c.Grant.Warnings))
	}
	if c.Grant.End == approval.Revoked {
		ids = append(ids, NewCardID(c.ID, RevokedCard, c.Requester.ID))
	}
	return ids
}

func homesOf(tx Tx, c approval.Case) (homes []Card, err error) {
	overseers, err := overseersOf(tx, c)
	if err != nil {
		return nil, err
	}
	people := append(participants(c), overseers...)
	slices.Sort(people)
	for _, person := range slices.Compact(people) {
		var card Card
		found, err := get(tx, cardKey(homeID(person)), &card)
		if err != nil {
			return nil, err
		}
		if found {
			homes = append(homes, card)
		}
	}
	return homes, nil
}

// touch makes the card dirty, to be looked at from then on. One that waits in the queue already keeps its
// place: it is being delivered, which sees the change, or it is put off.
func touch(tx Tx, card Card, at time.Time) error {
	if card.Lost != "" {
		return nil
	}
	queued, err := dirtyQueue.at(tx, string(card.ID))
	if err != nil {
		return err
	}
	if queued.IsZero() {
		card.Since = at.UTC()
	}
	card.Wants++
	if err := put(tx, cardKey(card.ID), card); err != nil || !queued.IsZero() {
		return err
	}
	return dirtyQueue.put(tx, string(card.ID), at)
}
