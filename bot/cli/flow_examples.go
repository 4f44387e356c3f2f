package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/understudyhq/understudy/flows/table"
)

type examplesCommand struct {
	Files []string `arg:"" optional:"" type:"path" help:"The tables; examples.json, if none is named."`
	JSON  bool     `help:"Print a JSON object for each example."`
}

// Help says what a table is.
func (examplesCommand) Help() string {
	return `A table is a JSON file: {"flow":"impersonation","params":{"manager_schedule":"PMGRS01"},"examples":[` +
		`{"name":"free tier","given":{"fields":{"customer_plan":"free"}},"want":{"result":"approved","why":"free tier account"}}]}. ` +
		"What is given are fields, params, groups, on_call, past and time; what is wanted are result (approved, denied, asked or refused), why and route."
}

// tested is one example, as --json says it.
type tested struct {
	File    string `json:"file"`
	Name    string `json:"name"`
	Holds   bool   `json:"holds"`
	Problem string `json:"problem,omitempty"`
	Explain string `json:"explain"`
}

// Run checks every example, and fails if one isn't so.
func (e *examplesCommand) Run(p Program, stdout io.Writer) error {
	files := e.Files
	if len(files) == 0 {
		files = []string{"examples.json"}
	}
	all, wrong := 0, 0
	var problems []error
	for _, file := range files {
		results, err := p.test(file)
		if err != nil {
			problems = append(problems, fmt.Errorf("the table %s: %w", file, err))
		}
		for _, one := range results {
			all++
			if !one.Holds {
				wrong++
			}
			if err := one.print(stdout, e.JSON); err != nil {
				return err
			}
		}
	}
	if !e.JSON && all > 0 {
		fmt.Fprintf(stdout, "%d examples, %d wrong\n", all, wrong)
	}
	if wrong > 0 {
		problems = append(problems, fmt.Errorf("%d of %d examples aren't so", wrong, all))
	}
	return errors.Join(problems...)
}

// test checks the examples of one file.
func (p Program) test(file string) (results []tested, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	examples, err := table.Read(data)
	if err != nil {
		return nil, err
	}
	flow, err := p.flow(examples.Flow)
	if err != nil {
		return nil, err
	}
	for _, e := range examples.Examples {
		got, err := examples.Check(flow, e)
		one := tested{File: file, Name: e.Name, Holds: err == nil, Explain: got.Explain()}
		if err != nil {
			one.Problem = err.Error()
		}
		results = append(results, one)
	}
	return results, nil
}

func (t tested) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(t)
	}
	word := "ok   "
	if !t.Holds {
		word = "WRONG"
	}
	fmt.Fprintf(w, "%s %s: %s\n", word, t.Name, t.Explain)
	for line := range strings.Lines(t.Problem) {
		fmt.Fprintf(w, "      %s\n", strings.TrimSuffix(line, "\n"))
	}
	return nil
}
