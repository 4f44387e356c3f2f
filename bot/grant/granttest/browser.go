package granttest

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// browser is a browser of somebody's, as far as the suite needs one.
type browser struct {
	t    testing.TB
	app  string // its address
	http *http.Client
}

// answer is the last page that a browser came to.
type answer struct {
	status int
	path   string // where it is, with its query
	header http.Header
	text   string
}

func newBrowser(t testing.TB, app string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, app, &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

// signedIn is the browser of a member of staff.
func signedIn(t testing.TB, app, email string) *browser {
	t.Helper()
	b := newBrowser(t, app)
	if got := b.get("/sign-in?staff=" + url.QueryEscape(email)); who(got) != email {
		t.Fatalf("after signing in the app says %q", who(got))
	}
	return b
}

func (b *browser) get(path string) answer { return b.do(http.MethodGet, path, nil) }

func (b *browser) post(path string, form url.Values) answer {
	if form == nil {
		form = url.Values{}
	}
	return b.do(http.MethodPost, path, form)
}

// do sends a request with these headers, and goes where the answer leads.
func (b *browser) do(method, path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, b.app+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.Header.Set("Accept", "text/html")
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := b.http.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Request.URL.RequestURI(), response.Header, string(text)}
}

// step is get without going where the answer leads.
func (b *browser) step(path string) answer {
	b.t.Helper()
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { b.http.CheckRedirect = nil }()
	return b.do(http.MethodGet, path, nil)
}

// cookies are all that the app has given the browser.
func (b *browser) cookies() string {
	address, err := url.Parse(b.app)
	if err != nil {
		b.t.Fatal(err)
	}
	var all []string
	for _, c := range b.http.Jar.Cookies(address) {
		all = append(all, c.String())
	}
	return strings.Join(all, "; ")
}

var (
	whoTag  = regexp.MustCompile(`<p id="who">([^<]*)</p>`)
	voidTag = regexp.MustCompile(`<p id="voided">([^<]*)</p>`)
	input   = regexp.MustCompile(`<input[^>]*>`)
	name    = regexp.MustCompile(`\bname="([^"]*)"`)
	value   = regexp.MustCompile(`\bvalue="([^"]*)"`)
)

func who(a answer) string { return found(whoTag, a.text) }

func voided(a answer) string { return found(voidTag, a.text) }

func found(tag *regexp.Regexp, text string) string {
	if match := tag.FindStringSubmatch(text); match != nil {
		return html.UnescapeString(match[1])
	}
	return ""
}

// fields are the hidden fields of a page's forms.
func fields(a answer) url.Values {
	all := url.Values{}
	for _, tag := range input.FindAllString(a.text, -1) {
		if n := found(name, tag); n != "" {
			all.Set(n, found(value, tag))
		}
	}
	return all
}
