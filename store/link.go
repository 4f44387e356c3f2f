package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Link lets the requester of a case into the app, once. Its code is in a URL for
// a moment, and only the code's hash is kept. A case has one link at a time.
type Link struct {
	Case  string    `json:"case"`
	Email string    `json:"email"` // of the requester: whom the app must have signed in
	Until time.Time `json:"until"`
}

// The reasons why a link opens nothing. Each leaves it used up, but ErrNotFound.
var (
	ErrLinkOver   = errors.New("the link's time is over")
	ErrLinkMisuse = errors.New("the link isn't for this app or person")
)

// AddLink keeps a link by the hash of its code, in the place of the case's
// earlier one. It is ErrRepeated, and that link stays, if once was handled before,
// as in a [Change]; nil if that link is this one, and can be used.
func (l *Ledger) AddLink(ctx context.Context, hash string, link Link, once string, now time.Time) error {
	err := l.engine.Update(ctx, func(tx Tx) error {
		if err := first(tx, once, now); err != nil {
			return unlessThere(tx, hash, link, now, err)
		}
		if err := dropLink(tx, link.Case); err != nil {
			return err
		}
		if err := put(tx, linkOfKey(link.Case), hash); err != nil {
			return err
		}
		return put(tx, linkKey(hash), link)
	})
	if err != nil {
		return fmt.Errorf("keeping a link of case %s: %w", link.Case, err)
	}
	return nil
}

// unlessThere is err, or nil if the case has this link, for the same person and to be
// used yet.
func unlessThere(tx Tx, hash string, link Link, now time.Time, err error) error {
	var there Link
	found, missed := get(tx, linkKey(hash), &there)
	if missed != nil || !found || there.Case != link.Case || there.Email != link.Email || !now.Before(there.Until) {
		return errors.Join(err, missed)
	}
	return nil
}

// Redemption is a link's code that came back from an app; or a case that was
// asked in the app itself, where its person waits, and needs no link.
type Redemption struct {
	Hash    string // of the code
	Case    string // instead of it
	App     string // that has it
	Email   string // of whom the app has signed in
	Session string // what the opening is to be called
	// SignedIn is when and how they signed in, as far as the app tells it.
	SignedIn approval.SignedIn
}

// Redeem uses a link up, and opens its case's grant if it came from its app and
// its person. The error is ErrNotFound for a code that isn't a link's, or not
// any more; ErrLinkOver or ErrLinkMisuse; or a *[approval.Rejection]. One of
// [approval.StaleSignIn] leaves the link to be used once they have signed in anew.
func (l *Ledger) Redeem(ctx context.Context, r Redemption, now time.Time) (Result, error) {
	var result Result
	var refused error
	err := l.update(ctx, func(tx Tx) (err error) {
		result, refused, err = redeem(tx, r, now)
		return err
	})
	return result, errors.Join(err, refused)
}

// redeemCase opens the grant of a case for the app and the person that asked for it.
func redeemCase(tx Tx, r Redemption, now time.Time) (result Result, refused, err error) {
	before, found, err := readSnapshot(tx, r.Case)
	c := before.Case
	switch {
	case err != nil:
		return result, nil, err
	case !found || c.AskedIn == "" || c.AskedIn != r.App || c.Requester.Email == "" || !approval.SameEmail(c.Requester.Email, r.Email):
		return result, fmt.Errorf("case %s: %w", r.Case, ErrNotFound), nil
	}
	result, err = decide(tx, before, approval.Open{By: c.Requester, Session: r.Session, SignedIn: r.SignedIn}, "", now)
	if rejection, ok := errors.AsType[*approval.Rejection](err); ok {
		return result, rejection, nil
	}
	return result, nil, err
}

// redeem distinguishes what is committed although it is refused: a link that was
// used up.
func redeem(tx Tx, r Redemption, now time.Time) (result Result, refused, err error) {
	if r.Case != "" {
		return redeemCase(tx, r, now)
	}
	var link Link
	if found, err := get(tx, linkKey(r.Hash), &link); err != nil || !found {
		return result, fmt.Errorf("the link: %w", ErrNotFound), err
	}
	result, refused, err = useLink(tx, link, r, now)
	if err == nil && !stale(refused) {
		err = dropLink(tx, link.Case)
	}
	return result, refused, err
}

// stale says whether only a sign-in that isn't fresh is in the way.
func stale(refused error) bool {
	rejection, ok := errors.AsType[*approval.Rejection](refused)
	return ok && rejection.Kind == approval.StaleSignIn
}

// useLink does what the link is for, if it came from whom it was made for.
func useLink(tx Tx, link Link, r Redemption, now time.Time) (result Result, refused, err error) {
	before, found, err := readSnapshot(tx, link.Case)
	switch {
	case err != nil:
		return result, nil, err
	case !found:
		return result, fmt.Errorf("case %s: %w", link.Case, ErrNotFound), nil
	case !now.Before(link.Until):
		return Result{Case: before.Case}, ErrLinkOver, nil
	}
	var command approval.Command = approval.Open{By: before.Case.Requester, Session: r.Session, SignedIn: r.SignedIn}
	if app := before.Case.Flow.App; app == nil || app.Name != r.App || !approval.SameEmail(link.Email, r.Email) || link.Email == "" {
		command, refused = approval.Misuse{App: r.App, Email: r.Email}, ErrLinkMisuse
	}
	result, err = decide(tx, before, command, "", now)
	if rejection, ok := errors.AsType[*approval.Rejection](err); ok {
		return result, errors.Join(refused, rejection), nil
	}
	return result, refused, err
}

// dropLink forgets the case's link, if it has one.
func dropLink(tx Tx, id string) error {
	var hash string
	found, err := get(tx, linkOfKey(id), &hash)
	if err != nil || !found {
		return err
	}
	if err := tx.Delete(linkKey(hash)); err != nil {
		return err
	}
	return tx.Delete(linkOfKey(id))
}

// checkLinks looks for links that no case has as its own, and for cases whose
// link isn't there.
func (r *Report) checkLinks(tx Tx) error {
	links := map[string]string{}
	for entry, err := range under(tx, "link/") {
		var link Link
		if err == nil {
			err = json.Unmarshal(entry.Value, &link)
		}
		if err != nil {
			return fmt.Errorf("checking %s: %w", entry.Key, err)
		}
		links[lastPart(entry.Key)] = link.Case
	}
	for entry, err := range under(tx, "link-of/") {
		var hash string
		if err == nil {
			err = json.Unmarshal(entry.Value, &hash)
		}
		if err != nil {
			return fmt.Errorf("checking %s: %w", entry.Key, err)
		}
		if links[hash] != lastPart(entry.Key) {
			r.problem("%s names a link that isn't there", entry.Key)
		}
		delete(links, hash)
	}
	for _, id := range links {
		r.problem("a link of the case %s isn't the one that the case has", id)
	}
	return nil
}
