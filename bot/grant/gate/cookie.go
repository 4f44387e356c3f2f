package gate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/bot/loopback"
)

// The gate's cookies: a grant's token, and the request that somebody waits for.
const (
	tokenCookie = "understudy_grant"
	askedCookie = "understudy_asked"
)

// cookieLife is longer than any grant; the token says when it is over.
const cookieLife = 25 * time.Hour

// named is what a cookie is called. Browsers take __Host- from this very host
// alone, by TLS: a neighbour under the same domain can't put another in its place.
func named(r *http.Request, name string) string {
	if secure(r) {
		return "__Host-" + name
	}
	return name
}

func cookieOf(r *http.Request, name string) string {
	cookie, err := r.Cookie(named(r, name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (g *Gate) set(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: named(r, name), Value: value, Path: "/", MaxAge: int(cookieLife / time.Second), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure(r),
	})
}

// secure says whether the browser came by TLS, as far as that can be known.
func secure(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil { // it has no port
		host = strings.Trim(r.Host, "[]")
	}
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" || !loopback.Is(host)
}

// forget drops the grant's token.
func (g *Gate) forget(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: named(r, tokenCookie), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure(r)})
}

// mark is what only this app can make of these words: it shows that a form, or a
// cookie, is the gate's own, and of whom.
func (g *Gate) mark(words ...string) string {
	mac := hmac.New(sha256.New, []byte(g.Token))
	mac.Write([]byte(strings.Join(words, "\x00")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// formMark is in every form of the gate, for one person.
func (g *Gate) formMark(email string) string { return g.mark("form", token.FoldEmail(email)) }

// ofOwnForm says whether the request is a form that the gate gave this person.
func (g *Gate) ofOwnForm(r *http.Request) bool {
	return hmac.Equal([]byte(r.PostFormValue("understudy_csrf")), []byte(g.formMark(g.Staff(r))))
}

// asked is the cookie of a request: its id, and a mark of who asked.
func (g *Gate) asked(id, email string) string {
	return id + "." + g.mark("asked", id, token.FoldEmail(email))
}

// hasAsked says whether it is this person's request.
func (g *Gate) hasAsked(r *http.Request, id string) bool {
	return id != "" && hmac.Equal([]byte(cookieOf(r, askedCookie)), []byte(g.asked(id, g.Staff(r))))
}
