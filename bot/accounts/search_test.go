package accounts_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/understudyhq/understudy/bot/accounts"
)

const customers = `id,name,plan,assigned
acct_42,Acme,enterprise,
acct_43,Acme Labs,pro,
acct_44,New Acme,pro,kim@example.com
acct_45,Pacmeister,free,
acct_7,Globex,pro,KIM@example.com
acme,Zebra,pro,
acct_50,Café Lumière,free,
acct_51,Œuvre Straße,free,
acct_52,O'Malley & Sons,free,
acct_53,東京ランタン,free,
ACCT_99,A B C,free,lee@example.com
`

func TestSearchRanks(t *testing.T) {
	directory := openText(t, "a.csv", customers)
	for _, c := range []struct {
		query, email string
		limit        int
		want         string
	}{
		{"acme", "", 100, "Zebra, Acme, Acme Labs, New Acme, Pacmeister"},
		{"ACMÉ", "", 100, "Zebra, Acme, Acme Labs, New Acme, Pacmeister"},
		{"acme", "", 2, "Zebra, Acme"},
		{"acme", "", 0, ""},
		{"acme", "", -1, ""},
		{"acct_42", "", 100, "Acme"},
		{"Acct-42", "", 100, "Acme"},
		{"acct_99", "", 100, "A B C"},
		{"99", "", 100, "A B C"},
		{"lab acm", "", 100, "Acme Labs"},
		{"acme 44", "", 100, "New Acme"},
		{"c b", "", 100, ""},
		{"glo", "", 100, "Globex"},
		{"x", "", 100, "Globex"},
		{"bex", "", 100, "Globex"},
		{"ex", "", 100, "Globex"},
		{"7", "", 100, "Globex"},
		{"cafe lumiere", "", 100, "Café Lumière"},
		{"CAFE\u0301", "", 100, "Café Lumière"},
		{"oeuvre strasse", "", 100, "Œuvre Straße"},
		{"omalley", "", 100, "O'Malley & Sons"},
		{"o’malley and", "", 100, ""},
		{"malley  sons", "", 100, "O'Malley & Sons"},
		{"東", "", 100, "東京ランタン"},
		{"ラン", "", 100, "東京ランタン"},
		{"nobody", "", 100, ""},
		{"", "kim@example.com", 3, "Globex, New Acme, A B C"},
		{"  -", "Lee@Example.com", 2, "A B C, Acme"},
		{"", "", 2, "A B C, Acme"},
	} {
		t.Run(c.query+"/"+c.email, func(t *testing.T) {
			if diff := cmp.Diff(c.want, names(search(t, directory, c.query, c.email, c.limit))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSearchAnswersAHundredAtMost(t *testing.T) {
	var text strings.Builder
	for i := range 250 {
		fmt.Fprintf(&text, `{"id":"acct_%03d","name":"Acme %03d"}`+"\n", i, i)
	}
	directory := openText(t, "a.jsonl", text.String())
	for _, query := range []string{"", "a", "ac", "acme", "cme", "m"} {
		found := search(t, directory, query, "", 1000)
		if len(found) != accounts.MaxResults || found[0].Name != "Acme 000" || found[99].Name != "Acme 099" {
			t.Errorf("%q found %d accounts", query, len(found))
		}
	}
}

func TestGetTakesTheExactID(t *testing.T) {
	directory := openText(t, "a.csv", customers)
	for _, id := range []string{"ACCT_42", "acct-42", "acct_4", "acct_42 ", "", "Acme"} {
		if _, err := directory.Get(t.Context(), id, ""); !errors.Is(err, accounts.ErrNotFound) {
			t.Errorf("Get(%q): %v", id, err)
		}
	}
	if got, err := directory.Get(t.Context(), "acct_42", ""); err != nil || got.Name != "Acme" {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestSearchFindsWhatReadingFinds compares the index with reading every name.
func TestSearchFindsWhatReadingFinds(t *testing.T) {
	word := rapid.StringMatching(`[ab]{1,4}`)
	name := rapid.StringMatching(`[abc]{1,4}( [ab]{1,5}){0,2}`)
	rapid.Check(t, func(r *rapid.T) {
		listed := rapid.SliceOfN(name, 1, 40).Draw(r, "names")
		query := rapid.OneOf(word, name).Draw(r, "query")
		limit := rapid.IntRange(1, 50).Draw(r, "limit")
		var text strings.Builder
		for i, name := range listed {
			fmt.Fprintf(&text, `{"id":"%d","name":"%s"}`+"\n", i, name)
		}
		directory := openText(t, "a.jsonl", text.String())
		defer func() { _ = directory.Close() }()
		checkFound(r, listed, query, limit, search(t, directory, query, "", limit))
	})
}

func checkFound(r *rapid.T, listed []string, query string, limit int, found []accounts.Account) {
	matching := 0
	for _, name := range listed {
		if rank(name, query) > 0 {
			matching++
		}
	}
	if len(found) != min(limit, matching) {
		r.Fatalf("found %d of %d, limit %d", len(found), matching, limit)
	}
	seen := map[string]bool{}
	for i, account := range found {
		if seen[account.ID] {
			r.Fatalf("%s is there twice", account.ID)
		}
		seen[account.ID] = true
		if i > 0 && rank(found[i-1].Name, query) < rank(account.Name, query) {
			r.Fatalf("%q comes before %q", found[i-1].Name, account.Name)
		}
	}
}

func rank(name, query string) int {
	switch {
	case strings.HasPrefix(name, query):
		return 4
	case strings.Contains(name, " "+query):
		return 3
	case wordsBegin(name, query):
		return 2
	case strings.Contains(name, query):
		return 1
	}
	return 0
}

func wordsBegin(name, query string) bool {
	words := strings.Fields(query)
	longest := 0
	for _, word := range words {
		longest = max(longest, len(word))
		if !strings.Contains(" "+name, " "+word) {
			return false
		}
	}
	return len(words) > 1 && longest > 1
}

func names(found []accounts.Account) string {
	var list []string
	for _, account := range found {
		list = append(list, account.Name)
	}
	return strings.Join(list, ", ")
}
