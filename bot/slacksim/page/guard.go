package page

import (
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// policy lets the page run its own files and talk to its own server, nothing
// else: no inline script or style, no picture from elsewhere, no frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard keeps other web pages away from a server on loopback. A page elsewhere
// can make this browser send requests here, and can point a name of its own
// at this machine; what it can't do is choose the Host and Origin that the browser
// says, or send JSON to another origin unasked.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if why := refusal(r); why != "" {
			fail(w, http.StatusForbidden, why)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refusal says why a request isn't served; empty if it is.
func refusal(r *http.Request) string {
	if !loopback(r.Host) {
		return "This page is served to this machine alone: open it as http://localhost or http://127.0.0.1, with its port."
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return ""
	}
	if origin := r.Header.Get("Origin"); !strings.EqualFold(origin, "http://"+r.Host) {
		return "Only the page itself may act here."
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return "What is done here is sent as application/json."
	}
	return ""
}

// loopback reports whether a Host header names this machine by a name that
// nobody else can give out.
func loopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && addr.IsLoopback()
}
