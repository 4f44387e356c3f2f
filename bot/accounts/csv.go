package accounts

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// columnReader sets one part of an account from the text of a cell.
type columnReader func(a *Account, cell string) error

func csvRows(data []byte) rows {
	return func(yield func(row, error) bool) {
		reader := csv.NewReader(bytes.NewReader(data))
		reader.ReuseRecord = true
		columns, err := readHeader(reader)
		if err != nil {
			yield(row{line: 1}, err)
			return
		}
		for {
			cells, err := reader.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(csvProblem(err))
				return
			}
			line, _ := reader.FieldPos(0)
			account, err := readCells(columns, cells)
			if !yield(row{line, account}, err) {
				return
			}
		}
	}
}

func csvProblem(err error) (row, error) {
	parse, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return row{}, err
	}
	if errors.Is(parse.Err, csv.ErrFieldCount) {
		return row{line: parse.Line}, errors.New("the line has more or fewer cells than the header: one for each column, quoted if it has a comma")
	}
	return row{line: parse.Line}, fmt.Errorf("it isn't valid CSV: %w", parse.Err)
}

func readCells(columns []columnReader, cells []string) (Account, error) {
	var account Account
	for i, cell := range cells {
		if err := columns[i](&account, strings.TrimSpace(cell)); err != nil {
			return Account{}, fmt.Errorf("account %q: %w", account.ID, err)
		}
	}
	return account, nil
}

func readHeader(reader *csv.Reader) ([]columnReader, error) {
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the header is missing: begin with a line such as id,name,plan,assigned")
	}
	if err != nil {
		_, err := csvProblem(err)
		return nil, err
	}
	header = slices.Clone(header)
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
	}
	return columnsOf(header)
}

func columnsOf(header []string) ([]columnReader, error) {
	for _, must := range []string{"id", "name"} {
		if !slices.Contains(header, must) {
			return nil, fmt.Errorf("the header %.60q has no column %q: begin with a line such as id,name,plan,assigned, separated by commas", strings.Join(header, ","), must)
		}
	}
	columns := make([]columnReader, len(header))
	seen := map[string]bool{}
	for i, title := range header {
		name, kind, _ := strings.Cut(title, ":")
		if seen[name] {
			return nil, fmt.Errorf("the column %q is there twice: remove one", name)
		}
		seen[name] = true
		column, err := columnOf(name, kind, title)
		if err != nil {
			return nil, err
		}
		columns[i] = column
	}
	return columns, nil
}

func columnOf(name, kind, title string) (columnReader, error) {
	switch title {
	case "id":
		return func(a *Account, cell string) error { a.ID = cell; return nil }, nil
	case "name":
		return func(a *Account, cell string) error { a.Name = cell; return nil }, nil
	case "plan":
		return func(a *Account, cell string) error { a.Plan = cell; return nil }, nil
	case "assigned":
		return readAssigned, nil
	}
	for _, known := range []string{"id", "name", "plan", "assigned"} {
		if strings.EqualFold(name, known) {
			return nil, fmt.Errorf("the column %q is nearly %q: write it so, or rename it", title, known)
		}
	}
	if err := checkFieldName(name); err != nil {
		return nil, err
	}
	return fieldColumn(name, kind, title)
}

func readAssigned(a *Account, cell string) error {
	for email := range strings.SplitSeq(cell, ";") {
		if email = strings.TrimSpace(email); email != "" {
			a.Assigned = append(a.Assigned, email)
		}
	}
	return nil
}

func fieldColumn(name, kind, title string) (columnReader, error) {
	var read func(cell string) (any, error)
	switch {
	case name == title:
		read = func(cell string) (any, error) { return cell, nil }
	case kind == "flag":
		read = readFlag
	case kind == "number":
		read = readNumber
	default:
		return nil, fmt.Errorf("the column %q has a kind that isn't known: write %[2]s, %[2]s:flag or %[2]s:number", title, name)
	}
	return func(a *Account, cell string) error {
		if cell == "" {
			return nil
		}
		value, err := read(cell)
		if err != nil {
			return fmt.Errorf("the column %q: %w", title, err)
		}
		if a.Fields == nil {
			a.Fields = map[string]any{}
		}
		a.Fields[name] = value
		return nil
	}, nil
}

func readFlag(cell string) (any, error) {
	switch strings.ToLower(cell) {
	case "yes", "true":
		return true, nil
	case "no", "false":
		return false, nil
	}
	return nil, fmt.Errorf("%q is neither yes nor no: write one of them, or nothing if it isn't known", cell)
}

func readNumber(cell string) (any, error) {
	number, err := strconv.ParseFloat(cell, 64)
	if err != nil || !isFact(number) {
		return nil, fmt.Errorf("%q isn't a number: write digits with a point, or nothing if it isn't known", cell)
	}
	return number, nil
}
