package accounts

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// The columns of a query that mean something by themselves. Every other one is
// a field by its name.
const (
	idColumn       = "id"
	nameColumn     = "name"
	planColumn     = "plan"
	assignedColumn = "is_assigned"
)

// kind is what a rule can do with a column.
type kind int

const (
	unreadable kind = iota
	textual
	numeric
	logical
	identity // an id that isn't text
)

func kindOfColumn(column pgconn.FieldDescription) kind {
	isID := column.Name == idColumn
	switch column.DataTypeOID {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID:
		return textual
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		if isID {
			return identity
		}
		return numeric
	case pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID:
		return numeric
	case pgtype.BoolOID:
		return logical
	case pgtype.UUIDOID:
		if isID {
			return identity
		}
	}
	return unreadable
}

// checkColumns says what is wrong with what a query answers. TypeName names a
// type by its number.
func checkColumns(columns []pgconn.FieldDescription, needs []string, typeName func(oid uint32) string) error {
	var names []string
	for _, column := range columns {
		if slices.Contains(names, column.Name) {
			return fmt.Errorf("it answers two columns %q: give one of them another name, with AS", column.Name)
		}
		names = append(names, column.Name)
		if err := checkColumn(column, typeName); err != nil {
			return err
		}
	}
	for _, need := range needs {
		if !slices.Contains(names, need) {
			return fmt.Errorf("it answers no column %q: select it, as NULL with its type if it isn't known (such as NULL::text AS plan)", need)
		}
	}
	return nil
}

func checkColumn(column pgconn.FieldDescription, typeName func(oid uint32) string) error {
	is := kindOfColumn(column)
	wrong := func(want string) error {
		return fmt.Errorf("the column %q is %s: %s", column.Name, typeName(column.DataTypeOID), want)
	}
	switch column.Name {
	case idColumn:
		if is != textual && is != identity {
			return wrong("an id must be text, an integer or a uuid")
		}
	case nameColumn, planColumn:
		if is != textual {
			return wrong("it must be text, cast it with ::text")
		}
	case assignedColumn:
		if is != logical {
			return wrong("it must be boolean")
		}
	case "?column?":
		return errors.New("it answers a column without a name: give it one, with AS")
	default:
		if err := checkFieldName(column.Name); err != nil {
			return err
		}
		if is == unreadable {
			return wrong("rules read text, numbers and booleans; cast it, for example with ::text, or leave it out")
		}
	}
	return nil
}

// valueError is a value that can't be read.
type valueError struct{ error }

// answerOf reads a row, in PostgreSQL's text format. A NULL isn't known.
func answerOf(columns []pgconn.FieldDescription, row [][]byte) (answer, error) {
	read := answer{Fields: map[string]any{}}
	for i, column := range columns {
		if row[i] == nil {
			continue
		}
		value, err := valueOf(column, string(row[i]))
		if err != nil {
			return answer{}, &valueError{fmt.Errorf("the column %q of account %q: %w", column.Name, read.ID, err)}
		}
		read.set(column.Name, value)
	}
	return read, nil
}

// set puts a value where it belongs. Its type was checked with the columns.
func (a *answer) set(column string, value any) {
	switch column {
	case idColumn:
		a.ID, _ = value.(string)
	case nameColumn:
		a.Name, _ = value.(string)
	case planColumn:
		a.Plan, _ = value.(string)
	case assignedColumn:
		is, isFlag := value.(bool)
		if isFlag {
			a.IsAssigned = &is
		}
	default:
		a.Fields[column] = value
	}
}

// maxExact is below where every whole number is a float64 of its own.
const maxExact = 1 << 53

func valueOf(column pgconn.FieldDescription, said string) (any, error) {
	switch kindOfColumn(column) {
	case logical:
		return strconv.ParseBool(said)
	case numeric:
		value, err := strconv.ParseFloat(said, 64)
		switch {
		case err != nil || math.IsNaN(value) || math.IsInf(value, 0):
			return nil, fmt.Errorf("%q isn't a number that rules can read: answer NULL where it isn't known", said)
		case math.Abs(value) >= maxExact && !strings.ContainsAny(said, ".e"):
			return nil, fmt.Errorf("%s has more digits than a number keeps: cast the column to text", said)
		}
		return value, nil
	case textual, identity:
		if !utf8.ValidString(said) {
			return nil, errors.New("its text isn't UTF-8: convert it in the query, or the database")
		}
		if column.DataTypeOID == pgtype.BPCharOID {
			return strings.TrimRight(said, " "), nil // which fill it up and mean nothing
		}
		return said, nil
	case unreadable:
	}
	return nil, errors.New("rules can't read its type")
}
