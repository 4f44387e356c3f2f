package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/understudyhq/understudy/flows/approval"
)

// Flow is a provisioned flow: a Go flow with what it needs to run. Every
// version is kept, because cases name theirs.
type Flow struct {
	ID             string            `json:"id"` // a UUID, for the flow's life
	Name           string            `json:"name"`
	Version        int               `json:"version"`                  // from 1
	Fingerprint    string            `json:"fingerprint"`              // of the rule's source
	Implementation string            `json:"implementation,omitempty"` // the Go flow's name; empty if it is the flow's own
	Command        string            `json:"command,omitempty"`        // that opens its form; empty for the bot's own
	Params         map[string]string `json:"params,omitempty"`
	Durations      []time.Duration   `json:"durations"`                  // offered to requesters
	Default        time.Duration     `json:"default_duration,omitempty"` // the preselected one; zero is the first
	Requesters     []string          `json:"requesters,omitempty"`       // groups whose members may ask; none is everybody
	Policy         approval.Policy   `json:"policy"`
	App            *approval.App     `json:"app,omitempty"` // that its grants open; nil is none
	Labels         map[string]string `json:"labels,omitempty"`
	// Origin is where it is provisioned from: a file, or over HTTP. By is who
	// made this version, and Since when.
	Origin Origin    `json:"origin,omitempty"`
	By     string    `json:"by,omitempty"`
	Since  time.Time `json:"since"`
	// Deleted says that this version is the end of the flow.
	Deleted bool `json:"deleted,omitempty"`
	// Sum is the hash of all the others. A case pins it, so that its chain of
	// events holds the flow's parameters too.
	Sum string `json:"sum,omitempty"`
}

// Origin is where a flow is provisioned from.
type Origin string

// The origins of flows. What comes from one isn't changed by the other.
const (
	FromFile Origin = ""
	FromAPI  Origin = "api"
)

// Pin is what a case keeps of the flow.
func (f Flow) Pin() approval.FlowVersion {
	return approval.FlowVersion{
		ID: f.ID, Name: f.Name, Version: f.Version, Implementation: f.Implementation, Fingerprint: f.Fingerprint,
		Policy: f.Policy, Durations: f.Durations, App: f.App, Sum: f.Sum,
	}
}

// Rules is the name of the Go flow that it runs.
func (f Flow) Rules() string { return cmp.Or(f.Implementation, f.Name) }

// Preselected is the duration that the form shows picked.
func (f Flow) Preselected() time.Duration {
	if f.Default == 0 && len(f.Durations) > 0 {
		return f.Durations[0]
	}
	return f.Default
}

// same says whether a version that is g would be no other than f: whoever makes
// it, and when. It compares what a sum does, so that no field is forgotten.
func (f Flow) same(g Flow) (bool, error) {
	g.ID, g.Version, g.By, g.Since, g.Deleted = f.ID, f.Version, f.By, f.Since, f.Deleted
	is, err := f.sum()
	would, otherErr := g.sum()
	return is == would, errors.Join(err, otherErr)
}

// AnyVersion is the base of a change that is made whatever there is now.
const AnyVersion = -1

// FlowConflictError says that a flow isn't of the version that a change was
// made from.
type FlowConflictError struct {
	Now Flow // as it is; its version is 0 if there is none
}

func (e *FlowConflictError) Error() string {
	if e.Now.Version == 0 {
		return "there is no such flow any more"
	}
	return fmt.Sprintf("the flow %s has version %d now", e.Now.Name, e.Now.Version)
}

// Provision makes the flow of this name what f says. Its id, version and time
// are the store's: a version is added if anything differs from the newest. Base
// is the version that f changes, 0 if it is to be new, or AnyVersion; a
// *[FlowConflictError] says that it is another one.
func (l *Ledger) Provision(ctx context.Context, f Flow, base int, now time.Time) (Flow, error) {
	id := uuid.NewString()
	var result Flow
	err := l.update(ctx, func(tx Tx) error {
		newest := Flow{ID: id}
		found, err := get(tx, flowKey(f.Name), &newest)
		if err != nil {
			return err
		}
		if base != AnyVersion && base != newest.Version {
			return &FlowConflictError{newest}
		}
		if found {
			if same, err := newest.same(f); err != nil || same {
				result = newest
				return err
			}
		}
		result = f
		result.ID, result.Version, result.Since = newest.ID, newest.Version+1, now.UTC()
		if result, err = putVersion(tx, result); err != nil {
			return err
		}
		return put(tx, flowKey(f.Name), result)
	})
	if err != nil {
		return Flow{}, fmt.Errorf("provisioning the flow %s: %w", f.Name, err)
	}
	return result, nil
}

func putVersion(tx Tx, f Flow) (Flow, error) {
	var err error
	if f.Sum, err = f.sum(); err != nil {
		return f, err
	}
	return f, put(tx, flowVersionKey(f.ID, f.Version), f)
}

// FlowVersion is the flow that a case pins. It is ErrNotFound if it isn't there,
// and ErrCorrupt if it isn't as it was then.
func (l *Ledger) FlowVersion(ctx context.Context, pin approval.FlowVersion) (f Flow, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		f, err = pinned(tx, pin)
		return err
	})
	return f, err
}

func readVersion(tx Tx, id string, version int) (f Flow, err error) {
	key := flowVersionKey(id, version)
	found, err := get(tx, key, &f)
	switch {
	case err != nil:
		return Flow{}, err
	case !found:
		return Flow{}, fmt.Errorf("version %d of flow %s: %w", version, id, ErrNotFound)
	}
	return f, f.verify(key)
}

// verify says whether the flow is as it was provisioned.
func (f Flow) verify(key string) error {
	sum, err := f.sum()
	if err == nil && sum != f.Sum {
		err = fmt.Errorf("%s was changed after it was written: %w", key, ErrCorrupt)
	}
	return err
}

func (f Flow) sum() (string, error) {
	f.Sum = ""
	text, err := json.Marshal(f)
	return chainHash("", text), err
}

// pinned is the flow's version that is pinned, if it still is what it was.
func pinned(tx Tx, pin approval.FlowVersion) (Flow, error) {
	f, err := readVersion(tx, pin.ID, pin.Version)
	if err == nil && f.Sum != pin.Sum {
		err = fmt.Errorf("version %d of flow %s isn't what it was when it was pinned: %w", pin.Version, pin.ID, ErrCorrupt)
	}
	return f, err
}

// Flows are the newest versions of all provisioned flows, by name.
func (l *Ledger) Flows(ctx context.Context) (found []Flow, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		found = nil
		for entry, err := range under(tx, "flow/") {
			if err != nil {
				return fmt.Errorf("listing flows: %w", err)
			}
			f, err := parseFlow(entry)
			if err != nil {
				return err
			}
			found = append(found, f)
		}
		return nil
	})
	return found, err
}

func parseFlow(entry Entry) (f Flow, err error) {
	if err := json.Unmarshal(entry.Value, &f); err != nil {
		return Flow{}, fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
	}
	return f, f.verify(entry.Key)
}

// checkFlows checks every version of every flow.
func (r *Report) checkFlows(tx Tx) error {
	for _, prefix := range []string{"flow/", "flow-version/"} {
		for entry, err := range under(tx, prefix) {
			if err != nil {
				return fmt.Errorf("checking the store: %w", err)
			}
			f, err := parseFlow(entry)
			if err == nil && prefix == "flow/" {
				_, err = pinned(tx, f.Pin())
			}
			if err != nil {
				r.problem("%v", err)
			}
		}
	}
	return nil
}
