package socket

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxAnswer is how much an ack's payload may hold, in bytes.
const maxAnswer = 20_000

// frame is what Slack sends over a socket: a greeting, a farewell or an
// envelope.
type frame struct {
	Type            string          `json:"type"`
	Reason          string          `json:"reason"`          // of a disconnect
	NumConnections  int             `json:"num_connections"` // of a hello
	EnvelopeID      string          `json:"envelope_id"`
	AcceptsResponse bool            `json:"accepts_response_payload"`
	Payload         json.RawMessage `json:"payload"`
}

// The errors of a frame say nothing of its content.
var (
	errNoJSON = errors.New("the frame isn't a JSON object of the known shape")
	errNoType = errors.New("the frame has no type")
)

func parseFrame(data []byte) (frame, error) {
	var f frame
	if json.Unmarshal(data, &f) != nil {
		return frame{}, errNoJSON
	}
	if f.Type == "" {
		return frame{}, errNoType
	}
	return f, nil
}

func (f frame) envelope() Envelope {
	return Envelope{ID: f.EnvelopeID, Type: f.Type, AcceptsResponse: f.AcceptsResponse, Payload: f.Payload}
}

type ack struct {
	EnvelopeID string          `json:"envelope_id"`
	Payload    json.RawMessage `json:"payload,omitempty"`
}

// errTooLong comes with a bare ack: what was asked for has been done, only
// the answer can't be told.
var errTooLong = errors.New("the answer is longer than Slack takes")

// ackFor encodes the ack. With errTooLong the ack is bare and good to send;
// with any other error there is none.
func ackFor(e Envelope, response any) ([]byte, error) {
	a := ack{EnvelopeID: e.ID}
	var long error
	if response != nil {
		payload, err := json.Marshal(response)
		if err != nil {
			return nil, fmt.Errorf("encoding the answer: %w", err)
		}
		if len(payload) > maxAnswer {
			long = errTooLong
		} else {
			a.Payload = payload
		}
	}
	data, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encoding the ack: %w", err)
	}
	return data, long
}
