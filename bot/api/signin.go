package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// SignIn is when and how somebody last proved to an app who they are, as OpenID
// Connect and RFC 8176 say it. An app may leave it out.
type SignIn struct {
	AuthTime int64    `json:"auth_time,omitempty"` // in seconds since 1970
	AMR      []string `json:"amr,omitempty"`
}

const (
	// latestAuthTime is the end of the year 9999. What is later is in milliseconds.
	latestAuthTime = 253_402_300_799
	mostMethods    = 10
	longestWord    = 40
)

func (s SignIn) read() (signedIn approval.SignedIn, err error) {
	if s.AuthTime < 0 || s.AuthTime > latestAuthTime {
		return signedIn, wrong("auth_time", "it isn't a time in seconds since 1970")
	}
	if len(s.AMR) > mostMethods {
		return signedIn, wrong("amr", fmt.Sprintf("%d ways to sign in; give %d at most", len(s.AMR), mostMethods))
	}
	for _, word := range s.AMR {
		if !isWord(word) {
			return signedIn, wrong("amr", fmt.Sprintf("%q isn't a word such as hwk or mfa, of %d letters at most", word, longestWord))
		}
	}
	if s.AuthTime > 0 {
		signedIn.At = time.Unix(s.AuthTime, 0).UTC()
	}
	if len(s.AMR) > 0 { // an empty list says nothing
		signedIn.How = s.AMR
	}
	return signedIn, nil
}

// isWord takes what is written in visible letters of ASCII.
func isWord(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= longestWord
}

// notFresh says that somebody has to sign in anew before a grant is opened.
func notFresh(c approval.Case, signedIn approval.SignedIn, now time.Time) *Problem {
	fresh := c.Flow.App.FreshSignIn
	is, then := "you signed in before that", "Sign in here once more, then open it again."
	switch {
	case signedIn.At.IsZero():
		is, then = "this app doesn't say when you did", "Tell the people who run this app: it has to tell Understudy when a member of staff signed in (auth_time)."
	case signedIn.At.After(now):
		is, then = "this app says that you will", "Tell the people who run this app: its clock, or the time of sign-in that it tells Understudy (auth_time), is wrong."
	}
	p := problem(http.StatusUnauthorized, typeFresh, "Sign in once more", fmt.Sprintf("To act as %s you must have signed in here within the last %s, and %s. Nothing was opened, and nothing is used up. %s", c.Account.Name, spoken(fresh), is, then))
	p.MaxAge = int(fresh / time.Second)
	return p
}

// spoken is a time as people say it.
func spoken(d time.Duration) string {
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		switch n := d / unit.length; {
		case d%unit.length != 0:
		case n == 1:
			return unit.name
		default:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return d.String()
}
