package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Webhook is a notice that an app hasn't taken yet. It is written with the event
// that it is of, and goes when the app has taken it. What it says isn't in it: the
// event says that, and where it goes the flow, or else the case.
type Webhook struct {
	// ID is the same however often it is sent: the case's id, and the event's number.
	ID  string `json:"id"`
	App string `json:"app"`
	// Kind is what it is of; empty of one that was written before this was kept.
	Kind  approval.Notice `json:"kind,omitempty"`
	Since time.Time       `json:"since"` // from when on it is tried
	// Failures counts the tries, and Why is how the last one went, at Tried.
	Failures int       `json:"failures,omitempty"`
	Why      string    `json:"why,omitempty"`
	Tried    time.Time `json:"tried,omitzero"`
	// Failed is when it was given up; zero if it is tried again.
	Failed time.Time `json:"failed,omitzero"`
}

// FailedKept is how long a notice that was given up is listed.
const FailedKept = 30 * 24 * time.Hour

// webhookID has no dot, which what is signed uses to separate its parts.
func webhookID(id string, seq int) string { return id + "_" + strconv.Itoa(seq) }

// Case is the id of the case that the notice is of.
func (w Webhook) Case() string {
	id, _ := webhookEvent(w.ID)
	return id
}

func webhookEvent(id string) (caseID string, seq int) {
	i := strings.LastIndexByte(id, '_')
	if i < 0 {
		return id, 0
	}
	seq, _ = strconv.Atoi(id[i+1:]) // no event is the zeroth
	return id[:i], seq
}

// noteWebhooks writes what the case's app is to be told of these events.
func noteWebhooks(tx Tx, c approval.Case, events []approval.Event, now time.Time) error {
	for _, e := range events {
		if kind := c.Notice(e); kind != approval.NoNotice {
			if err := putWebhook(tx, Webhook{ID: webhookID(e.Case, e.Seq), App: c.Flow.App.Name, Kind: kind, Since: now.UTC()}, now); err != nil {
				return err
			}
		}
		c = approval.Apply(c, e)
	}
	return nil
}

func putWebhook(tx Tx, w Webhook, at time.Time) error {
	if err := put(tx, webhookKey(w.ID), w); err != nil {
		return err
	}
	return webhookQueue.put(tx, w.ID, at)
}

func readWebhook(tx Tx, id string) (w Webhook, err error) {
	found, err := get(tx, webhookKey(id), &w)
	switch {
	case err != nil:
	case !found:
		err = fmt.Errorf("the notice %s: %w", id, ErrNotFound)
	case w.ID != id:
		err = fmt.Errorf("the notice %s: it names itself %q: %w", id, w.ID, ErrCorrupt)
	}
	return w, err
}

// TakeWebhooks takes at most limit notices whose time has come. Each comes back at
// now + back unless something was recorded of it by then. Next is when to look
// again, zero if nothing waits.
func (l *Ledger) TakeWebhooks(ctx context.Context, now time.Time, limit int, back time.Duration) (taken []Webhook, next time.Time, err error) {
	next, err = l.take(ctx, webhookQueue, now, limit, back, func(tx Tx, id string) error {
		w, err := readWebhook(tx, id)
		if err == nil {
			taken = append(taken, w)
		}
		return err
	}, func() { taken = nil })
	return taken, next, err
}

// Notice is what a notice says, and where it goes.
type Notice struct {
	Kind  approval.Notice
	Case  approval.Case // after the event
	Event approval.Event
	URL   string // empty if the flow sends none any more
	// Moot says that nobody has to be told any more: the customer needn't answer.
	Moot bool
}

// Notice reads the event of a notice. It goes where the flow says now, so that a
// wrong address can be mended; or where the case pins it, of a flow that isn't any
// more or has another app. One that has the customer's link goes only where the case
// pins it: who changes flows would answer for the customer of a case that is open.
func (l *Ledger) Notice(ctx context.Context, id string) (n Notice, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		n, err = readNotice(tx, id)
		return err
	})
	return n, err
}

func readNotice(tx Tx, id string) (n Notice, err error) {
	caseID, seq := webhookEvent(id)
	events, _, err := readEvents(tx, caseID)
	if err != nil {
		return n, err
	}
	if seq < 1 || seq > len(events) {
		return n, fmt.Errorf("the notice %s: %w", id, ErrNotFound)
	}
	before := approval.Replay(events[:seq-1])
	n.Event = events[seq-1]
	if n.Kind = before.Notice(n.Event); n.Kind == approval.NoNotice {
		return n, fmt.Errorf("the notice %s: %w", id, ErrNotFound)
	}
	n.Case = approval.Apply(before, n.Event)
	if n.Kind.HasLink() {
		n.Moot = moot(n.Kind, approval.Replay(events))
		n.URL = n.Case.Flow.App.Webhook
		return n, nil
	}
	n.URL, err = webhookURL(tx, n.Case.Flow)
	return n, err
}

// moot says whether the customer needn't be handed their link any more, by a notice
// that has it.
func moot(kind approval.Notice, c approval.Case) bool {
	if kind == approval.ConsentReminded {
		return c.Status != approval.Pending || !c.AwaitsCustomer()
	}
	return c.Status != approval.Pending && c.Status != approval.Routing || c.ApprovedBy(approval.CustomerID)
}

func webhookURL(tx Tx, pin approval.FlowVersion) (string, error) {
	value, err := tx.Get(flowKey(pin.Name))
	if err != nil {
		return "", fmt.Errorf("reading the flow %s: %w", pin.Name, err)
	}
	if value != nil {
		now, err := parseFlow(Entry{Key: flowKey(pin.Name), Value: value})
		if err != nil {
			return "", err
		}
		if now.ID == pin.ID && now.App != nil && now.App.Name == pin.App.Name {
			return now.App.Webhook, nil
		}
	}
	return pin.App.Webhook, nil
}

// DropWebhook forgets a notice: the app has taken it, or it failed long ago.
func (l *Ledger) DropWebhook(ctx context.Context, id string) error {
	return l.update(ctx, func(tx Tx) error { return dropWebhook(tx, id) })
}

func dropWebhook(tx Tx, id string) error {
	if err := tx.Delete(webhookKey(id)); err != nil {
		return err
	}
	return webhookQueue.remove(tx, id)
}

// PutOffWebhook records when to look at a notice again that wasn't tried.
func (l *Ledger) PutOffWebhook(ctx context.Context, id string, at time.Time) error {
	return l.changeWebhook(ctx, id, func(*Webhook) time.Time { return at })
}

// RetryWebhook records that the app didn't take the notice, and when to try again.
func (l *Ledger) RetryWebhook(ctx context.Context, id, why string, now, at time.Time) error {
	return l.changeWebhook(ctx, id, func(w *Webhook) time.Time {
		w.Failures, w.Why, w.Tried = w.Failures+1, why, now.UTC()
		return at
	})
}

// FailWebhook records that the notice is given up. It stays for a while, to be
// looked at and sent again.
func (l *Ledger) FailWebhook(ctx context.Context, id, why string, now time.Time) error {
	return l.changeWebhook(ctx, id, func(w *Webhook) time.Time {
		w.Failures, w.Why, w.Tried, w.Failed = w.Failures+1, why, now.UTC(), now.UTC()
		return now.Add(FailedKept)
	})
}

// changeWebhook changes a notice. One that was taken meanwhile, by a send that
// seemed lost, stays taken.
func (l *Ledger) changeWebhook(ctx context.Context, id string, change func(*Webhook) (at time.Time)) error {
	return l.update(ctx, func(tx Tx) error {
		w, err := readWebhook(tx, id)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		at := change(&w)
		return putWebhook(tx, w, at)
	})
}

// Webhooks are the notices that no app has taken, by case. Damaged says which can't
// be read.
func (l *Ledger) Webhooks(ctx context.Context) (all []Webhook, damaged []error, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		all, damaged, err = readWebhooks(tx)
		return err
	})
	return all, damaged, err
}

func readWebhooks(tx Tx) (all []Webhook, damaged []error, err error) {
	for entry, err := range under(tx, "webhook/") {
		if err != nil {
			return nil, nil, fmt.Errorf("listing the notices to apps: %w", err)
		}
		var w Webhook
		if err := json.Unmarshal(entry.Value, &w); err != nil || webhookKey(w.ID) != entry.Key {
			damaged = append(damaged, fmt.Errorf("reading %s: %w", entry.Key, ErrCorrupt))
			continue
		}
		all = append(all, w)
	}
	return all, damaged, nil
}

// ReplayWebhook has a notice sent as if it were new, also one that was taken. It
// is ErrNotFound for what no app was to be told.
func (l *Ledger) ReplayWebhook(ctx context.Context, id string, now time.Time) (w Webhook, err error) {
	err = l.update(ctx, func(tx Tx) error {
		n, err := readNotice(tx, id)
		if err != nil {
			return err
		}
		w = Webhook{ID: webhookID(n.Event.Case, n.Event.Seq), App: n.Case.Flow.App.Name, Kind: n.Kind, Since: now.UTC()}
		return putWebhook(tx, w, now)
	})
	if err != nil {
		return Webhook{}, fmt.Errorf("sending again: %w", err)
	}
	return w, nil
}

// ReplayFailed has the notices sent again that were given up: those of this app,
// or of all if it is empty. It says how many.
func (l *Ledger) ReplayFailed(ctx context.Context, app string, now time.Time) (replayed int, err error) {
	err = l.update(ctx, func(tx Tx) error {
		replayed = 0
		all, _, err := readWebhooks(tx)
		if err != nil {
			return err
		}
		for _, w := range all {
			if w.Failed.IsZero() || app != "" && w.App != app {
				continue
			}
			replayed++
			if err := putWebhook(tx, Webhook{ID: w.ID, App: w.App, Kind: w.Kind, Since: now.UTC()}, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("sending the failed notices again: %w", err)
	}
	return replayed, nil
}

// reclaimWebhooks gives back what a process that is no more was sending.
func reclaimWebhooks(tx Tx, now time.Time) error {
	all, _, err := readWebhooks(tx) // whoever takes a damaged one says so
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.Failed.IsZero() {
			if err := webhookQueue.put(tx, w.ID, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkWebhooks looks for notices of what no app was to be told, and for those
// that nobody would send.
func (r *Report) checkWebhooks(tx Tx) error {
	all, unread, err := readWebhooks(tx)
	for _, problem := range unread {
		r.problem("%v: it isn't sent", problem)
	}
	for _, w := range all {
		n, err := readNotice(tx, w.ID)
		at, queueErr := webhookQueue.at(tx, w.ID)
		switch {
		case errors.Is(err, ErrNotFound) || err == nil && n.Case.Flow.App.Name != w.App:
			r.problem("the notice %s to the app %s is of nothing that it was to be told", w.ID, w.App)
		case err == nil && w.Kind != "" && w.Kind != n.Kind:
			r.problem("the notice %s to the app %s says that it is %s, and is %s", w.ID, w.App, w.Kind, n.Kind)
		case err != nil && !damaged(err):
			return err
		case queueErr != nil:
			return queueErr
		case at.IsZero():
			r.problem("the notice %s to the app %s is never sent", w.ID, w.App)
		}
	}
	return err
}
