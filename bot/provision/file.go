package provision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

const exampleFile = `{"flows":[{"name":"impersonation","params":{"manager_schedule":"PMGRS01"},"durations":["15m","1h"]}]}`

// ReadFile reads a file of provisioned flows and checks it against the rules
// that the program has. The error names every problem at once.
func ReadFile(data []byte, rules map[string]flows.Flow) ([]store.Flow, error) {
	records, err := ReadRecords(data)
	if err != nil {
		return nil, err
	}
	var problems []error
	var read []store.Flow
	for i, record := range records {
		flow, found := record.Flow(rules)
		if slices.ContainsFunc(read, func(f store.Flow) bool { return f.Name == flow.Name }) {
			found = append(found, problem("name", "there is another one of this name"))
		}
		for _, problem := range found {
			problems = append(problems, fmt.Errorf("flow %d (%q): %w", i+1, record.Name, problem))
		}
		read = append(read, flow)
	}
	return read, errors.Join(problems...)
}

// ReadRecords reads a file of flows, or of one flow, without checking what they
// say.
func ReadRecords(data []byte) ([]Record, error) {
	var file struct {
		Flows []Record `json:"flows"`
	}
	var one struct {
		Flows *json.RawMessage `json:"flows"`
	}
	if json.Unmarshal(data, &one) == nil && one.Flows == nil {
		var record Record
		if err := ReadStrictly(data, &record); err != nil || record.Name == "" {
			return nil, fmt.Errorf("it isn't a file of flows, such as %s: %w", exampleFile, errors.Join(err, errNameless(record)))
		}
		return []Record{record}, nil
	}
	if err := ReadStrictly(data, &file); err != nil {
		return nil, fmt.Errorf("it isn't a file of flows, such as %s: %w", exampleFile, err)
	}
	if len(file.Flows) == 0 {
		return nil, fmt.Errorf("it has no flow; write %s", exampleFile)
	}
	return file.Flows, nil
}

func errNameless(r Record) error {
	if r.Name == "" {
		return errors.New("it has no name")
	}
	return nil
}

// ReadStrictly reads one JSON value that has no field that isn't known.
func ReadStrictly(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the first value")
	}
	return nil
}
