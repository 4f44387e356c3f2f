package accounts_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/understudyhq/understudy/bot/accounts"
)

// everybody are the accounts of the customers, and some whose names are hard.
const everybody = customers + `acct_60,Acme Rockets,pro,
acct_61,McDonald's,pro,
eu/acct_4.7,Example,pro,
`

func TestNamed(t *testing.T) {
	directory := openText(t, "a.csv", everybody)
	all := search(t, directory, "", "", accounts.MaxResults)
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"nobody says anything of a customer", ""},
		{"Globex can't log in", "Globex"},
		{"GLOBEX: can't log in", "Globex"},
		{"can't log in (globex)", "Globex"},
		{"Globex's invoices fail", "Globex"},
		{"Globex’s, again", "Globex"},
		{"McDonald's can't log in", "McDonald's"},
		{"the globexes", ""},
		{"regloBex", ""},
		{"acct_7 can't log in", "Globex"},
		{"(Acct_7), please", "Globex"},
		{"acct_7.", "Globex"},
		{"see https://app.example.com/customers/acct_7?tab=1", "Globex"},
		{"acct_77", ""}, {"acct_7-b", ""}, {"xacct_7", ""}, {"acct 7", ""},
		{"version 4.7", ""},
		{"eu/acct_4.7 is slow", "Example"},
		{"kim@example.com wrote", ""},
		{"https://example.com/ is down", ""},
		{"acct_7@globex.com", ""},
		{"cafe lumière can't pay", "Café Lumière"},
		{"a letter from O’Malley & Sons", "O'Malley & Sons"},
		{"new\nacme", "Acme, Zebra"}, // the id acme; and New Acme is no name of two lines
		{"Hi, Globex and Café Lumière both fail", "Café Lumière, Globex"},
		{"Acme Rockets can't log in", "Acme, Acme Rockets, Zebra"},
		{"東京ランタン が", "東京ランタン"},
		{"acct_7 is Globex, Globex is acct_7", "Globex"},
	} {
		if got := sorted(accounts.Named(c.text, all)); got != c.want {
			t.Errorf("%q names %q, want %q", c.text, got, c.want)
		}
		found, err := directory.Named(t.Context(), c.text, 10)
		if got := sorted(found); err != nil || got != c.want {
			t.Errorf("in the directory, %q names %q (%v), want %q", c.text, got, err, c.want)
		}
	}
}

func sorted(found []accounts.Account) string {
	list := make([]string, len(found))
	for i, a := range found {
		list[i] = a.Name
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// TestNamedAgrees holds the index against looking at every account.
func TestNamedAgrees(t *testing.T) {
	directory := openText(t, "a.csv", everybody)
	all := search(t, directory, "", "", accounts.MaxResults)
	word := rapid.SampledFrom([]string{
		"acme", "Acme", "new", "labs", "rockets", "acct_42", "ACCT_99", "acct_99", "a", "b", "c", "mcdonald's", "Acme's",
		"&", "(", "\n", "x@acme.com", "https://x/acct_44", "eu/acct_4.7", "globex,", "O'Malley", "sons", "é",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(word).Draw(t, "words"), " ")
		found, err := directory.Named(t.Context(), text, accounts.MaxResults)
		if got, want := sorted(found), sorted(accounts.Named(text, all)); err != nil || got != want {
			t.Errorf("%q names %q (%v), want %q", text, got, err, want)
		}
	})
}

func TestNamedInTooLongAText(t *testing.T) {
	directory := openText(t, "a.csv", everybody)
	if _, err := directory.Named(t.Context(), strings.Repeat("Acme ", 1000), 10); !errors.Is(err, accounts.ErrTooMuch) {
		t.Errorf("got %v", err)
	}
}

func TestRemoteNamed(t *testing.T) {
	answers := &service{File: openText(t, "a.csv", everybody), token: token}
	directory := remote(t, func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/understudy")
		answers.ServeHTTP(w, r)
	})
	for text, want := range map[string]string{
		"Globex can't log in":                      "Globex",
		"Hi, acct_7 can't log in":                  "Globex",
		"globex can't log in":                      "", // nothing says that it's a name
		"New Acme fails, and so does Café Lumière": "Acme, Café Lumière, New Acme, Zebra",
	} {
		found, err := directory.Named(t.Context(), text, 10)
		if got := sorted(found); err != nil || got != want {
			t.Errorf("%q names %q (%v), want %q", text, got, err, want)
		}
	}
	var many strings.Builder
	for i := range 20 {
		fmt.Fprintf(&many, "Customer%d ", i)
	}
	if _, err := directory.Named(t.Context(), many.String(), 10); !errors.Is(err, accounts.ErrTooMuch) {
		t.Errorf("twenty searches: got %v", err)
	}
}
