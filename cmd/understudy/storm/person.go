package storm

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// person looks at their screen and does something with what is there.
type person struct {
	*Storm
	slacksim.PersonInfo
	random *rand.Rand
	asks   float64 // how often they ask, of what they do
	seen   []thing // what could be pressed when they looked before
	busy   sync.WaitGroup
}

const (
	// glance is how many messages a person looks at.
	glance = 14
	// answerWithin is how long a person waits for an answer: the 3 s that Slack
	// waits, and as much again for a machine with much to do.
	answerWithin = 6 * time.Second
	// remembered is how many stale buttons a person knows.
	remembered = 40
)

// live has the person act until ctx ends, and finish what they have begun.
func (p *person) live(ctx context.Context) {
	defer p.busy.Wait()
	for sleep(ctx, between(p.random, 0, 2*p.pause)) {
		p.act(ctx)
	}
}

func (p *person) act(ctx context.Context) {
	screen := p.town.ws.Glance(p.ID, glance)
	there := pressable(screen)
	_, view, open := top(screen)
	switch dice := p.random.Float64(); {
	case open && view["submit"] != nil:
		p.fillIn(ctx, screen)
	case open && dice < 0.5:
		p.close(screen)
	case dice < p.asks:
		p.ask(ctx)
	case dice < p.asks+0.05 && !p.Stranger:
		p.openHome()
	case dice < p.asks+0.08:
		p.discard(screen)
	case dice < p.asks+0.18 && len(p.seen) > 0:
		p.press(p.seen[p.random.IntN(len(p.seen))]) // as a window that lags shows it
	case dice < p.asks+0.23:
		p.trespass()
	case dice < p.asks+0.30:
		p.rush()
	case len(there) > 0:
		p.click(there)
	}
	p.seen = append(p.seen, there...)
	p.seen = p.seen[max(0, len(p.seen)-remembered):]
}

// click presses one of the buttons, each kind as often as any other, and some
// of them twice.
func (p *person) click(there []thing) {
	kinds := labels(there)
	kind := kinds[p.random.IntN(len(kinds))]
	var ones []thing
	for _, t := range there {
		if t.label == kind {
			ones = append(ones, t)
		}
	}
	one := ones[p.random.IntN(len(ones))]
	if p.random.IntN(8) == 0 {
		p.busy.Go(func() { p.press(one) })
	}
	p.press(one)
}

// trespass presses what is on somebody else's card.
func (p *person) trespass() {
	other := p.town.people[p.random.IntN(len(p.town.people))]
	var theirs []thing
	for _, t := range pressable(p.town.ws.Glance(other.ID, glance)) {
		if t.press.MessageTS != "" {
			t.press.Of = other.ID
			theirs = append(theirs, t)
		}
	}
	if len(theirs) > 0 {
		p.press(theirs[p.random.IntN(len(theirs))])
	}
}

// rush has everybody who sees the same case press something of it at the same
// instant.
func (p *person) rush() {
	there := pressable(p.town.ws.Glance(p.ID, glance))
	if len(there) == 0 {
		return
	}
	id := there[p.random.IntN(len(there))].caseID
	var rushing sync.WaitGroup
	defer rushing.Wait()
	for _, other := range p.crowd {
		var theirs []thing
		for _, t := range pressable(p.town.ws.Glance(other.ID, glance)) {
			if t.caseID == id {
				theirs = append(theirs, t)
			}
		}
		if len(theirs) > 0 {
			one := theirs[p.random.IntN(len(theirs))]
			rushing.Go(func() { other.press(one) })
		}
	}
}

// discard deletes a message by hand, or closes what is open.
func (p *person) discard(screen slacksim.Screen) {
	if n := len(screen.Messages); n > 0 && p.random.IntN(4) == 0 {
		m := screen.Messages[p.random.IntN(n)]
		if cardOf(m) == "" {
			return // it is what tells the reckoning that they were answered
		}
		p.note(func() { p.removed[cardOf(m)] = true })
		p.town.ws.Remove(p.ID, m.TS)
		return
	}
	p.close(screen)
}

func (p *person) close(screen slacksim.Screen) {
	if modal, _, open := top(screen); open {
		_ = p.town.ws.CloseView(context.Background(), p.ID, modal.ID) // the app isn't told
	}
}

func (p *person) openHome() {
	a := act{person: p.ID, verb: opensHome, began: time.Now()}
	err := p.town.ws.OpenHome(context.Background(), p.ID)
	p.finish(a, err)
}

// ask types the command, and waits for the form. In a hurry, one types again
// while the first form is being sent.
func (p *person) ask(ctx context.Context) {
	line := "/impersonate"
	if p.random.IntN(3) > 0 {
		line += " " + p.town.account[p.random.IntN(len(p.town.account))]
	}
	a := act{person: p.ID, verb: types, began: time.Now()}
	before := p.opened()
	err := p.town.ws.Command(context.Background(), p.ID, line)
	a.shown = err == nil && p.appears(a.began, before)
	p.finish(a, err)
	if a.shown {
		p.fillIn(ctx, p.town.ws.Glance(p.ID, 0))
	}
}

// opened is how many modals the person has seen so far.
func (p *person) opened() int { return p.town.ws.Glance(p.ID, 0).Opened }

// appears waits for a modal that wasn't there before, and says whether it came.
// A sentence is an answer as well, and ends the wait.
func (p *person) appears(since time.Time, before int) bool {
	for time.Since(since) < answerWithin {
		s := p.town.ws.Glance(p.ID, 1)
		if s.Opened > before {
			return true
		}
		if n := len(s.Messages); n > 0 && cardOf(s.Messages[n-1]) == "" && stampTime(s.Messages[n-1].TS).After(p.clock.at(since)) {
			return false
		}
		time.Sleep(20 * time.Millisecond) // as a person who looks again and again
	}
	return false
}

// press presses something, and notes how that was taken.
func (p *person) press(t thing) {
	a := act{person: p.ID, verb: verbOf(t), caseID: t.caseID, duration: t.duration, wrong: t.press.Of != "", began: time.Now()}
	before := p.opened()
	err := p.town.ws.Press(context.Background(), p.ID, t.press)
	ended := time.Now()
	if err == nil && (a.verb == denies || a.verb == revokes || a.verb == asks || a.verb == recalls) {
		a.shown = p.appears(a.began, before)
	}
	a.ended = ended
	p.finish(a, err)
}

func verbOf(t thing) verb {
	switch v := verb(t.label); v {
	case approves, approvesLess, denies, looks, looksAway, revokes, cancels, nudges, releases, extends, recalls, asks:
		return v
	case "Show more", "Previous", "Show all":
		return turns
	default:
		return anotherVerb
	}
}

// finish notes the act, unless it never left the person's screen.
func (p *person) finish(a act, err error) {
	if a.ended.IsZero() {
		a.ended = time.Now()
	}
	switch {
	case err == nil && a.outcome == "":
		a.outcome = acked
	case err != nil && appFailed(err):
		a.outcome = unacked
	case err != nil:
		a.outcome = impossible
	}
	if a.outcome == impossible && !strings.Contains(err.Error(), "isn't there") && !strings.Contains(err.Error(), "there is no") && !strings.Contains(err.Error(), "is closed") && !strings.Contains(err.Error(), "no such person") {
		p.violated("%s, %s: Slack can't take what the bot answers: %v", p.Name, a.verb, err)
	}
	p.diary.note(a)
}

// appFailed says whether the person read that the app failed.
func appFailed(err error) bool { return slacksim.AppFailed(err) }

// words are what a person types as a reason.
func (p *person) words() string {
	switch p.random.IntN(12) {
	case 0:
		return "x"
	case 1:
		return " \n "
	case 2:
		return strings.Repeat("because <!channel> & *that* ", 17)
	}
	return fmt.Sprintf("the invoice page fails, number %d", p.random.IntN(1000))
}
