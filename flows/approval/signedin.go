package approval

import (
	"fmt"
	"time"
)

// SignedIn is when and how somebody last proved to an app who they are, as the
// app tells it: OpenID Connect's auth_time, and the amr of RFC 8176. It is zero
// where the app told nothing.
type SignedIn struct {
	At  time.Time `json:"at,omitzero"`
	How []string  `json:"how,omitempty"`
}

// signInLeeway is how far an app's clock may be behind. It is a token's leeway as well.
const signInLeeway = 30 * time.Second

// stale says why a sign-in isn't one of the last so long; empty if it is, or if
// that doesn't matter. One of a time to come isn't: nobody knows how old it is.
func (s SignedIn) stale(fresh time.Duration, now time.Time) string {
	switch age := now.Sub(s.At); {
	case fresh == 0:
		return ""
	case s.At.IsZero():
		return "the app didn't say when it was"
	case age < -ClockSlack:
		return fmt.Sprintf("it is %s ahead", s.At.Sub(now))
	case age > fresh+signInLeeway:
		return fmt.Sprintf("it is %s old, and may be %s", age, fresh)
	}
	return ""
}
