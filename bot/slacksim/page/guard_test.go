package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/slacksim/page"
)

func TestOnlyThisMachineIsServed(t *testing.T) {
	h := page.Handler(slacksim.New(slacksim.Options{Calm: true}), page.Options{})
	for host, want := range map[string]int{
		"localhost":           http.StatusOK,
		"localhost:8090":      http.StatusOK,
		"LOCALHOST:8090":      http.StatusOK,
		"127.0.0.1:8090":      http.StatusOK,
		"127.8.9.10":          http.StatusOK,
		"[::1]:8090":          http.StatusOK,
		"[::1]":               http.StatusOK,
		"":                    http.StatusForbidden,
		"example.com":         http.StatusForbidden,
		"localhost.evil.test": http.StatusForbidden,
		"127.0.0.1.evil.test": http.StatusForbidden,
		"192.168.1.4:8090":    http.StatusForbidden,
		"0.0.0.0:8090":        http.StatusForbidden,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
	}
}

func TestOnlyThePageItselfActs(t *testing.T) {
	h := page.Handler(slacksim.New(slacksim.Options{Calm: true}), page.Options{})
	for name, c := range map[string]struct {
		origin, kind, method string
		want                 int
	}{
		"the page":           {"http://127.0.0.1:8090", "application/json", http.MethodPost, http.StatusOK},
		"with a charset":     {"http://127.0.0.1:8090", "application/json; charset=utf-8", http.MethodPost, http.StatusOK},
		"no origin":          {"", "application/json", http.MethodPost, http.StatusForbidden},
		"another site":       {"https://evil.test", "application/json", http.MethodPost, http.StatusForbidden},
		"another port":       {"http://127.0.0.1:3000", "application/json", http.MethodPost, http.StatusForbidden},
		"another name of it": {"http://localhost:8090", "application/json", http.MethodPost, http.StatusForbidden},
		"a sandboxed frame":  {"null", "application/json", http.MethodPost, http.StatusForbidden},
		"a form":             {"http://127.0.0.1:8090", "application/x-www-form-urlencoded", http.MethodPost, http.StatusForbidden},
		"plain text":         {"http://127.0.0.1:8090", "text/plain", http.MethodPost, http.StatusForbidden},
		"no type":            {"http://127.0.0.1:8090", "", http.MethodPost, http.StatusForbidden},
		"a preflight":        {"https://evil.test", "", http.MethodOptions, http.StatusForbidden},
		"a GET":              {"http://127.0.0.1:8090", "application/json", http.MethodGet, http.StatusNotFound},
	} {
		r := httptest.NewRequest(c.method, "/do/command", strings.NewReader(`{"text":"hello"}`))
		r.Host = "127.0.0.1:8090"
		for key, value := range map[string]string{"Origin": c.origin, "Content-Type": c.kind} {
			if value != "" {
				r.Header.Set(key, value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, c.want, w.Body)
		}
		for header := range w.Header() {
			if strings.HasPrefix(header, "Access-Control-") {
				t.Errorf("%s: the answer has %s", name, header)
			}
		}
	}
}

func TestNothingInlineAndNothingFromElsewhere(t *testing.T) {
	h := page.Handler(slacksim.New(slacksim.Options{Calm: true}), page.Options{})
	for path, kind := range map[string]string{"/": "text/html", "/app.js": "text/javascript", "/page.css": "text/css", "/icon.svg": "image/svg+xml"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "127.0.0.1"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || !strings.HasPrefix(got, kind) {
			t.Errorf("%s: %d %s, want %s", path, w.Code, got, kind)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
}
