package storm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
)

// deed is an event that somebody did, as the store has it.
type deed struct {
	person  string
	verb    verb
	subject string // a case's id, or an account's for a request
	at      time.Time
	f       file
	body    approval.Body
}

// key is what acts and deeds have in common.
type key struct {
	person  string
	verb    verb
	subject string
}

func (d deed) key() key { return key{d.person, d.verb, d.subject} }

func (a act) key() key {
	k := key{a.person, a.verb, a.caseID}
	if a.verb == submits {
		k.subject = a.account
	}
	if a.verb == approvesLess {
		k.verb = approves
	}
	return k
}

// deedsOf are the case's events since the last reckoning that people did.
func (e *evidence) deedsOf(f file) (deeds []deed) {
	var c approval.Case
	for _, event := range f.events {
		d := deed{at: e.clock.real(event.At), f: f, body: event.Body, subject: f.ID}
		switch body := event.Body.(type) {
		case approval.Submitted:
			d.person, d.verb, d.subject = body.Requester.ID, submits, body.Account.ID
			if body.Extends != "" {
				d.verb, d.subject = extends, body.Extends
			}
		case approval.ApprovedCase:
			d.person, d.verb = body.By.ID, approves
		case approval.DeniedCase:
			d.person, d.verb = body.By.ID, denies
		case approval.Claimed:
			d.person, d.verb = body.By.ID, looks
		case approval.Unclaimed:
			if c.Claim != nil && event.At.Before(c.Claim.Until) {
				d.person, d.verb = c.Claim.By.ID, looksAway
			}
		case approval.CancelledCase:
			if !e.dropped(f, event.At) {
				d.person, d.verb = body.By.ID, cancels
			}
		case approval.Nudged:
			d.person, d.verb = body.By.ID, nudges
		case approval.GrantEnded:
			d.person, d.verb = body.By.ID, releases
			if body.End == approval.Revoked {
				d.verb = revokes
			}
		}
		c = approval.Apply(c, event)
		if d.person != "" && d.at.After(e.books.since) {
			deeds = append(deeds, d)
		}
	}
	return deeds
}

// dropped says whether an extension was taken back because its requester said
// to be done with the access that it was to extend.
func (e *evidence) dropped(f file, at time.Time) bool {
	i := slices.IndexFunc(e.files, func(base file) bool { return base.ID == f.Extends })
	return i >= 0 && e.files[i].Grant != nil && e.files[i].Grant.End == approval.Released && e.files[i].Closed.At.Equal(at)
}

const (
	// slack is how far the times of two processes may be apart.
	slack = 100 * time.Millisecond
	// late is how long after Slack gave up a bot may still handle a click: it
	// may have been suspended with the click in its socket.
	late = 20 * time.Second
)

// mayBe says whether the deed may be what came of the act.
func (a act) mayBe(d deed) bool {
	until := a.ended.Add(slack)
	if a.outcome != acked {
		until = a.ended.Add(late)
	}
	if approved, ok := d.body.(approval.ApprovedCase); ok && approved.Duration != cmp.Or(a.duration, d.f.Duration) {
		return false
	}
	return a.outcome != impossible && !d.at.Before(a.began.Add(-slack)) && !d.at.After(until)
}

// checkDeeds matches what people did with what is on record, both ways.
func (e *evidence) checkDeeds() {
	byKey := map[key][]*act{}
	for i := range e.acts {
		byKey[e.acts[i].key()] = append(byKey[e.acts[i].key()], &e.acts[i])
	}
	for _, acts := range byKey {
		slices.SortFunc(acts, func(a, b *act) int { return cmp.Or(rank(*a)-rank(*b), a.ended.Compare(b.ended)) })
	}
	done := map[*act]bool{}
	counted := map[string]bool{} // views of which a submission had its effect
	for _, f := range e.files {
		for _, d := range e.deedsOf(f) {
			e.checked.deeds++
			acts := byKey[d.key()]
			i := slices.IndexFunc(acts, func(a *act) bool { return !done[a] && !e.asksWhy(*a) && a.mayBe(d) })
			if i < 0 {
				e.violated("%s: %T at %s (%s), and %s did no such thing: %s", f.name(), d.body, d.at.Format(stamp), d.verb, e.nameOf(d.person), listed(acts))
				continue
			}
			done[acts[i]], counted[acts[i].view] = true, true
		}
	}
	for i := range e.acts {
		a := &e.acts[i]
		repeated := a.view != "" && counted[a.view] // whatever it held: one window is sent once
		if a.outcome == acked && !done[a] && !repeated {
			e.explain(*a)
		}
	}
}

// rank puts acts first whose effect is most certain.
func rank(a act) int { return slices.Index([]outcome{acked, unacked, complained}, a.outcome) }

const stamp = "15:04:05.000"

func (e *evidence) nameOf(id string) string {
	i := slices.IndexFunc(e.town.people, func(p slacksim.PersonInfo) bool { return p.ID == id })
	if i < 0 {
		return id
	}
	return e.town.people[i].Name
}

func (e *evidence) caseNamed(id string) string {
	i := slices.IndexFunc(e.files, func(f file) bool { return f.ID == id })
	if i < 0 {
		return "case " + id
	}
	return e.files[i].name()
}

func listed(acts []*act) string {
	var lines strings.Builder
	for _, a := range acts {
		fmt.Fprintf(&lines, "\n      %s–%s %s, %s", a.began.Format(stamp), a.ended.Format(stamp), a.verb, a.outcome)
	}
	return cmp.Or(lines.String(), "nothing of the kind")
}
