package api

import (
	"net/http"
	"time"
)

const (
	// headerTime is how long a client may take to say what it asks, bodyTime to
	// send the rest, and idleTime to ask again on the same connection.
	headerTime = 5 * time.Second
	bodyTime   = 20 * time.Second
	idleTime   = 2 * time.Minute
	// answerTime is how long an answer may take: more than a plan, and than a
	// client takes that reads it.
	answerTime = 2 * time.Minute
	// mostHeaders is how large all headers of a request may be, in bytes.
	mostHeaders = 32 << 10
)

// bounded answers nobody for ever: who sends a body drop by drop, or doesn't
// read the answer, is cut off, also before it is known whether they have a token.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection := http.NewResponseController(w)
		_ = connection.SetWriteDeadline(time.Now().Add(answerTime)) // a test's recorder has no connection
		if r.ContentLength != 0 {
			_ = connection.SetReadDeadline(time.Now().Add(bodyTime))
		}
		next.ServeHTTP(w, r)
	})
}
