package notify_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// letters keeps notices by their ids.
type letters map[string]string

// Keep keeps a notice, once.
func (l letters) Keep(id string, body []byte) error {
	l[id] = string(body)
	return nil
}

func hears(secret string, inbox letters) (http.HandlerFunc, error) {
	hook, err := standardwebhooks.NewWebhook(secret) // whsec_…
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || hook.Verify(body, r.Header) != nil {
			http.Error(w, "not from the bot", http.StatusUnauthorized)
			return
		}
		// Keep it under its id and be done: the same id again is the same notice.
		if err := inbox.Keep(r.Header.Get("webhook-id"), body); err != nil {
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}, nil
}

// An app that hears of its grants, as docs/apps.md shows it. It keeps what the bot
// has signed, and takes nothing of somebody else.
func Example_app() {
	const secret = "whsec_QW5kIG5vdyB0aGUgcGxheSBiZWdpbnMsIGxvbmcgZW5vdWdo"
	inbox := letters{}
	handler, err := hears(secret, inbox)
	if err != nil {
		fmt.Println(err)
		return
	}
	hook, _ := standardwebhooks.NewWebhook(secret)
	for _, body := range []string{`{"type":"grant.opened"}`, `{"type":"grant.ended"}`} {
		signature, _ := hook.Sign("c1_4", time.Now(), []byte(`{"type":"grant.opened"}`))
		r := httptest.NewRequest(http.MethodPost, "/hooks/understudy", strings.NewReader(body))
		r.Header.Set("webhook-id", "c1_4")
		r.Header.Set("webhook-timestamp", strconv.FormatInt(time.Now().Unix(), 10))
		r.Header.Set("webhook-signature", signature)
		w := httptest.NewRecorder()
		handler(w, r)
		fmt.Println(w.Code, inbox["c1_4"])
	}
	// Output:
	// 204 {"type":"grant.opened"}
	// 401 {"type":"grant.opened"}
}
