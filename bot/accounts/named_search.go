package accounts

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// maxTerms is how many searches one text is worth.
const maxTerms = 12

// namedBySearch searches for the words that are written as names and ids are,
// with a capital letter or a digit: the directory isn't told the text, and a name
// in small letters isn't found.
func namedBySearch(ctx context.Context, directory Directory, text string, limit int) ([]Account, error) {
	terms := hear(text).terms()
	if !searchable(text) || len(terms) > maxTerms {
		return nil, ErrTooMuch
	}
	answers, errs := make([][]Account, len(terms)), make([]error, len(terms))
	var searches sync.WaitGroup
	for i, term := range terms {
		searches.Go(func() { answers[i], errs[i] = directory.Search(ctx, term, "", MaxResults) })
	}
	searches.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(answers, func(a []Account) bool { return len(a) == MaxResults }) {
		return nil, ErrTooMuch // there may be more of them
	}
	var found []Account
	for _, a := range Named(text, slices.Concat(answers...)) {
		if len(found) < limit && !slices.ContainsFunc(found, func(b Account) bool { return a.ID == b.ID }) {
			found = append(found, a)
		}
	}
	return found, nil
}
