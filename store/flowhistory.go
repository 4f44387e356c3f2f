package store

import (
	"context"
	"fmt"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// Flow is the newest version of the provisioned flow of this name, or
// ErrNotFound.
func (l *Ledger) Flow(ctx context.Context, name string) (f Flow, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		f, err = readFlow(tx, name)
		return err
	})
	return f, err
}

func readFlow(tx Tx, name string) (f Flow, err error) {
	key := flowKey(name)
	found, err := get(tx, key, &f)
	switch {
	case err != nil:
		return Flow{}, err
	case !found:
		return Flow{}, fmt.Errorf("the flow %q: %w", name, ErrNotFound)
	}
	return f, f.verify(key)
}

// FlowVersions are all versions of the flow of this id, the first one first.
// They are kept for ever, those of a deleted flow too.
func (l *Ledger) FlowVersions(ctx context.Context, id string) (versions []Flow, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		versions = nil
		for entry, err := range under(tx, "flow-version/"+part(id)+"/") {
			if err != nil {
				return fmt.Errorf("listing the versions of flow %s: %w", id, err)
			}
			f, err := parseFlow(entry)
			if err != nil {
				return err
			}
			versions = append(versions, f)
		}
		return nil
	})
	if err == nil && len(versions) == 0 {
		err = fmt.Errorf("flow %s: %w", id, ErrNotFound)
	}
	return versions, err
}

// OpenCasesError says how many cases of a flow aren't over.
type OpenCasesError struct{ Cases int }

func (e *OpenCasesError) Error() string {
	if e.Cases == 1 {
		return "a case of it isn't over"
	}
	return fmt.Sprintf("%d of its cases aren't over", e.Cases)
}

// DeleteFlow ends the flow of this name: nobody can ask by it any more. Its
// cases go on as they began. While some aren't over, it is an
// *[OpenCasesError] unless they were thought of. Base is as in Provision.
func (l *Ledger) DeleteFlow(ctx context.Context, name string, base int, by string, thoughtOf bool, now time.Time) error {
	err := l.update(ctx, func(tx Tx) error {
		f, err := readFlow(tx, name)
		if err != nil {
			return err
		}
		if base != AnyVersion && base != f.Version {
			return &FlowConflictError{f}
		}
		if !thoughtOf {
			switch open, err := openOf(tx, f.ID); {
			case err != nil:
				return err
			case open > 0:
				return &OpenCasesError{open}
			}
		}
		f.Version, f.By, f.Since, f.Deleted = f.Version+1, by, now.UTC(), true
		if _, err := putVersion(tx, f); err != nil {
			return err
		}
		return tx.Delete(flowKey(name))
	})
	if err != nil {
		return fmt.Errorf("deleting the flow %s: %w", name, err)
	}
	return nil
}

// openOf counts the flow's cases that aren't over.
func openOf(tx Tx, id string) (open int, err error) {
	err = eachLive(tx, func(c approval.Case) error {
		if c.Flow.ID == id {
			open++
		}
		return nil
	})
	return open, err
}
