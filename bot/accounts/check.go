package accounts

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// maxIDBytes is Slack's limit for the value of an option.
const maxIDBytes = 150

// check says what is wrong with an account, and how to put it right.
func check(a Account) error {
	if err := checkID(a.ID); err != nil {
		return err
	}
	if strings.TrimSpace(a.Name) == "" {
		return fmt.Errorf("account %q has no name: give it one", a.ID)
	}
	for _, email := range a.Assigned {
		if err := checkEmail(email); err != nil {
			return fmt.Errorf("account %q: %w", a.ID, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Fields)) {
		if err := checkField(name, a.Fields[name]); err != nil {
			return fmt.Errorf("account %q: %w", a.ID, err)
		}
	}
	return nil
}

func checkID(id string) error {
	switch {
	case id == "":
		return errors.New("the account has no id: give it one that never changes")
	case len(id) > maxIDBytes:
		return fmt.Errorf("the id %.20q… has %d bytes: %d are the most that Slack carries, shorten it", id, len(id), maxIDBytes)
	case id == "." || id == "..":
		return fmt.Errorf("the id %q means a folder in a URL: choose another", id)
	case strings.TrimSpace(id) != id || strings.ContainsFunc(id, unicode.IsControl):
		return fmt.Errorf("the id %q has a space at an end or a control character: remove it", id)
	}
	return nil
}

func checkEmail(email string) error {
	if !strings.Contains(email, "@") || strings.ContainsAny(email, ",;<>") || strings.ContainsFunc(email, unicode.IsSpace) {
		return fmt.Errorf("it is assigned to %q, which isn't an e-mail: write one address an entry", email)
	}
	return nil
}

func checkField(name string, value any) error {
	if err := checkFieldName(name); err != nil {
		return err
	}
	if !isFact(value) {
		return fmt.Errorf("the field %q is %s: only text, a number and true or false can be read by a rule; leave it out if it isn't known", name, kindOf(value))
	}
	return nil
}

func checkFieldName(name string) error {
	if strings.TrimSpace(name) != name || name == "" {
		return fmt.Errorf("the field name %q is empty or has a space at an end: rename it", name)
	}
	if isReserved(name) {
		return fmt.Errorf("the field %q would hide the one that every account has by itself: rename it", name)
	}
	return nil
}

func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "neither text nor a number"
}
