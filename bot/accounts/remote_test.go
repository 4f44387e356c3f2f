package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
)

const (
	acmeAnswer   = `{"id":"acct_42","name":"Acme","plan":"enterprise","is_assigned":true,"fields":{"region":"eu","seats":12,"vip":true}}`
	globexAnswer = `{"id":"acct_7","name":"Globex","plan":null}`
)

const token = "s3cret-token"

// remote is a directory whose service answers as told.
func remote(t *testing.T, answer http.HandlerFunc) *accounts.Remote {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	directory, err := accounts.OpenURL(server.URL+"/understudy/", token, false)
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
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		asked = append(asked, fmt.Sprintf("%s %s %s %s", r.Method, r.URL, r.Header.Get("Authorization"), body))
		if r.URL.Path == "/understudy/search" {
			fmt.Fprintf(w, `{"accounts":[%s,%s]}`, acmeAnswer, globexAnswer)
			return
		}
		fmt.Fprint(w, `{"account":{"id":"a/b c","name":"Slash","is_assigned":true}}`)
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
	for _, email := range []string{"kim@example.com", ""} {
		got, err := directory.Get(t.Context(), "a/b c", email)
		if err != nil || got.Name != "Slash" || got.AssignedTo(email) != (email != "") {
			t.Errorf("got %v, %v", got, err)
		}
	}
	want := []string{
		`POST /understudy/search Bearer s3cret-token {"query":"a&b","requester_email":"kim@example.com","limit":100}`,
		`POST /understudy/search Bearer s3cret-token {"query":"","requester_email":null,"limit":1}`,
		`POST /understudy/facts Bearer s3cret-token {"account":"a/b c","requester_email":"kim@example.com"}`,
		`POST /understudy/facts Bearer s3cret-token {"account":"a/b c","requester_email":null}`,
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

// TestRemoteFacts holds that what the service doesn't say isn't known, and so
// isn't no.
func TestRemoteFacts(t *testing.T) {
	for body, want := range map[string]map[string]any{
		acmeAnswer: {
			"customer_id": "acct_42", "customer_name": "Acme", "customer_plan": "enterprise", "is_assigned": true,
			"region": "eu", "seats": 12.0, "vip": true,
		},
		`{"id":"acct_42","name":"Acme"}`:                                {"customer_id": "acct_42", "customer_name": "Acme"},
		`{"id":"acct_42","name":"Acme","plan":null,"is_assigned":null}`: {"customer_id": "acct_42", "customer_name": "Acme"},
		`{"id":"acct_42","name":"Acme","plan":"","is_assigned":false}`:  {"customer_id": "acct_42", "customer_name": "Acme", "is_assigned": false},
	} {
		account, err := remote(t, says(200, `{"account":`+body+`}`)).Get(t.Context(), "acct_42", "kim@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, account.Facts("kim@example.com")); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
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
		"another account":  {says(200, `{"account":`+globexAnswer+`}`), false},
		"other case":       {says(200, `{"account":{"id":"ACCT_42","name":"Acme"}}`), false},
		"no name":          {says(200, `{"account":{"id":"acct_42"}}`), false},
		"reserved field":   {says(200, `{"account":{"id":"acct_42","name":"Acme","fields":{"is_assigned":true}}}`), false},
		"misspelt plan":    {says(200, `{"account":{"id":"acct_42","name":"Acme","Plan":"free"}}`), false},
		"two plans":        {says(200, `{"account":{"id":"acct_42","name":"Acme","plan":"pro","plan":"free"}}`), false},
		"nothing":          {says(200, `{}`), false},
		"beside":           {says(200, `{"account":`+acmeAnswer+`,"facts":{}}`), false},
		"assignment text":  {says(200, `{"account":{"id":"acct_42","name":"Acme","is_assigned":"yes"}}`), false},
		"null in a field":  {says(200, `{"account":{"id":"acct_42","name":"Acme","fields":{"region":null}}}`), false},
		"elsewhere":        {http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound).ServeHTTP, false},
		"without an end":   {says(200, acmeAnswer+strings.Repeat(" ", 5<<20)), false},
		"connection drops": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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

// TestRemoteAsksAgain holds what is asked again, and what at once is an error.
func TestRemoteAsksAgain(t *testing.T) {
	for name, c := range map[string]struct {
		fail  http.HandlerFunc
		fails int32
		tries int32
		works bool
	}{
		"away for a moment":      {says(503, ""), 1, 2, true},
		"behind a proxy":         {says(502, ""), 2, 3, true},
		"away":                   {says(504, ""), 9, 3, false},
		"connection drops":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 1, 2, true},
		"drops in the middle":    {cutShort, 1, 2, true},
		"too much was asked":     {tooMany("0"), 1, 2, true},
		"wants a long time":      {tooMany("3600"), 9, 1, false},
		"wants a time far away":  {tooMany("Wed, 01 Jan 2098 00:00:00 GMT"), 9, 1, false},
		"says nothing of a time": {tooMany("soon"), 1, 2, true},
		"broken":                 {says(500, ""), 9, 1, false},
		"not allowed":            {says(401, ""), 9, 1, false},
		"nonsense":               {says(200, "{"), 9, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			directory := remote(t, func(w http.ResponseWriter, r *http.Request) {
				if tries.Add(1) <= c.fails {
					c.fail(w, r)
					return
				}
				fmt.Fprintf(w, `{"account":%s}`, acmeAnswer)
			})
			_, err := directory.Get(t.Context(), "acct_42", "kim@example.com")
			if (err == nil) != c.works || tries.Load() != c.tries {
				t.Errorf("after %d tries: %v", tries.Load(), err)
			}
		})
	}
}

func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `{"account":`)
}

func tooMany(retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// TestRemoteGivesUpInTime holds that a service that says nothing is given up
// when whoever asks has no more time.
func TestRemoteGivesUpInTime(t *testing.T) {
	ended := make(chan struct{})
	directory := remote(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
		close(ended)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := directory.Get(ctx, "acct_42", ""); err == nil || !strings.Contains(err.Error(), "in time") {
		t.Errorf("got %v", err)
	}
	<-ended
}

func TestRemoteIsNotAskedForImpossibleIDs(t *testing.T) {
	directory := remote(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) })
	for _, id := range []string{"", ".", "..", " a", strings.Repeat("x", 151)} {
		if _, err := directory.Get(t.Context(), id, ""); !errors.Is(err, accounts.ErrNotFound) {
			t.Errorf("Get(%.20q): %v", id, err)
		}
	}
}

func TestSourcesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		source accounts.Source
		want   string
	}{
		"no host":       {accounts.Source{Where: "http://"}, "can't be read"},
		"password":      {accounts.Source{Where: "https://kim:pass@example.com/"}, "password"},
		"query":         {accounts.Source{Where: "https://example.com/?token=pass"}, "query"},
		"fragment":      {accounts.Source{Where: "https://example.com/#pass"}, "fragment"},
		"garbled":       {accounts.Source{Where: "http://[pass"}, "can't be read"},
		"without TLS":   {accounts.Source{Where: "http://example.com/"}, "UNDERSTUDY_ACCOUNTS_PLAIN"},
		"almost a loop": {accounts.Source{Where: "http://localhost.example.com/"}, "UNDERSTUDY_ACCOUNTS_PLAIN"},
		"unknown kind":  {accounts.Source{Where: "customers.txt"}, ".jsonl"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.source.Check()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Check: %v", err)
			}
			for _, private := range []string{"pass@", "=pass", "[pass", token} {
				if strings.Contains(fmt.Sprint(err), private) {
					t.Errorf("%q is told", private)
				}
			}
		})
	}
	for _, source := range []accounts.Source{
		{Where: "https://example.com/understudy", Secret: token},
		{Where: "http://accounts.internal/understudy", Plain: true},
		{Where: "http://localhost:8000"}, {Where: "http://[::1]:8000"}, {Where: "http://127.0.0.2"},
	} {
		if err := source.Check(); err != nil {
			t.Error(err)
		}
		directory, err := source.Open(t.Context(), zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		_ = directory.Close()
	}
}
