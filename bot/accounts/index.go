package accounts

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
)

// index holds the accounts of one file. It never changes. An account's number
// is its rank in order of name, then of id.
type index struct {
	lines    column // what is searched: " name  id  ", folded
	ids      column
	rest     column // JSON of what else the account has
	byID     []uint32
	assigned map[string][]uint32 // by emailKey, in order of number
	grams    grams
}

func (x *index) len() int { return len(x.ids.ends) }

// account is the whole account of a number.
func (x *index) account(number uint32) (Account, error) {
	id := string(x.ids.at(number))
	var rest rest
	if err := json.Unmarshal(x.rest.at(number), &rest); err != nil {
		return Account{}, fmt.Errorf("reading account %q: %w", id, err)
	}
	return Account{ID: id, Name: rest.Name, Plan: rest.Plan, Assigned: rest.Assigned, Fields: rest.Fields}, nil
}

// accounts are the whole accounts of these numbers.
func (x *index) accounts(numbers []uint32) ([]Account, error) {
	found := make([]Account, 0, len(numbers))
	for _, number := range numbers {
		account, err := x.account(number)
		if err != nil {
			return nil, err
		}
		found = append(found, account)
	}
	return found, nil
}

// rest is an account without its id, as the index keeps it.
type rest struct {
	Name     string         `json:"n"`
	Plan     string         `json:"p,omitzero"`
	Assigned []string       `json:"a,omitempty"`
	Fields   map[string]any `json:"f,omitempty"`
}

// find is the number of the account of exactly this id.
func (x *index) find(id string) (number uint32, found bool) {
	i, found := slices.BinarySearchFunc(x.byID, id, func(number uint32, id string) int {
		return cmp.Compare(string(x.ids.at(number)), id)
	})
	if !found {
		return 0, false
	}
	return x.byID[i], true
}

// builder takes accounts in any order, and makes an index of them.
type builder struct {
	lines, ids, rest column
	assigned         map[string][]uint32 // by the order in which they came
}

func (b *builder) add(a Account) error {
	b.lines.bytes = appendLine(b.lines.bytes, a)
	b.ids.bytes = append(b.ids.bytes, a.ID...)
	number := uint32(len(b.ids.ends))
	for _, email := range a.Assigned {
		b.assign(emailKey(email), number)
	}
	rest, err := json.Marshal(rest{a.Name, a.Plan, a.Assigned, a.Fields})
	if err != nil {
		return fmt.Errorf("account %q: %w", a.ID, err)
	}
	b.rest.bytes = append(b.rest.bytes, rest...)
	for _, c := range []*column{&b.lines, &b.ids, &b.rest} {
		if err := c.end(); err != nil {
			return err
		}
	}
	return nil
}

func appendLine(dst []byte, a Account) []byte {
	dst = append(dst, ' ')
	dst = appendFolded(dst, a.Name)
	dst = append(dst, "  "...)
	dst = appendFolded(dst, a.ID)
	return append(dst, "  "...)
}

func (b *builder) assign(email string, number uint32) {
	if b.assigned == nil {
		b.assigned = map[string][]uint32{}
	}
	b.assigned[email] = append(b.assigned[email], number)
}

// twin is two accounts of one id, by the order in which they came.
type twin struct {
	id            string
	first, second int
}

// build also says which accounts have the same id. The index is good only if
// there are none.
func (b *builder) build() (*index, []twin) {
	order := countTo(len(b.ids.ends))
	slices.SortFunc(order, func(i, j uint32) int {
		return cmp.Or(bytes.Compare(b.lines.at(i), b.lines.at(j)), bytes.Compare(b.ids.at(i), b.ids.at(j)), cmp.Compare(i, j))
	})
	x := &index{
		lines: b.lines.arranged(order),
		ids:   b.ids.arranged(order),
		rest:  b.rest.arranged(order),
		byID:  countTo(len(order)),
	}
	slices.SortFunc(x.byID, func(i, j uint32) int {
		return cmp.Or(bytes.Compare(x.ids.at(i), x.ids.at(j)), cmp.Compare(i, j))
	})
	x.assigned = renumbered(b.assigned, order)
	x.grams = gramsOf(&x.lines)
	return x, x.twins(order)
}

func (x *index) twins(order []uint32) []twin {
	var found []twin
	for i := 1; i < len(x.byID); i++ {
		a, b := x.byID[i-1], x.byID[i]
		if bytes.Equal(x.ids.at(a), x.ids.at(b)) {
			first, second := int(order[a]), int(order[b])
			found = append(found, twin{string(x.ids.at(a)), min(first, second), max(first, second)})
		}
	}
	slices.SortFunc(found, func(a, b twin) int { return cmp.Compare(a.second, b.second) })
	return found
}

func countTo(n int) []uint32 {
	numbers := make([]uint32, n)
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	return numbers
}

// renumbered gives the accounts that came in any order their numbers.
func renumbered(assigned map[string][]uint32, order []uint32) map[string][]uint32 {
	numbers := make([]uint32, len(order))
	for number, came := range order {
		numbers[came] = uint32(number)
	}
	for email, accounts := range assigned {
		for i, came := range accounts {
			accounts[i] = numbers[came]
		}
		slices.Sort(accounts)
		assigned[email] = slices.Clip(slices.Compact(accounts))
	}
	return assigned
}
