package accounts

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// counting is a service that counts what it is asked.
type counting struct{ asked map[string]int }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.asked[r.URL.Path]++
	said := `{"accounts":[{"id":"a","name":"A"}]}`
	if r.URL.Path == "/facts" {
		said = fmt.Sprintf(`{"account":{"id":"a","name":"A","plan":"plan %d"}}`, c.asked["/facts"])
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader([]byte(said)))}, nil
}

// TestSearchesAreKeptForSecondsAndFactsNever holds that a decision reads what
// is so now.
func TestSearchesAreKeptForSecondsAndFactsNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := &counting{map[string]int{}}
		r := &Remote{url: "http://localhost", client: &http.Client{Transport: service}}
		search := func(query, email string, limit, want int) {
			t.Helper()
			if _, err := r.Search(t.Context(), query, email, limit); err != nil {
				t.Fatal(err)
			}
			if got := service.asked["/search"]; got != want {
				t.Errorf("%d searches were asked, want %d", got, want)
			}
		}
		search("a", "kim@example.com", 5, 1)
		search("a", "kim@example.com", 5, 1)
		search("a", "lee@example.com", 5, 2)
		search("a", "kim@example.com", 6, 3)
		search("ab", "kim@example.com", 5, 4)
		time.Sleep(recentFor + 1)
		search("a", "kim@example.com", 5, 5)
		for i := range 2 * maxRecent {
			search(strconv.Itoa(i), "", 5, 6+i)
		}
		if n := len(r.recent.answers); n > maxRecent {
			t.Errorf("%d answers are kept", n)
		}
		for i := range 2 {
			account, err := r.Get(t.Context(), "a", "kim@example.com")
			if want := fmt.Sprintf("plan %d", i+1); err != nil || account.Plan != want {
				t.Errorf("got %q, %v, want %q", account.Plan, err, want)
			}
		}
	})
}
