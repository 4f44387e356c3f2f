package store

import (
	"encoding/json"
	"fmt"

	"github.com/understudyhq/understudy/flows/approval"
)

// snapshot is a case as it is now, and the hash of its last event.
type snapshot struct {
	Head string
	Case approval.Case
}

// storedSnapshot is a snapshot on disk. Sum is the hash of Head and the case's
// text: a snapshot decides who may approve, so a flipped bit must be noticed.
type storedSnapshot struct {
	Head string          `json:"head"`
	Sum  string          `json:"sum"`
	Case json.RawMessage `json:"case"`
}

func writeSnapshot(tx Tx, s snapshot) error {
	text, err := json.Marshal(s.Case)
	if err != nil {
		return fmt.Errorf("writing case %s: %w", s.Case.ID, err)
	}
	return put(tx, caseKey(s.Case.ID), storedSnapshot{s.Head, chainHash(s.Head, text), text})
}

func readSnapshot(tx Tx, id string) (s snapshot, found bool, err error) {
	value, err := tx.Get(caseKey(id))
	if err != nil {
		return s, false, fmt.Errorf("reading case %s: %w", id, err)
	}
	if value == nil {
		return s, false, nil
	}
	s, err = parseSnapshot(caseKey(id), value)
	return s, err == nil, err
}

func parseSnapshot(key string, value []byte) (snapshot, error) {
	var stored storedSnapshot
	if err := json.Unmarshal(value, &stored); err != nil {
		return snapshot{}, fmt.Errorf("reading %s: %w: %w", key, ErrCorrupt, err)
	}
	if stored.Sum != chainHash(stored.Head, stored.Case) {
		return snapshot{}, fmt.Errorf("%s was changed after it was written: %w", key, ErrCorrupt)
	}
	s := snapshot{Head: stored.Head}
	if err := json.Unmarshal(stored.Case, &s.Case); err != nil {
		return snapshot{}, fmt.Errorf("reading %s: %w: %w", key, ErrCorrupt, err)
	}
	return s, nil
}
