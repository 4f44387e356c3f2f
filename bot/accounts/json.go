package accounts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// JSON is read by the second version of Go's JSON package, because the first
// takes "Plan" for "plan" and the last of two equal keys: a second line could
// then turn an enterprise account into a free one.

// jsonlRows reads an account per line. Empty lines don't count.
func jsonlRows(data []byte) rows {
	return func(yield func(row, error) bool) {
		line := 0
		for text := range bytes.Lines(data) {
			line++
			if len(bytes.TrimSpace(text)) == 0 {
				continue
			}
			account, err := parseAccount(text)
			if !yield(row{line, account}, err) {
				return
			}
		}
	}
}

// jsonRows reads a list of accounts, or {"accounts": a list of them}.
func jsonRows(data []byte) rows {
	return func(yield func(row, error) bool) {
		d := document{Decoder: jsontext.NewDecoder(bytes.NewBuffer(data)), data: data, line: 1}
		if err := d.read(yield); err != nil && !errors.Is(err, errStopped) {
			yield(row{line: d.lineAt(d.InputOffset())}, err)
		}
	}
}

// errStopped means that whoever reads the rows wants no more of them.
var errStopped = errors.New("stopped")

// document is a JSON text with a list of accounts in it.
type document struct {
	*jsontext.Decoder
	data    []byte
	counted int64 // the bytes before which line breaks are counted
	line    int   // the line at counted
}

func (d *document) read(yield func(row, error) bool) error {
	wrapped := d.PeekKind() == '{'
	if wrapped {
		if err := d.open(); err != nil {
			return err
		}
	}
	if err := d.list(yield); err != nil {
		return err
	}
	if wrapped {
		if err := d.close(); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("more follows after the accounts: remove it")
	}
	return nil
}

func (d *document) open() error {
	if _, err := d.ReadToken(); err != nil {
		return jsonProblem(err)
	}
	key, err := d.ReadToken()
	if err != nil {
		return jsonProblem(err)
	}
	if key.Kind() != '"' || key.String() != "accounts" {
		return fmt.Errorf(`%q stands where "accounts" belongs: write [ … ] or {"accounts": [ … ]}`, key.String())
	}
	return nil
}

func (d *document) close() error {
	end, err := d.ReadToken()
	if err != nil {
		return jsonProblem(err)
	}
	if end.Kind() != '}' {
		return fmt.Errorf("%q stands beside the accounts: remove it", end.String())
	}
	return nil
}

func (d *document) list(yield func(row, error) bool) error {
	if kind := d.PeekKind(); kind != '[' && kind != 0 {
		return errors.New(`the accounts aren't a list: write [ … ] or {"accounts": [ … ]}`)
	}
	if _, err := d.ReadToken(); err != nil {
		return jsonProblem(err)
	}
	for d.PeekKind() != ']' {
		value, err := d.ReadValue()
		if err != nil {
			return jsonProblem(err)
		}
		line := d.lineAt(d.InputOffset() - int64(len(value)))
		account, err := parseAccount(value)
		if !yield(row{line, account}, err) {
			return errStopped
		}
	}
	_, err := d.ReadToken()
	return err
}

// lineAt is the line of an offset that isn't before the last one asked for.
func (d *document) lineAt(offset int64) int {
	if offset > d.counted {
		d.line += bytes.Count(d.data[d.counted:offset], []byte("\n"))
		d.counted = offset
	}
	return d.line
}

func parseAccount(text []byte) (Account, error) {
	var account Account
	if err := json.Unmarshal(text, &account, json.RejectUnknownMembers(true)); err != nil {
		return Account{}, jsonProblem(err)
	}
	return account, nil
}

// jsonProblem says for people what the JSON package says for programmers.
func jsonProblem(err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return semanticProblem(semantic)
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(syntactic.Err, jsontext.ErrDuplicateName) {
			return fmt.Errorf("%s is there twice: remove one", where(syntactic.JSONPointer))
		}
		return fmt.Errorf("it isn't valid JSON: %w", syntactic.Err)
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the JSON ends too early: %w", err)
	}
	return err
}

func semanticProblem(err *json.SemanticError) error {
	if errors.Is(err.Err, json.ErrUnknownName) {
		return fmt.Errorf(`an account has no %s: put it under "fields", or remove it`, where(err.JSONPointer))
	}
	return fmt.Errorf("%s is %s: it must be %s", where(err.JSONPointer), kindName(err.JSONKind), typeName(err.GoType))
}

func where(pointer jsontext.Pointer) string {
	if pointer == "" {
		return "the account"
	}
	return fmt.Sprintf("%q", strings.TrimPrefix(string(pointer), "/"))
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	case '"':
		return "text"
	case '0':
		return "a number"
	case '[':
		return "a list"
	case '{':
		return "an object"
	}
	return "something else"
}

func typeName(t reflect.Type) string {
	switch {
	case t == nil:
		return "something else"
	case t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Slice:
		return "a list of texts"
	case t.Kind() == reflect.Float64:
		return "one that isn't beyond 1e308"
	}
	return "an object"
}
