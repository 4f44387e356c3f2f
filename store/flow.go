package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/understudyhq/understudy/flows/approval"
)

// Flow is a provisioned flow: a Go flow with what it needs to run. Every
// version is kept, because cases name theirs.
type Flow struct {
	ID          string            `json:"id"` // a UUID, for the flow's life
	Name        string            `json:"name"`
	Version     int               `json:"version"`     // from 1
	Fingerprint string            `json:"fingerprint"` // of the rule's source
	Params      map[string]string `json:"params,omitempty"`
	Durations   []time.Duration   `json:"durations"` // offered to requesters
	Policy      approval.Policy   `json:"policy"`
	Since       time.Time         `json:"since"` // when this version was provisioned
}

// Pin is what a case keeps of the flow.
func (f Flow) Pin() approval.FlowVersion {
	return approval.FlowVersion{ID: f.ID, Name: f.Name, Version: f.Version, Fingerprint: f.Fingerprint, Policy: f.Policy, Durations: f.Durations}
}

func (f Flow) same(g Flow) bool {
	return f.Fingerprint == g.Fingerprint && maps.Equal(f.Params, g.Params) && slices.Equal(f.Durations, g.Durations) &&
		f.Policy.Timeout == g.Policy.Timeout && f.Policy.Warn == g.Policy.Warn && slices.Equal(f.Policy.Remind, g.Policy.Remind) &&
		f.Policy.DenyReason == g.Policy.DenyReason
}

// Provision makes the flow of this name what f says. Its id, version and time
// are the store's: a version is added if anything differs from the newest.
func (l *Ledger) Provision(ctx context.Context, f Flow, now time.Time) (Flow, error) {
	id := uuid.NewString()
	var result Flow
	err := l.update(ctx, func(tx Tx) error {
		newest := Flow{ID: id}
		found, err := get(tx, flowKey(f.Name), &newest)
		if err != nil {
			return err
		}
		if found && newest.same(f) {
			result = newest
			return nil
		}
		result = f
		result.ID, result.Version, result.Since = newest.ID, newest.Version+1, now.UTC()
		if err := put(tx, flowVersionKey(result.ID, result.Version), result); err != nil {
			return err
		}
		return put(tx, flowKey(f.Name), result)
	})
	if err != nil {
		return Flow{}, fmt.Errorf("provisioning the flow %s: %w", f.Name, err)
	}
	return result, nil
}

// FlowVersion is the flow as it was in this version, or ErrNotFound.
func (l *Ledger) FlowVersion(ctx context.Context, id string, version int) (f Flow, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		f = Flow{}
		found, err := get(tx, flowVersionKey(id, version), &f)
		if err == nil && !found {
			err = fmt.Errorf("version %d of flow %s: %w", version, id, ErrNotFound)
		}
		return err
	})
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
			var f Flow
			if err := json.Unmarshal(entry.Value, &f); err != nil {
				return fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
			}
			found = append(found, f)
		}
		return nil
	})
	return found, err
}
