package store

import (
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// A case that extends another's grant lives beside it: the other one holds the
// place of the requester's live case for the account, and has one extension at
// a time. Approved while the grant runs, the extension's time is added to it in
// the same transaction. Where the grant's time is over by then, the extension takes
// the place, and gives a grant of its own. A grant that is released or revoked
// takes its extension along.

// mayExtend says whether the case to extend allows it, and has no other
// extension yet.
func mayExtend(tx Tx, s approval.Submit, now time.Time) error {
	base, err := readCase(tx, s.Extends)
	if err != nil {
		return err
	}
	switch {
	case base.Requester.ID != s.Requester.ID || base.Account.ID != s.Account.ID:
		return &approval.Rejection{Kind: approval.NotTheRequester, Case: base}
	case base.Status != approval.Active:
		return &approval.Rejection{Kind: approval.NotActive, Case: base}
	case !base.Open(now):
		return &approval.Rejection{Kind: approval.TooLate, Case: base}
	case !base.ExtendableBy(s.Duration, s.Flow):
		return &approval.Rejection{Kind: approval.TooLong, Case: base}
	case base.Grant.Until.Sub(now) > base.AllowedFor():
		// Otherwise clicks on an old button, which rules may allow at once, would
		// pile up a grant of any length.
		return &approval.Rejection{Kind: approval.TooSoon, Case: base}
	}
	other, found, err := extensionOf(tx, base.ID)
	if err != nil || !found {
		return err
	}
	return &LiveCaseError{other.Case}
}

// extensionOf is the case, not over, that asks to extend this one.
func extensionOf(tx Tx, id string) (extension snapshot, found bool, err error) {
	var other string
	if found, err = get(tx, extensionKey(id), &other); err != nil || !found {
		return extension, false, err
	}
	return readSnapshot(tx, other)
}

// concern does what a change of one case means for the case that it extends, or
// for the one that extends it.
func concern(tx Tx, before approval.Case, r Result, now time.Time) (Result, error) {
	switch {
	case r.Case.Extends != "" && r.Case.Status == approval.Active && before.Status != approval.Active:
		return merge(tx, r, now)
	case r.Case.Status == approval.Ended && before.Status == approval.Active && r.Case.Grant.End == approval.Released:
		return dropExtension(tx, r, approval.Cancel{By: r.Case.Requester}, now)
	case r.Case.Status == approval.Ended && before.Status == approval.Active && r.Case.Grant.End == approval.Revoked:
		return dropExtension(tx, r, approval.Refuse{Why: "the access that it asks to extend was revoked"}, now)
	}
	return r, nil
}

// merge adds the new grant's time to the grant that it extends, if that still runs.
// Whoever approved it can call it back there.
func merge(tx Tx, r Result, now time.Time) (Result, error) {
	base, found, err := readSnapshot(tx, r.Case.Extends)
	if err != nil || !found || !base.Case.Open(now) {
		return r, err
	}
	until := base.Case.Grant.Until.Add(r.Case.Grant.Until.Sub(r.Case.Grant.From))
	approved := slices.DeleteFunc(slices.Clone(r.Case.Approvers), func(a approval.Approver) bool { return !r.Case.ApprovedBy(a.ID) })
	longer, err := decide(tx, base, approval.Extend{Until: until, By: r.Case.ID, Approvers: approved}, "", now)
	if err != nil {
		return r, err
	}
	own, _, err := readSnapshot(tx, r.Case.ID)
	if err != nil {
		return r, err
	}
	merged, err := decide(tx, own, approval.Merge{Into: base.Case.ID, Until: until}, "", now)
	return Result{merged.Case, append(append(r.Events, longer.Events...), merged.Events...)}, err
}

// dropExtension ends what was asked before the access was over: by a requester who
// now says to be done, or for access that somebody has called back since. Whoever
// approved it, or a rule, would give it again without knowing of that.
func dropExtension(tx Tx, r Result, command approval.Command, now time.Time) (Result, error) {
	extension, found, err := extensionOf(tx, r.Case.ID)
	if err != nil || !found {
		return r, err
	}
	dropped, err := decide(tx, extension, command, "", now)
	r.Events = append(r.Events, dropped.Events...)
	return r, err
}

// indexLive keeps the place of the requester's live case for the account, and
// that of the case's extension.
func indexLive(tx Tx, c approval.Case) error {
	if c.Extends != "" {
		if err := setOrDelete(tx, extensionKey(c.Extends), c.ID, !c.Status.Over()); err != nil {
			return err
		}
	}
	key := liveKey(c.Requester.ID, c.Account.ID)
	var holder string
	if _, err := get(tx, key, &holder); err != nil {
		return err
	}
	switch over := c.Status.Over(); {
	case !over && holder == "":
		return put(tx, key, c.ID)
	case over && holder == c.ID:
		next, found, err := extensionOf(tx, c.ID)
		if err != nil {
			return err
		}
		return setOrDelete(tx, key, next.Case.ID, found)
	}
	return nil
}

func setOrDelete(tx Tx, key, value string, set bool) error {
	if set {
		return put(tx, key, value)
	}
	return tx.Delete(key)
}
