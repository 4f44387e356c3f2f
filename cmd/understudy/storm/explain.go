package storm

import (
	"errors"
	"slices"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
)

// explain looks for why an acked act has no event: a window opened, a sentence
// said so, or there was nothing to change. What is left is a lost click, or
// silence.
func (e *evidence) explain(a act) {
	switch {
	case a.verb == submits:
		e.explainRequest(a)
		return
	case a.shown, a.verb == opensHome, a.verb == turns, a.verb == suggested:
		return
	}
	told := e.toldSince(a)
	if told {
		e.checked.told++
	}
	wants := commandOf(a)
	if wants == nil || e.asksWhy(a) {
		if !told {
			e.silent(a)
		}
		return
	}
	switch refused, idle := e.refused(a, wants); {
	case idle, refused && told:
	case refused:
		e.silent(a)
	case told && a.verb == approves || told && a.verb == approvesLess: // Slack didn't vouch for somebody
	case !told && e.unvouched(a):
	default:
		e.violated("%s clicked %q of %s at %s, which was acked at %s, and it had no effect (told: %t)", e.nameOf(a.person), a.verb, e.caseNamed(a.caseID), a.began.Format(stamp), a.ended.Format(stamp), told)
	}
}

// asksWhy says whether the act only wants a window that asks for a reason.
// Requesters who decide for themselves aren't asked for one.
func (e *evidence) asksWhy(a act) bool {
	i := slices.IndexFunc(e.files, func(f file) bool { return f.ID == a.caseID })
	return !a.inModal && (a.verb == denies || a.verb == revokes) && (i < 0 || e.files[i].Requester.ID != a.person)
}

// explainRequest looks for the case that an acked form was answered with.
func (e *evidence) explainRequest(a act) {
	if !a.shown {
		return // another window came over it
	}
	for _, f := range e.files {
		if f.Requester.ID != a.person || f.Account.ID != a.account {
			continue
		}
		began := e.clock.real(f.AskedAt)
		over := f.Closed != nil && e.clock.real(f.Closed.At).Before(a.first.Add(-slack))
		if began.Before(a.ended.Add(slack)) && !over {
			return
		}
	}
	e.violated("%s was told of a request for %s at %s, and the store has none", e.nameOf(a.person), a.account, a.ended.Format(stamp))
}

// silent notes that somebody got no answer, unless what carries answers failed.
func (e *evidence) silent(a act) {
	if a.covered || e.excused(a) {
		e.checked.excused++
		return
	}
	e.violated("%s did %q (%s, wrong %t, in a modal %t) at %s, which was acked at %s, and got no answer within %s", e.nameOf(a.person), a.verb, e.caseNamed(a.caseID), a.wrong, a.inModal, a.began.Format(stamp), a.ended.Format(stamp), answerWithin)
}

// toldSince says whether the person was told a sentence after the act.
func (e *evidence) toldSince(a act) bool {
	return slices.ContainsFunc(e.said[a.person], func(at time.Time) bool {
		return at.After(a.began.Add(-slack)) && at.Before(a.ended.Add(answerWithin))
	})
}

// soon is how soon after its ack an act is answered, if nothing is in the way.
const soon = 1500 * time.Millisecond

// excused says whether what would have carried the answer failed: the bot died
// or slept before it could, or Slack didn't take it.
func (e *evidence) excused(a act) bool {
	return e.bot.away(a.began, a.ended.Add(soon)) || e.struck(a.began, a.ended.Add(answerWithin), func(c slacksim.Call) bool {
		return c.Person == a.person && slices.Contains([]string{"views.open", "views.push", "response_url", "chat.postMessage"}, c.Method)
	})
}

// unvouched says whether an approval may have been turned down because Slack
// didn't say who somebody is, and the person couldn't be told.
func (e *evidence) unvouched(a act) bool {
	return (a.verb == approves || a.verb == approvesLess) && e.excused(a) &&
		e.struck(a.began, a.ended, func(c slacksim.Call) bool { return c.Method == "users.info" })
}

// struck says whether a call like this was struck by the weather.
func (e *evidence) struck(from, until time.Time, like func(slacksim.Call) bool) bool {
	return slices.ContainsFunc(e.failed, func(c slacksim.Call) bool {
		return c.Time.After(from.Add(-slack)) && c.Time.Before(until) && like(c)
	})
}

// commandOf is what the act wants of its case; nil for what isn't about a case
// alone.
func commandOf(a act) approval.Command {
	by := approval.Person{ID: a.person}
	switch a.verb {
	case approves, approvesLess:
		return approval.Approve{By: by, Duration: a.duration}
	case denies:
		return approval.Deny{By: by, Why: a.reason}
	case looks:
		return approval.LookAt{By: by}
	case looksAway:
		return approval.LookAway{By: by}
	case cancels:
		return approval.Cancel{By: by}
	case nudges:
		return approval.Nudge{By: by}
	case releases:
		return approval.Release{By: by}
	case revokes:
		return approval.Revoke{By: by, Why: a.reason}
	default:
		return nil
	}
}

// refused says whether the case would refuse the command at some time during
// the act; idle, whether it would change nothing.
func (e *evidence) refused(a act, wants approval.Command) (refused, idle bool) {
	i := slices.IndexFunc(e.files, func(f file) bool { return f.ID == a.caseID })
	if i < 0 {
		return true, false // it was settled before
	}
	from, until := e.clock.at(a.began.Add(-time.Second)), e.clock.at(a.ended.Add(slack))
	var c approval.Case
	ask := func(at time.Time) {
		events, err := approval.Decide(c, wants, at)
		_, rejected := errors.AsType[*approval.Rejection](err)
		refused, idle = refused || rejected, idle || err == nil && len(events) == 0
	}
	for _, event := range e.files[i].events {
		if event.At.After(until) {
			break
		}
		if event.At.After(from) {
			ask(from)
			ask(event.At)
		}
		c = approval.Apply(c, event)
	}
	ask(from)
	ask(until)
	return refused, idle
}
