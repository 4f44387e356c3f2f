package django_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/flows/approval"
)

// between stands between the app and its bot, and answers otherwise than the bot
// would.
type between struct {
	t   *testing.T
	bot *granttest.Bot
	app *app

	mu      sync.Mutex
	forge   func(token.Claims) string
	instead map[string]http.HandlerFunc // of the bot, by path
	calls   map[string]int
	streams []context.CancelFunc
	cases   int
	// second is one more of the bot's keys, as far as the app knows, that signs
	// whatever a test wants.
	second ed25519.PrivateKey
}

const secondKey = "second"

const (
	redeem  = "/v1/grants/redeem"
	refresh = "/v1/grants/refresh"
	stream  = "/v1/grants/stream"
	revoke  = "/v1/revoke"
	deeds   = "/v1/grants/deeds"
	keys    = "/.well-known/jwks.json"
)

// newBetween starts the test app with a bot that isn't quite one.
func newBetween(t *testing.T) *between {
	b := &between{t: t, bot: granttest.NewBot(t), instead: map[string]http.HandlerFunc{}, calls: map[string]int{}}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b.second = private
	b.instead[keys] = func(w http.ResponseWriter, _ *http.Request) {
		all, err := b.bot.Keys.Public(time.Now())
		all.Keys = append(all.Keys, jose.JSONWebKey{Key: public, KeyID: secondKey, Algorithm: "EdDSA", Use: "sig"})
		if err := errors.Join(err, json.NewEncoder(w).Encode(all)); err != nil {
			t.Error(err)
		}
	}
	address, err := url.Parse(b.bot.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(address) },
		FlushInterval: -1, ModifyResponse: b.forged, ErrorLog: nil,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.calls[r.URL.Path]++
		handler := b.instead[r.URL.Path]
		ctx, cancel := context.WithCancel(r.Context())
		if r.URL.Path == stream {
			b.streams = append(b.streams, cancel)
		}
		b.mu.Unlock()
		defer cancel()
		if handler == nil {
			handler = proxy.ServeHTTP
		}
		handler(w, r.WithContext(ctx))
	}))
	t.Cleanup(func() {
		b.cut()
		server.CloseClientConnections()
		server.Close()
	})
	environment := b.bot.Environment()
	environment[0] = "UNDERSTUDY_URL=" + server.URL + "/"
	b.app = start(t, environment...)
	return b
}

// cut breaks the app's stream off.
func (b *between) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, cancel := range b.streams {
		cancel()
	}
	b.streams = nil
}

// called is how often the app has asked for this.
func (b *between) called(path string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[path]
}

// answers has a path answered in the place of the bot, until the test ends.
func (b *between) answers(t *testing.T, path string, handler http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.instead[path] = handler
	t.Cleanup(func() { b.asBefore(path) })
}

func (b *between) asBefore(path string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.instead, path)
}

// forges gives the app another token than the bot's for a link, until the test ends.
func (b *between) forges(t *testing.T, forge func(token.Claims) string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forge = forge
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.forge = nil
	})
}

func (b *between) forged(r *http.Response) error {
	b.mu.Lock()
	forge := b.forge
	b.mu.Unlock()
	if forge == nil || r.Request.URL.Path != redeem || r.StatusCode != http.StatusOK {
		return nil
	}
	var o api.Opening
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		return err
	}
	o.Token = forge(b.read(o.Token))
	data, err := json.Marshal(o)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	r.Header.Set("Content-Length", strconv.Itoa(len(data)))
	return err
}

func (b *between) read(raw string) token.Claims {
	keys, err := b.bot.Keys.Public(time.Now())
	if err != nil {
		b.t.Error(err)
	}
	claims, err := token.Read(raw, keys)
	if err != nil {
		b.t.Error(err)
	}
	return claims
}

// sign signs as the bot does.
func (b *between) sign(claims token.Claims) string {
	raw, err := b.bot.Keys.Sign(claims, time.Now())
	if err != nil {
		b.t.Error(err)
	}
	return raw
}

// browser is Kim's.
type browser struct {
	t    *testing.T
	app  string
	http *http.Client
	// acting is what the app says of Kim while she acts as a customer.
	acting string
}

type answer struct {
	status int
	header http.Header
	text   string
}

func (b *between) kim(t *testing.T) *browser {
	t.Helper()
	kim := b.nobody(t)
	kim.get("/sign-in?staff=" + granttest.Kim)
	return kim
}

func (b *between) nobody(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stays := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{t: t, app: b.app.url, http: &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: stays}}
}

// allowed is a grant that Kim may open, for another account called Acme each time.
func (b *between) allowed(scope approval.Scope) (id, account string) {
	b.cases++
	account = fmt.Sprint("acct_", b.cases)
	return b.bot.Allowed(account, "Acme", scope), account
}

// tries has Kim signed in, and click a link.
func (b *between) tries(t *testing.T, scope approval.Scope) (kim *browser, id string, got answer) {
	t.Helper()
	id, account := b.allowed(scope)
	kim = b.kim(t)
	kim.acting = "kim@example.com as " + account + map[approval.Scope]string{readOnly: " (read_only)", full: " (full)"}[scope]
	return kim, id, kim.get("/understudy/open?code=" + b.bot.Code(id))
}

// opens has Kim in the app as Acme.
func (b *between) opens(t *testing.T, scope approval.Scope) (kim *browser, id string) {
	t.Helper()
	kim, id, got := b.tries(t, scope)
	if got.status != http.StatusSeeOther {
		t.Fatalf("%d:\n%s", got.status, got.text)
	}
	kim.is(kim.acting)
	return kim, id
}

func (b *browser) get(path string, headers ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, headers...)
}

func (b *browser) do(method, path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, b.app+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.http.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

var (
	shown = regexp.MustCompile(`<p id="(who|voided)">([^<]*)</p>`)
	mark  = regexp.MustCompile(`name="understudy_csrf" value="([^"]*)"`)
)

// page is who the app says somebody is, and how much was voided.
func (b *browser) page() (who, voided string) {
	b.t.Helper()
	text := b.get("/").text
	for _, match := range shown.FindAllStringSubmatch(text, -1) {
		if match[1] == "who" {
			who = match[2]
		} else {
			voided = match[2]
		}
	}
	if who == "" {
		who = text
	}
	return who, voided
}

func (b *browser) is(want string) {
	b.t.Helper()
	if got, _ := b.page(); got != want {
		b.t.Errorf("the app says %q, want %q", got, want)
	}
}

// secret is that of the forms on a page.
func (b *browser) secret(path string) url.Values {
	b.t.Helper()
	match := mark.FindStringSubmatch(b.get(path).text)
	if match == nil {
		b.t.Fatalf("%s has no form", path)
	}
	return url.Values{"understudy_csrf": {match[1]}}
}

// soon is that something becomes so.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(8 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came that " + what)
		}
	}
}
