package express

import (
	"bufio"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

// browser is a browser in which somebody of staff is signed in to testdata/pages.js.
type browser struct {
	t   *testing.T
	app string
	*http.Client
}

func signIn(t *testing.T, app, email string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	never := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b := &browser{t, app, &http.Client{Jar: jar, CheckRedirect: never, Timeout: 20 * time.Second, Transport: &http.Transport{DisableCompression: true}}}
	t.Cleanup(b.CloseIdleConnections)
	b.get("/sign-in?staff=" + email)
	return b
}

// allowed is a grant that ends with the test, so that the next one may have the
// same account.
func allowed(t *testing.T, bot *granttest.Bot, account string, scope approval.Scope) (id string) {
	id = bot.Allowed(account, "Acme", scope)
	t.Cleanup(func() {
		if bot.Case(id).Status == approval.Active {
			bot.Do(id, approval.Bar{Why: "the test has ended"})
		}
	})
	return id
}

// kim has opened a grant.
func kim(t *testing.T, bot *granttest.Bot, app, account string, scope approval.Scope) (b *browser, id string) {
	t.Helper()
	id = allowed(t, bot, account, scope)
	b = signIn(t, app, granttest.Kim)
	if got := b.get("/understudy/open?code=" + bot.Code(id)); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("opening: %d:\n%s", got.StatusCode, got.text)
	}
	return b, id
}

type answer struct {
	*http.Response
	text string
}

func (b *browser) get(path string, header ...string) answer {
	return b.do(http.MethodGet, path, "", header...)
}

func (b *browser) post(path string, form url.Values) answer {
	return b.do(http.MethodPost, path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// do asks as a browser does that goes to a page, or otherwise by these headers.
func (b *browser) do(method, path, body string, header ...string) answer {
	b.t.Helper()
	response := b.begin(method, path, body, header...)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatalf("%s: %v", path, err)
	}
	return answer{response, string(text)}
}

func (b *browser) begin(method, path, body string, header ...string) *http.Response {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.app+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html,*/*;q=0.8")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := b.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	return response
}

var shown = regexp.MustCompile(`(?s)<div id="understudy-banner".*?</form></div></div>\n`)

// apart is a page without its banners, and what comes before each.
func apart(page string) (rest string, before []string) {
	for _, at := range shown.FindAllStringIndex(page, -1) {
		before = append(before, page[:at[0]])
	}
	return shown.ReplaceAllString(page, ""), before
}

// TestPages has the middleware under an app that does all that apps do.
func TestPages(t *testing.T) {
	install(t)
	for _, version := range []string{"4", "5"} { // of which 4 waits for no promise
		t.Run("version "+version, func(t *testing.T) {
			t.Parallel()
			bot := granttest.NewBot(t)
			app := serve(t, bot, "testdata/pages.js", "EXPRESS="+version)
			for name, test := range map[string]func(*testing.T, *granttest.Bot, string){
				"the banner is on every page":            banners,
				"a page that comes in pieces":            pieces,
				"a GET that becomes another method":      overrides,
				"what is there of a code":                codes,
				"a session is kept under a new id":       keeps,
				"a link that only robots follow":         robots,
				"a hook of the app's that fails":         hooks,
				"another flow's grant":                   otherFlows,
				"an account that is markup":              markup,
				"methods that nobody knows":              methods,
				"what is refused isn't told as a deed":   deeds,
				"what was sent before the end was told":  late,
				"who asks for no page gets no page":      programs,
				"an app mounted elsewhere has own paths": mounted,
				"forms that the app has read":            forms,
				"what streams ends with the grant":       lasting,
				"sockets":                                sockets,
				"no deed hides another":                  hiddenDeeds,
				"pages that hide what they are":          disguised,
				"a page that is nothing but bodies":      bodies,
			} {
				t.Run(name, func(t *testing.T) { test(t, bot, app) })
			}
		})
	}
}

func banners(t *testing.T, bot *granttest.Bot, app string) {
	eve := signIn(t, app, granttest.Eve)
	acting, _ := kim(t, bot, app, "acct_1", approval.ReadOnly)
	for path, after := range map[string]string{
		"/whole": `<body class="x">`, "/render": "<body>", "/file": `<body class="file">`, "/compressed": `<body class="x">`, "/head": `<body class="x">`,
		"/list": `<body class="x">`, "/status": `<body class="x">`, "/comment": "<BODY data-x=\"1>2\"\n>", "/bodyless": "<!doctype html>", "/fragment": "", "/calls": "<body>",
		"/error": "<body>", "/nothing-there": "<body>", "/export": "",
	} {
		plain := eve.get(path, "Accept-Encoding", "gzip")
		if plain.Header.Get("Content-Encoding") == "gzip" {
			unpacked, err := gzip.NewReader(strings.NewReader(plain.text))
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(unpacked)
			plain.text = string(text)
		} else if path == "/whole" || path == "/compressed" {
			t.Errorf("%s isn't compressed for others", path)
		}
		got := acting.get(path, "Accept-Encoding", "gzip", "If-None-Match", plain.Header.Get("Etag"))
		rest, before := apart(got.text)
		if len(before) != 1 || !strings.HasSuffix(before[0], after) && path != "/export" || rest != plain.text && path != "/export" {
			t.Errorf("%s: %d, %d banners, after %.300q:\n%.300s\nwant %.300s", path, got.StatusCode, len(before), before, rest, plain.text)
		}
		if got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Etag") != "" || strings.Contains(plain.text, "understudy-banner") {
			t.Errorf("%s: %v", path, got.Header)
		}
		if head := acting.do(http.MethodHead, path, ""); head.Header.Get("Content-Length") != "" && head.StatusCode == http.StatusOK {
			t.Errorf("HEAD %s: %v", path, head.Header)
		}
	}
	if got := acting.get("/list"); len(got.Header.Values("Set-Cookie")) != 2 {
		t.Errorf("cookies: %v", got.Header)
	}
	for _, path := range []string{"/json", "/static", "/attached", "/redirect", "/empty"} {
		if got, plain := acting.get(path), eve.get(path); got.text != plain.text || got.StatusCode != plain.StatusCode {
			t.Errorf("%s: %d %.300s", path, got.StatusCode, got.text)
		}
	}
	if got := acting.get("/fragment", "Sec-Fetch-Dest", "empty"); got.text != "<p>here</p>" {
		t.Errorf("what a script asks for: %s", got.text)
	}
	if got := acting.get("/json").Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("the customer's data may be cached: %s", got)
	}
	if got := acting.get("/static").Header.Get("Cache-Control"); got != "public, max-age=60" {
		t.Errorf("a style sheet: %s", got)
	}
	if got := acting.get("/gzip"); got.StatusCode != http.StatusInternalServerError || !strings.Contains(got.text, "came compressed") {
		t.Errorf("a page that can't be read is shown without a banner: %d", got.StatusCode)
	}
}

// pieces are of a page that isn't held back once the banner is in it.
func pieces(t *testing.T, bot *granttest.Bot, app string) {
	acting, _ := kim(t, bot, app, "acct_1", approval.ReadOnly)
	page := acting.begin(http.MethodGet, "/stream", "")
	defer page.Body.Close()
	lines := bufio.NewReader(page.Body)
	first, err := lines.ReadString('\n')
	for !strings.Contains(first, "</form></div>") && err == nil {
		var more string
		more, err = lines.ReadString('\n')
		first += more
	}
	if err != nil {
		t.Fatal(err)
	}
	acting.get("/release")
	last, err := io.ReadAll(lines)
	if rest, before := apart(first + string(last)); err != nil || len(before) != 1 || rest != "<html><head><title>x</title></head><body><p>first</p><p>last</p></body></html>" {
		t.Errorf("%v, %q:\n%s", err, before, rest)
	}
}
