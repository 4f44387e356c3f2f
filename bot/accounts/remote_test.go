package accounts_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
)

const token = "s3cret-token"

// remote is a directory whose service answers as told.
func remote(t *testing.T, answer http.HandlerFunc) *accounts.Remote {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	directory, err := accounts.OpenURL(server.URL+"/accounts/", token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = directory.Close() })
	return directory
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestRemoteAsks(t *testing.T) {
	var asked []string
	directory := remote(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Authorization")+" "+r.URL.String())
		if r.URL.RawQuery != "" {
			fmt.Fprintf(w, `{"accounts":[%s,%s]}`, acme, globex)
			return
		}
		fmt.Fprint(w, `{"id":"a/b c","name":"Slash"}`)
	})
	if got := names(search(t, directory, "a&b", "kim@example.com", 500)); got != "Acme, Globex" {
		t.Errorf("found %s", got)
	}
	if got := names(search(t, directory, "", "", 1)); got != "Acme" {
		t.Errorf("found %s", got)
	}
	if got := names(search(t, directory, "", "", 0)); got != "" {
		t.Errorf("found %s", got)
	}
	if got, err := directory.Get(t.Context(), "a/b c", ""); err != nil || got.Name != "Slash" {
		t.Errorf("got %v, %v", got, err)
	}
	want := []string{
		"Bearer s3cret-token /accounts?email=kim%40example.com&limit=100&q=a%26b",
		"Bearer s3cret-token /accounts?email=&limit=1&q=",
		"Bearer s3cret-token /accounts/a%2Fb%20c",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func TestRemoteKnowsNotFoundFromDown(t *testing.T) {
	for name, c := range map[string]struct {
		answer   http.HandlerFunc
		notFound bool
	}{
		"unknown":          {says(404, ""), true},
		"down":             {says(503, ""), false},
		"not allowed":      {says(401, token), false},
		"not JSON":         {says(200, "<html>"), false},
		"another account":  {says(200, globex), false},
		"other case":       {says(200, `{"id":"ACCT_42","name":"Acme"}`), false},
		"no name":          {says(200, `{"id":"acct_42"}`), false},
		"reserved field":   {says(200, `{"id":"acct_42","name":"Acme","fields":{"is_assigned":true}}`), false},
		"misspelt plan":    {says(200, `{"id":"acct_42","name":"Acme","Plan":"free"}`), false},
		"two plans":        {says(200, `{"id":"acct_42","name":"Acme","plan":"pro","plan":"free"}`), false},
		"elsewhere":        {http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound).ServeHTTP, false},
		"without an end":   {says(200, acme+strings.Repeat(" ", 5<<20)), false},
		"connection drops": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			directory := remote(t, c.answer)
			_, err := directory.Get(t.Context(), "acct_42", "")
			if err == nil || errors.Is(err, accounts.ErrNotFound) != c.notFound {
				t.Errorf("Get: %v", err)
			}
			_, searched := directory.Search(t.Context(), "secret name", "kim@example.com", 5)
			if searched == nil || errors.Is(searched, accounts.ErrNotFound) {
				t.Errorf("Search: %v", searched)
			}
			for _, private := range []string{token, "secret", "kim@"} {
				if strings.Contains(fmt.Sprint(err, searched), private) {
					t.Errorf("the errors tell %q: %v, %v", private, err, searched)
				}
			}
		})
	}
}

func TestRemoteIsNotAskedForImpossibleIDs(t *testing.T) {
	directory := remote(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) })
	for _, id := range []string{"", ".", "..", " a", strings.Repeat("x", 151)} {
		if _, err := directory.Get(t.Context(), id, ""); !errors.Is(err, accounts.ErrNotFound) {
			t.Errorf("Get(%.20q): %v", id, err)
		}
	}
}

func TestOpenRefusesURLs(t *testing.T) {
	for _, spec := range []string{
		"http://", "https://kim:pass@example.com/", "https://example.com/?token=pass", "https://example.com/#pass", "http://[pass",
	} {
		_, err := accounts.Open(t.Context(), spec, zerolog.Nop())
		if err == nil || strings.Contains(err.Error(), "pass@") || strings.Contains(err.Error(), "=pass") || strings.Contains(err.Error(), "[pass") {
			t.Errorf("Open(%q): %v", spec, err)
		}
	}
	directory, err := accounts.Open(t.Context(), "https://example.com/accounts", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	_ = directory.Close()
}
