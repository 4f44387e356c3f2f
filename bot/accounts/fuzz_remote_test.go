package accounts

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
)

// saying is a service that answers all questions with the same.
type saying struct {
	status int
	body   []byte
}

func (s saying) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(s.body)), Request: r}, nil
}

// FuzzRemote holds that whatever a service answers, an account that is taken
// passes the checks, and is the one that was asked for.
func FuzzRemote(f *testing.F) {
	f.Add(200, []byte(`{"accounts":[{"id":"a","name":"A","plan":"free","is_assigned":true,"fields":{"n":1,"b":true}}]}`))
	f.Add(200, []byte(`{"account":{"id":"a","name":"Ä","is_assigned":true,"fields":{"x":1}}}`))
	f.Add(200, []byte(`{"account":{"id":"a","name":"Ä","fields":{"x":null}}}`))
	f.Add(404, []byte(`{}`))
	f.Add(200, []byte(`{"accounts":[{"id":""}]}`))
	f.Add(500, []byte(`<html>`))
	f.Add(302, []byte(``))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		r, err := OpenURL("http://accounts.example/v1", "token", true)
		if err != nil {
			t.Fatal(err)
		}
		r.client.Transport = saying{status, body}
		found, err := r.Search(t.Context(), "a", "kim@example.com", 2)
		if err == nil && (status != http.StatusOK || len(found) > 2) {
			t.Fatalf("the answer %d gave %d accounts", status, len(found))
		}
		for _, account := range found {
			if err := check(account); err != nil {
				t.Fatal(err)
			}
		}
		account, err := r.Get(t.Context(), "a", "")
		if err == nil && (account.ID != "a" || check(account) != nil) {
			t.Fatalf("asked for a, got %+v", account)
		}
		if status == http.StatusNotFound && !errors.Is(err, ErrNotFound) {
			t.Fatalf("404 is %v, want ErrNotFound", err)
		}
	})
}
