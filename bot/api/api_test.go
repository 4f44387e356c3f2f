package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/understudyhq/understudy/bot/api"
)

func TestHealth(t *testing.T) {
	for _, test := range []struct {
		path   string
		ready  error
		status int
		body   string
	}{
		{"/healthz", nil, 200, "alive\n"},
		{"/healthz", errors.New("no connection to Slack"), 200, "alive\n"},
		{"/readyz", nil, 200, "ready\n"},
		{"/readyz", errors.New("no connection to Slack"), 503, "no connection to Slack\n"},
		{"/secrets", nil, 404, "404 page not found\n"},
	} {
		w := httptest.NewRecorder()
		handler := api.Handler(func(context.Context) error { return test.ready }, http.NotFoundHandler(), nil, nil)
		handler.ServeHTTP(w, httptest.NewRequest("GET", test.path, nil))
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("GET %s, ready: %v: got %d %q, want %d %q", test.path, test.ready, w.Code, w.Body, test.status, test.body)
		}
	}
}
