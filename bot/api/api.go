// Package api is what the bot serves over HTTP: its health, its metrics, and
// the API that provisions flows.
//
// GET /healthz says that the process lives. GET /readyz says whether the bot
// can do its work: it is connected to Slack, and the store takes commits. A
// supervisor restarts a bot that isn't alive, and only waits for one that isn't
// ready: Slack being away is no reason to restart. GET /metrics is for
// Prometheus; it names no person, no account and no secret. None of the three
// needs a token.
//
// Under /v1 is the API, [V1]: flows, plans, cases and tokens for those who run the
// bot, grants for apps. openapi.json describes it, and a test holds the two together.
// Under /consent/ is the page for customers, of package consent.
package api

import (
	"context"
	_ "embed"
	"io"
	"net/http"
	"time"
)

//go:embed openapi.json
var openapi []byte

// readyTime is how long a look at the bot's readiness may take.
const readyTime = 3 * time.Second

// Handler answers for a bot whose readiness is ready's: nil if it can do its
// work, or why not. v1 is the API, consent the customers' page; nil serves none.
func Handler(ready func(context.Context) error, metrics, v1, consent http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	if v1 != nil {
		mux.Handle("/v1/", v1)
		mux.Handle("GET /.well-known/", v1)
	}
	if consent != nil {
		mux.Handle("/consent/", consent)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTime)
		defer cancel()
		if err := ready(ctx); err != nil {
			say(w, http.StatusServiceUnavailable, err.Error()+"\n")
			return
		}
		say(w, http.StatusOK, "ready\n")
	})
	return bounded(mux)
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // a prober that has gone needs no answer
}
