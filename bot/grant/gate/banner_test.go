package gate_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

var banner = regexp.MustCompile(`<div id="understudy-banner"`)

// TestTheBannerIsWhereItIsSeen serves pages in the ways that apps do, and says
// what is before the banner and what is behind it.
func TestTheBannerIsWhereItIsSeen(t *testing.T) {
	headed := func(kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if kind != "" {
				w.Header().Set("Content-Type", kind)
			}
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, text)
		}
	}
	pages := map[string]struct {
		app           http.HandlerFunc
		before, after string
	}{
		"a status before the text": {headed("", "<!DOCTYPE html><body><p>x"), "<!DOCTYPE html><body>", "<p>x"},
		"a charset twice":          {headed("text/html; charset=utf-8; charset=utf-8", "<body>x"), "<body>", "x"},
		"a strange content type":   {headed("Text/HTML ;charset", "<body>x"), "<body>", "x"},
		"a body in a comment":      {headed("text/html", "<!-- <body> --><body class='a>b'>x"), "<!-- <body> --><body class='a>b'>", "x"},
		"a body in a script":       {headed("text/html", "<script>'<body>'</script><BODY>x"), "<script>'<body>'</script><BODY>", "x"},
		"a body in the title":      {headed("text/html", "<title><body></title><body>x"), "<title><body></title><body>", "x"},
		"no body":                  {headed("text/html", "<!DOCTYPE html><title>a</title><p>x"), "<!DOCTYPE html>", "<title>a</title><p>x"},
		"nothing but text":         {headed("text/html", "x"), "", "x"},
		"a comment without an end": {headed("text/html", "<!-- <body> x"), "", "<!-- <body> x"},
		"XHTML":                    {headed("application/xhtml+xml", `<html xmlns="http://www.w3.org/1999/xhtml"><body>x</body></html>`), `<html xmlns="http://www.w3.org/1999/xhtml"><body>`, "x</body></html>"},
		"a long head": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<!DOCTYPE html><style>")
			for range 300 {
				fmt.Fprint(w, strings.Repeat("a", 1<<10))
			}
			fmt.Fprint(w, "</style><body>x")
		}, "<!DOCTYPE html>", "<style>"},
		"pieces without a type": {func(w http.ResponseWriter, _ *http.Request) {
			for _, c := range []byte(" <html><body>x") {
				_, _ = w.Write([]byte{c})
			}
		}, "<html><body>", "x"},
		"bytes one by one": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for _, c := range []byte("<html><!--<body>--><body>x") {
				_, _ = w.Write([]byte{c})
				_ = http.NewResponseController(w).Flush()
			}
		}, "<html><!--<body>--><body>", "x"},
		"no type wanted": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			fmt.Fprint(w, "<html><body>x")
		}, "<html><body>", "x"},
	}
	d := newDesk(t, granttest.NewBot(t), func(w http.ResponseWriter, r *http.Request) {
		if page, ok := pages[r.Header.Get("X-Page")]; ok {
			page.app(w, r)
		}
	})
	d.acts(approval.ReadOnly)
	for name, page := range pages {
		_, _, text := d.ask(http.MethodGet, "/", map[string]string{"X-Page": name})
		at := banner.FindStringIndex(text)
		if at == nil {
			t.Errorf("%s: there is no banner:\n%.300s", name, text)
			continue
		}
		_, behind, _ := strings.Cut(text, "</form></div></div>\n")
		if before := strings.TrimSpace(text[:at[0]]); before != page.before || !strings.HasPrefix(behind, page.after) {
			t.Errorf("%s: the banner is behind %q and before %.60q", name, before[max(0, len(before)-60):], behind)
		}
	}
}

// TestWhatCantHaveABannerIsntShown: a page that the app packed, though it was
// asked not to, and one in letters of two bytes.
func TestWhatCantHaveABannerIsntShown(t *testing.T) {
	d := newDesk(t, granttest.NewBot(t), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html"+r.Header.Get("X-Charset"))
		w.Header().Set("Content-Length", "6")
		if encoding := r.Header.Get("X-Encoding"); encoding != "" {
			w.Header().Set("Content-Encoding", encoding)
		}
		fmt.Fprint(w, "secret")
	})
	d.acts(approval.ReadOnly)
	for _, headers := range []map[string]string{{"X-Encoding": "br"}, {"X-Charset": "; charset=utf-16le"}} {
		status, header, text := d.ask(http.MethodGet, "/", headers)
		if status != http.StatusBadGateway || strings.Contains(text, "secret") || !banner.MatchString(text) || header.Get("Content-Encoding") != "" {
			t.Errorf("%v: %d %v\n%s", headers, status, header, text)
		}
	}
	if status, _, text := d.ask(http.MethodGet, "/", map[string]string{"X-Encoding": "identity"}); status != http.StatusOK || !strings.Contains(text, "secret") {
		t.Errorf("%d\n%s", status, text)
	}
}

// TestAPolicyOfAllAnswersStaysAsItIs though some of them are pages with a banner.
func TestAPolicyOfAllAnswersStaysAsItIs(t *testing.T) {
	policy := []string{"default-src 'self'"}
	d := newDesk(t, granttest.NewBot(t), func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Security-Policy"] = policy
		fmt.Fprint(w, "<body>page")
	})
	d.acts(approval.ReadOnly)
	if _, header, _ := d.ask(http.MethodGet, "/", nil); !strings.HasPrefix(header.Get("Content-Security-Policy"), "style-src-attr ") || policy[0] != "default-src 'self'" {
		t.Errorf("the page's is %s; all answers' is %s", header.Get("Content-Security-Policy"), policy)
	}
}

// TestABrowserKeepsNothingOfACustomer: what isn't for everybody isn't shown again
// when somebody acts as another customer, or as nobody.
func TestABrowserKeepsNothingOfACustomer(t *testing.T) {
	d := newDesk(t, granttest.NewBot(t), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if cache := r.Header.Get("X-Cache"); cache != "" {
			w.Header().Set("Cache-Control", cache)
		}
		fmt.Fprint(w, `{}`)
	})
	d.acts(approval.ReadOnly)
	for cache, want := range map[string]string{"": "no-store", "private, max-age=60": "no-store", "max-age=60": "no-store", "public, max-age=60": "public, max-age=60"} {
		if _, header, _ := d.ask(http.MethodGet, "/", map[string]string{"X-Cache": cache}); header.Get("Cache-Control") != want {
			t.Errorf("%q: %q, want %q", cache, header.Get("Cache-Control"), want)
		}
	}
}
