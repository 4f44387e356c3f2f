package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/flows"
)

// Help says what a file of requests may have.
func (simulateCommand) Help() string {
	return "A CSV file has the columns account and requester, and may have time (2026-11-24T09:00:00Z), in_group, not_in_group, on_call and not_on_call " +
		"(several separated by semicolons). Each further column is a field of the account, as with --set. An empty cell says nothing. What the flags say holds for every row."
}

// runAll asks the flow about every row of the file.
func (s *simulateCommand) runAll(ctx context.Context, flow asked, facts flows.Facts, directory accounts.Directory, stdout io.Writer) error {
	if s.Account != "" || s.Requester != "" {
		return errors.New("--csv has the accounts and requesters: leave out --account and --requester")
	}
	data, err := os.ReadFile(s.CSV)
	if err != nil {
		return fmt.Errorf("--csv: %w", err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // as spreadsheets write
	counts := map[flows.Result]int{}
	var lacks error
	for row, err := range requestsOf(bytes.NewReader(data), facts) {
		if err != nil {
			return fmt.Errorf("--csv, the file %s: %w", s.CSV, err)
		}
		one, err := simulate(ctx, flow, row, directory)
		if err != nil {
			return err
		}
		counts[one.Outcome.Result]++
		lacks = cmp.Or(lacks, flow.lacks(one.Facts, one.Outcome))
		if s.JSON {
			err = one.print(stdout, true)
		} else {
			_, err = fmt.Fprintf(stdout, "%s\t%s\t%s\n", one.Account, one.Requester, one.Explain)
		}
		if err != nil {
			return err
		}
	}
	if !s.JSON {
		fmt.Fprintln(stdout, tally(counts))
	}
	if lacks != nil {
		return lacks
	}
	if n := counts[flows.NeedsFact]; n > 0 {
		return fmt.Errorf("%d requests need facts that aren't given: each says which", n)
	}
	return nil
}

// tally is such as "3 requests: 1 approved, 2 asked".
func tally(counts map[flows.Result]int) string {
	all := 0
	var parts []string
	for _, result := range slices.Sorted(maps.Keys(counts)) {
		all += counts[result]
		word := string(result)
		if result == flows.NeedsFact {
			word = "without a fact"
		}
		parts = append(parts, fmt.Sprintf("%d %s", counts[result], word))
	}
	return fmt.Sprintf("%d requests: %s", all, strings.Join(parts, ", "))
}

// requestsOf are the rows of a file, each with what is known of all of them.
func requestsOf(data io.Reader, known flows.Facts) func(yield func(simulation, error) bool) {
	return func(yield func(simulation, error) bool) {
		reader := csv.NewReader(data)
		header, err := reader.Read()
		if err == nil {
			err = checkHeader(header)
		}
		if err != nil {
			yield(simulation{}, err)
			return
		}
		for {
			cells, err := reader.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			one := simulation{Facts: known}
			if err == nil {
				err = one.read(header, cells)
			}
			if err != nil {
				line, _ := reader.FieldPos(0)
				yield(one, fmt.Errorf("line %d: %w", line, err))
				return
			}
			if !yield(one, nil) {
				return
			}
		}
	}
}

func checkHeader(header []string) error {
	for _, column := range []string{"account", "requester"} {
		if !slices.Contains(header, column) {
			return fmt.Errorf("the column %s is missing: its first line names the columns, such as account,requester", column)
		}
	}
	return nil
}

// read takes what the cells of a row say.
func (s *simulation) read(header, cells []string) error {
	// A row changes what is known of itself alone.
	s.Facts.Groups, s.Facts.OnCall = maps.Clone(s.Facts.Groups), maps.Clone(s.Facts.OnCall)
	fields := map[string]any{}
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		var err error
		switch header[i] {
		case "account":
			s.Account = cell
		case "requester":
			s.Requester = cell
		case "time":
			s.Facts.Time, err = time.Parse(time.RFC3339, cell)
		case "in_group":
			maps.Copy(s.Facts.Groups, memberships(strings.Split(cell, ";"), nil))
		case "not_in_group":
			maps.Copy(s.Facts.Groups, memberships(nil, strings.Split(cell, ";")))
		case "on_call":
			maps.Copy(s.Facts.OnCall, memberships(strings.Split(cell, ";"), nil))
		case "not_on_call":
			maps.Copy(s.Facts.OnCall, memberships(nil, strings.Split(cell, ";")))
		default:
			err = setField(fields, header[i], cell)
		}
		if err != nil {
			return fmt.Errorf("the column %s: %w", header[i], err)
		}
	}
	if len(fields) > 0 {
		maps.Copy(fields, s.Facts.Fields)
		s.Facts.Fields = fields
	}
	return nil
}
