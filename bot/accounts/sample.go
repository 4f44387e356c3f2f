package accounts

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Share is how many accounts of a sample have a field. A rule that reads it
// refuses for the others.
type Share struct {
	Field string   `json:"field"`
	Types []string `json:"types"`
	Known int      `json:"known"`
	// Missing is the share of the accounts without it, of 1.
	Missing float64 `json:"missing"`
}

// sample looks at the facts of the accounts listed.
func (e *examiner) sample(most int) {
	counts := map[string]*Share{planField: newShare(planField), assignedField: newShare(assignedField)}
	e.check("the facts of other accounts can be read", func() error {
		var problems []error
		for _, listed := range e.listed[:min(most, len(e.listed))] {
			account, err := e.directory.Get(e.ctx, listed.ID, e.email)
			if err != nil {
				problems = append(problems, fmt.Errorf("%q: %w", listed.ID, err))
				continue
			}
			e.Sampled++
			count(counts, account.Facts(e.email))
		}
		if n := len(problems); n > 1 {
			return fmt.Errorf("%d accounts have a problem, the first is %w", n, problems[0])
		}
		return errors.Join(problems...)
	})
	for _, field := range slices.Sorted(maps.Keys(counts)) {
		share := counts[field]
		if e.Sampled > 0 {
			share.Missing = float64(e.Sampled-share.Known) / float64(e.Sampled)
		}
		e.Fields = append(e.Fields, *share)
	}
	e.check("a field is of one type in all accounts", func() error {
		for _, share := range e.Fields {
			if len(share.Types) > 1 {
				return fmt.Errorf("%q is %s: a rule reads one type and refuses the others, choose one", share.Field, strings.Join(share.Types, " and "))
			}
		}
		return nil
	})
}

func newShare(field string) *Share { return &Share{Field: field, Types: []string{}} }

func count(counts map[string]*Share, facts map[string]any) {
	for field, value := range facts {
		if field == idField || field == nameField {
			continue // no account is without
		}
		share := counts[field]
		if share == nil {
			share = newShare(field)
			counts[field] = share
		}
		share.Known++
		if name := factType(value); !slices.Contains(share.Types, name) {
			share.Types = append(share.Types, name)
			slices.Sort(share.Types)
		}
	}
}

func factType(value any) string {
	switch value.(type) {
	case bool:
		return "flag"
	case float64:
		return "number"
	}
	return "text"
}
