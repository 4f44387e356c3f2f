package gate

import (
	"net/http"
	"net/url"
	"strconv"
)

// This file is for flows that want whoever opens the app to have signed in to it
// a moment ago: RFC 9470, in which the bot challenges and the app has them step up.

// typeFresh is the problem that goes away when they sign in anew.
const typeFresh = "urn:understudy:problem:fresh-sign-in"

// cameBack is in the query of who was sent to sign in anew, so that they are sent
// there once, and not in a circle by an app that finds no need for it.
const cameBack = "again"

// signedIn is when and how somebody last proved who they are, as the bot is told.
type signedIn struct {
	AuthTime int64    `json:"auth_time,omitempty"`
	AMR      []string `json:"amr,omitempty"`
}

func (g *Gate) signedIn(r *http.Request) (s signedIn) {
	if g.SignedIn == nil {
		return s
	}
	at, how := g.SignedIn(r)
	if !at.IsZero() {
		s.AuthTime = at.Unix()
	}
	s.AMR = how
	return s
}

// signInAgain sends somebody to sign in anew, and back to what they came for. The
// bot has used nothing up.
func (g *Gate) signInAgain(w http.ResponseWriter, r *http.Request, p *Problem) {
	page := notice{Title: p.Title, Detail: p.Detail, Status: http.StatusForbidden}
	if g.SignedIn == nil || g.SignInAgain == "" {
		g.Log.WarnContext(r.Context(), "a flow wants a fresh sign-in, which the app can't show: set SignedIn and SignInAgain of the gate's options")
		g.show(w, page)
		return
	}
	back := *r.URL
	query := back.Query()
	query.Set(cameBack, "1")
	back.RawQuery = query.Encode()
	page.SignIn = g.SignInAgain + "?" + url.Values{"next": {Local(back.RequestURI())}, "max_age": {strconv.Itoa(p.MaxAge)}}.Encode()
	if r.FormValue(cameBack) != "" {
		g.show(w, page)
		return
	}
	http.Redirect(w, r, page.SignIn, http.StatusSeeOther)
}
