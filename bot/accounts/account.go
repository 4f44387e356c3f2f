// Package accounts is the account directory: which customers there are, and
// what a rule may know about them.
//
// A [Directory] answers three questions. Search is the type-ahead of the modal,
// Get is the one account that a case is about, as it is for the person who asks,
// and Named says which accounts a message names. A [Source] is a file (.json,
// .jsonl or .csv), the URL of a service that answers the first two, or a
// PostgreSQL database and a query for each of these.
// [Account.Facts] turns an account into the fields that rules read, as text,
// numbers and yes or no, and as nothing else.
//
// The directory decides who may sign in as whom, so it is read strictly: a
// misspelt key, a doubled id or a list where a text belongs is an error that
// names the file, the line and the remedy, and what isn't known is absent, so
// that a rule that needs it refuses. A file is loaded whole or not at all. A
// changed file is picked up within two seconds; a broken or removed one is
// logged, and the last good content stays until the file is good again.
//
// The index of a file is built of one idea. Each account is one folded line of
// text, " name  id  ", in lower case, without accents, and with one space
// between words; the accounts lie in the order of these lines. A list per
// three bytes of text says which accounts contain them. So a word's beginning
// is a text that starts with a space, an account's number is its rank, and the
// first matches found are the ones to show. Everything lies in a few long
// slices of bytes that the garbage collector doesn't look into.
//
// A million accounts of 141 bytes in a file take 211 MB once they are loaded;
// while they are loaded the process needs 0.8 GB, and 1.1 GB while a changed
// file is loaded beside the old one. Searches in them take 0.1 to 0.7 ms, the
// hardest 2.4 ms, and so does the longest message (BenchmarkIndexMillion,
// BenchmarkSearchMillion, BenchmarkNamedMillion).
//
// # What cards show
//
// Two further fields are shown to those who decide: region, and url, the address
// of a page about the account. Both are text; another address than an https one
// is left out. They may be fields of rules as any other.
//
// The field do_not_impersonate says that a customer asked not to be
// impersonated. Whoever picks the account is warned; rules may read it too.
//
// # CSV
//
// A CSV file has the columns id and name, may have plan and assigned (e-mails
// separated by semicolons), and every further column is a field. Cells have no
// types and none are guessed: "no", "true" and "007" are text, and a rule that
// reads them as a flag or a number is refused. A header such as vip:flag or
// seats:number says otherwise for its column. An empty cell is not known.
package accounts

import (
	"math"
	"slices"
	"strings"
)

// Account is a customer's account as the directory has it.
type Account struct {
	// ID identifies the account in the directory and in the customer's app, in
	// at most 150 bytes: Slack's limit for an option's value.
	ID string `json:"id"`
	// Name is what people call it.
	Name string `json:"name"`
	// Plan is the field customer_plan. Empty means that it isn't known.
	Plan string `json:"plan,omitzero"`
	// Assigned are the e-mails of the people it is assigned to.
	Assigned []string `json:"assigned,omitempty"`
	// AssignmentUnknown means that the directory doesn't say to whom it is
	// assigned. A rule that reads is_assigned then refuses.
	AssignmentUnknown bool `json:"-"`
	// Fields are further fields: string, float64 or bool.
	Fields map[string]any `json:"fields,omitempty"`
}

// The fields that every account has or lacks by itself. No further field may
// take their names.
const (
	planField     = "customer_plan"
	assignedField = "is_assigned"
	idField       = "customer_id"
	nameField     = "customer_name"
)

func isReserved(field string) bool {
	return slices.Contains([]string{planField, assignedField, idField, nameField}, field)
}

// AssignedTo says whether the account is assigned to the person of this
// e-mail. The case of letters doesn't count.
func (a Account) AssignedTo(email string) bool {
	key := emailKey(email)
	return key != "" && slices.ContainsFunc(a.Assigned, func(assigned string) bool {
		return emailKey(assigned) == key
	})
}

// Facts are the fields that a rule reads when the person of this e-mail asks
// for the account: customer_id, customer_name, is_assigned and customer_plan
// if they are known, and every further field by its name. Values are string,
// bool or float64.
func (a Account) Facts(email string) map[string]any {
	facts := make(map[string]any, len(a.Fields)+4)
	for name, value := range a.Fields {
		if !isReserved(name) && isFact(value) {
			facts[name] = value
		}
	}
	facts[idField] = a.ID
	facts[nameField] = a.Name
	if !a.AssignmentUnknown {
		facts[assignedField] = a.AssignedTo(email)
	}
	if a.Plan != "" {
		facts[planField] = a.Plan
	}
	return facts
}

func isFact(value any) bool {
	switch value := value.(type) {
	case string, bool:
		return true
	case float64:
		return !math.IsNaN(value) && !math.IsInf(value, 0)
	}
	return false
}

// notToImpersonate is the field by which a customer asks to be left alone.
const notToImpersonate = "do_not_impersonate"

// AskedNot says whether, by these facts, the customer asked not to be impersonated.
// A value that isn't yes or no counts as asked: it only makes a warning.
func AskedNot(facts map[string]any) bool {
	value, known := facts[notToImpersonate]
	flag, isFlag := value.(bool)
	return known && (flag || !isFlag)
}

// emailKey is equal for two spellings of one e-mail. Only ASCII letters lose
// their case: Unicode would take the Kelvin sign for a k, and so one person
// for another.
func emailKey(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, email)
}
