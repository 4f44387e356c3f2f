package storm

import (
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// life is what a case's events came to, counted without the code that decides.
type life struct {
	approvers map[string]approval.Approver
	approvals map[string]time.Duration
	quorum    int
	ruled     bool // a rule approved it
	decisions int
	grants    int
	until     time.Time
	over      int
}

// checkLaws replays the case's events and looks for what must never be.
func (e *evidence) checkLaws(f file) {
	l := life{approvers: map[string]approval.Approver{}, approvals: map[string]time.Duration{}}
	bad := func(what string, event approval.Event) {
		e.violated("%s: %s, by event %d (%T) at %s", f.name(), what, event.Seq, event.Body, event.At)
	}
	for i, event := range f.events {
		if event.Seq != i+1 || i > 0 && event.At.Before(f.events[i-1].At) {
			bad("events out of order", event)
		}
		if l.over > 0 {
			bad("something happened after its end", event)
		}
		if what := l.take(f, event); what != "" {
			bad(what, event)
		}
		if l.decisions > 1 {
			bad("decided more than once", event)
		}
	}
	if f.Status.Over() != (l.over == 1) {
		e.violated("%s: it has %d ends", f.name(), l.over)
	}
}

// take takes an event, and says which law it breaks.
func (l *life) take(f file, event approval.Event) (broken string) {
	switch body := event.Body.(type) {
	case approval.Asked:
		l.quorum = max(l.quorum, body.Quorum)
		return l.add(f, body.Approvers)
	case approval.Escalated:
		return l.add(f, body.Approvers)
	case approval.ShiftChanged:
		return l.add(f, body.Approvers)
	case approval.ApprovedCase:
		return l.approve(f, body)
	case approval.Allowed:
		l.ruled = true
	case approval.Granted:
		l.decisions++
		l.grants++
		return l.grant(f, body, event.At)
	case approval.DeniedCase:
		l.decisions++
		l.over++
		if _, ok := l.approvers[body.By.ID]; !ok {
			return "denied by somebody who isn't an approver"
		}
	case approval.Rejected, approval.RefusedCase, approval.TimedOutCase:
		l.decisions++
		l.over++
	case approval.CancelledCase:
		l.decisions++
		l.over++
		if body.By.ID != f.Requester.ID {
			return "cancelled by somebody else"
		}
	case approval.Nudged:
		if body.By.ID != f.Requester.ID {
			return "nudged by somebody else"
		}
	case approval.Extended:
		l.until = body.Until
		return l.add(f, body.Approvers) // who let it go on may call it back
	case approval.MergedGrant:
		l.over++
	case approval.GrantEnded:
		l.over++
		return l.end(f, body, event.At)
	}
	return ""
}

func (l *life) add(f file, approvers []approval.Approver) string {
	for _, a := range approvers {
		if a.ID == f.Requester.ID && a.Leg.Kind != flows.RequesterLeg {
			return "the requester was asked about their own request"
		}
		l.approvers[a.ID] = a
	}
	return ""
}

func (l *life) approve(f file, body approval.ApprovedCase) string {
	approver, ok := l.approvers[body.By.ID]
	_, twice := l.approvals[body.By.ID]
	switch {
	case !ok:
		return "approved by somebody who isn't an approver"
	case twice:
		return "approved twice by the same person"
	case body.By.ID == f.Requester.ID && approver.Leg.Kind != flows.RequesterLeg:
		return "approved by its requester"
	case l.grants > 0:
		return "approved after its grant"
	case body.Duration > f.Duration || body.Duration <= 0:
		return "approved for longer than asked"
	}
	l.approvals[body.By.ID] = body.Duration
	return ""
}

func (l *life) grant(f file, body approval.Granted, at time.Time) string {
	l.until = body.Until
	longest := f.Duration
	for _, d := range l.approvals {
		longest = min(longest, d)
	}
	switch {
	case body.Until.Sub(at) > longest:
		return "granted for longer than approved"
	case !l.ruled && len(l.approvals) < max(1, l.quorum):
		return "granted with too few approvals"
	}
	return ""
}

func (l *life) end(f file, body approval.GrantEnded, at time.Time) string {
	_, approver := l.approvers[body.By.ID]
	switch {
	case l.grants == 0:
		return "a grant ended that never began"
	case body.End == approval.Expired && at.Before(l.until):
		return "expired too early"
	case body.End != approval.Expired && !at.Before(l.until):
		return "ended by somebody after its time"
	case body.End == approval.Released && body.By.ID != f.Requester.ID:
		return "released by somebody else"
	case body.End == approval.Revoked && !approver:
		return "revoked by somebody who isn't an approver"
	}
	return ""
}

// checkLive looks for two live cases of the same requester and account, none of
// which extends the other.
func (e *evidence) checkLive() {
	for i, f := range e.files {
		for _, other := range e.files[:i] {
			if f.Requester.ID != other.Requester.ID || f.Account.ID != other.Account.ID || !f.livesWith(other) {
				continue
			}
			if f.Extends != other.ID && other.Extends != f.ID {
				e.violated("%s and %s lived at the same time", f.name(), other.name())
			}
		}
		if f.Extends == "" {
			continue
		}
		b := slices.IndexFunc(e.files, func(base file) bool { return base.ID == f.Extends })
		if b >= 0 && (e.files[b].Grant == nil || e.files[b].Closed != nil && e.files[b].Closed.At.Before(f.AskedAt)) {
			e.violated("%s extends %s, which wasn't active", f.name(), e.files[b].name())
		}
	}
}

func (f file) livesWith(other file) bool {
	before := func(a, b file) bool { return a.Closed != nil && !b.AskedAt.Before(a.Closed.At) }
	return !before(f, other) && !before(other, f)
}
