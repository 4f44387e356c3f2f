package approval

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Type is the event's name in the log.
func (e Event) Type() string { return e.Body.eventType() }

type storedEvent struct {
	Case string          `json:"case"`
	Seq  int             `json:"seq"`
	At   time.Time       `json:"at"`
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
}

// MarshalJSON writes the event as the log keeps it.
func (e Event) MarshalJSON() ([]byte, error) {
	if e.Body == nil {
		return nil, fmt.Errorf("writing event %s/%d: it has no body", e.Case, e.Seq)
	}
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("writing event %s/%d: %w", e.Case, e.Seq, err)
	}
	return json.Marshal(storedEvent{e.Case, e.Seq, e.At, e.Type(), body})
}

// UnmarshalJSON reads an event as the log keeps it. A type that this version
// doesn't know is an error: a case with an unknown past allows nothing.
func (e *Event) UnmarshalJSON(data []byte) error {
	var stored storedEvent
	if err := json.Unmarshal(data, &stored); err != nil {
		return err
	}
	body, err := decodeBody(stored.Type, stored.Body)
	if err != nil {
		return fmt.Errorf("event %s/%d (%q): %w", stored.Case, stored.Seq, stored.Type, err)
	}
	*e = Event{stored.Case, stored.Seq, stored.At, body}
	return nil
}

func decodeBody(kind string, data []byte) (Body, error) {
	switch kind {
	case "submitted":
		return decode[Submitted](data)
	case "delayed":
		return decode[Delayed](data)
	case "allowed":
		return decode[Allowed](data)
	case "rejected":
		return decode[Rejected](data)
	case "refused":
		return decode[RefusedCase](data)
	case "asked":
		return decode[Asked](data)
	case "rerouted":
		return decode[Rerouted](data)
	case "escalated":
		return decode[Escalated](data)
	case "shift_changed":
		return decode[ShiftChanged](data)
	case "missed":
		return decode[Missed](data)
	case "claimed":
		return decode[Claimed](data)
	case "unclaimed":
		return decode[Unclaimed](data)
	case "reminded":
		return decode[Reminded](data)
	case "nudged":
		return decode[Nudged](data)
	case "approved":
		return decode[ApprovedCase](data)
	case "granted":
		return decode[Granted](data)
	case "denied":
		return decode[DeniedCase](data)
	case "cancelled":
		return decode[CancelledCase](data)
	case "timed_out":
		return decode[TimedOutCase](data)
	case "warned":
		return decode[Warned](data)
	case "extended":
		return decode[Extended](data)
	case "merged":
		return decode[MergedGrant](data)
	case "opened":
		return decode[Opened](data)
	case "misused":
		return decode[Misused](data)
	case "acted":
		return decode[Acted](data)
	case "grant_ended":
		return decode[GrantEnded](data)
	}
	return nil, errors.New("this version doesn't know such an event")
}

func decode[B Body](data []byte) (Body, error) {
	if len(data) == 0 || string(data) == "null" {
		return nil, errors.New("it has no body")
	}
	var body B
	err := json.Unmarshal(data, &body)
	return body, err
}
