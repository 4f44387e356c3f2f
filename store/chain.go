package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/understudyhq/understudy/flows/approval"
)

// link is an event as it is stored. Hash is that of Prev and the event's text.
type link struct {
	Prev  string          `json:"prev"`
	Hash  string          `json:"hash"`
	Event json.RawMessage `json:"event"`
}

func newLink(prev string, e approval.Event) (link, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return link{}, err
	}
	return link{prev, chainHash(prev, text), text}, nil
}

func chainHash(prev string, text []byte) string {
	h := sha256.New()
	h.Write([]byte(prev))
	h.Write([]byte{'\n'})
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// follow checks that the link continues the chain, and reads its event.
func (k link) follow(prev, id string, seq int) (approval.Event, error) {
	var e approval.Event
	if k.Prev != prev || k.Hash != chainHash(prev, k.Event) {
		return e, fmt.Errorf("event %d of case %s was changed after it was written: %w", seq, id, ErrCorrupt)
	}
	if err := json.Unmarshal(k.Event, &e); err != nil {
		return e, fmt.Errorf("event %d of case %s: %w: %w", seq, id, ErrCorrupt, err)
	}
	if e.Case != id || e.Seq != seq {
		return e, fmt.Errorf("event %d of case %s is missing: %w", seq, id, ErrCorrupt)
	}
	return e, nil
}

// readEvents reads the case's events from the first, checking the chain.
func readEvents(tx Tx, id string) (events []approval.Event, head string, err error) {
	for entry, err := range under(tx, "event/"+part(id)+"/") {
		if err != nil {
			return nil, "", fmt.Errorf("reading the events of case %s: %w", id, err)
		}
		var k link
		if err := json.Unmarshal(entry.Value, &k); err != nil {
			return nil, "", fmt.Errorf("reading %s: %w: %w", entry.Key, ErrCorrupt, err)
		}
		e, err := k.follow(head, id, len(events)+1)
		if err != nil {
			return nil, "", err
		}
		events, head = append(events, e), k.Hash
	}
	return events, head, nil
}
