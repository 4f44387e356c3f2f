package django_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

// lasting is a stream that somebody opened while they acted.
func lasting(t *testing.T, b *between) {
	kim, id := b.opens(t, full)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.app.url+"/odd/lasting", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := kim.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	if first, err := lines.ReadString('\n'); err != nil || first != "more\n" {
		t.Fatalf("%q: %v", first, err)
	}
	began := time.Now()
	b.bot.Do(id, approval.Bar{Why: "called back"})
	rest, err := io.ReadAll(lines)
	if took := time.Since(began); err != nil || took > 5*time.Second || strings.Contains(string(rest), "to its end") {
		t.Errorf("it went on for %s: %v", took, err)
	}
}

// endUnheard has Kim end a grant of two browsers while the app doesn't hear the bot.
func endUnheard(t *testing.T, b *between) {
	kim, id := b.opens(t, readOnly)
	other := b.kim(t)
	other.get("/understudy/open?code=" + b.bot.Code(id))
	connected := b.called(stream)
	b.answers(t, stream, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	b.cut()
	soon(t, "the app hears nothing any more, and tries again", func() bool { return b.called(stream) > connected })
	kim.do(http.MethodPost, "/understudy/end", kim.secret("/"))
	if got := other.get("/"); !strings.Contains(got.text, "has ended") {
		t.Errorf("in the other browser:\n%s", got.text)
	}
	b.asBefore(stream)
	again := b.called(stream)
	soon(t, "the app hears the bot again", func() bool { return b.called(stream) > again })
}

// lateScripts are of a page that was opened as the customer.
func lateScripts(t *testing.T, b *between) {
	kim := revoked(t, b)
	_, before := b.kim(t).page()
	for _, headers := range [][]string{{"Sec-Fetch-Mode", "cors"}, {"Sec-Fetch-Mode", "no-cors"}, {"Accept", "application/json"}} {
		if got := kim.get("/script", headers...); got.status != http.StatusForbidden {
			t.Errorf("%v: %d %s", headers, got.status, got.text)
		}
	}
	kim.get("/", "Sec-Purpose", "prefetch", "Sec-Fetch-Mode", "navigate") // which nobody reads
	if got := kim.do(http.MethodPost, "/invoices/7/void", url.Values{}); got.status != http.StatusForbidden {
		t.Errorf("once the notice was fetched ahead: %d", got.status)
	}
	kim.get("/")
	if got := kim.get("/script", "Sec-Fetch-Mode", "cors"); got.text != "done" {
		t.Errorf("once they know, in their own name: %d %s", got.status, got.text)
	}
	if _, after := kim.page(); after == before {
		t.Error("it wasn't done")
	}
}

// disguised are pages that browsers show, whatever the app calls them.
func disguised(t *testing.T, b *between) {
	kim, _ := b.opens(t, readOnly)
	if got := kim.get("/odd/typeless"); strings.Count(got.text, "understudy-banner") != 1 {
		t.Errorf("without a type: %v\n%s", got.header, got.text)
	}
	if got := kim.get("/odd/wide"); got.status != http.StatusInternalServerError || strings.Count(got.text, "understudy-banner") != 1 {
		t.Errorf("in letters of two bytes: %d\n%s", got.status, got.text)
	}
}

// bodies take no longer for being looked for.
func bodies(t *testing.T, b *between) {
	kim, _ := b.opens(t, readOnly)
	began := time.Now()
	if got := kim.get("/odd/bodies"); strings.Count(got.text, "understudy-banner") != 1 {
		t.Errorf("%.300s", got.text)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
}

func hostCookies(t *testing.T, b *between) {
	id, account := b.allowed(readOnly)
	kim := b.nobody(t)
	got := kim.get("/understudy/open?code="+b.bot.Code(id), "X-Forwarded-Proto", "https")
	own, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	if set := got.header.Get("Set-Cookie"); !strings.HasPrefix(set, "__Host-understudy_link=") || !strings.Contains(set, "Path=/;") || !strings.Contains(set, "Secure") || strings.Contains(set, "Domain") {
		t.Errorf("Set-Cookie: %s", set)
	}
	kim.get("/sign-in?staff=" + granttest.Kim)
	if got := kim.get("/understudy/open", "X-Forwarded-Proto", "https", "Cookie", "understudy_link=tossed; "+own); got.status != http.StatusSeeOther {
		t.Errorf("a neighbour's cookie: %d\n%s", got.status, got.text)
	}
	kim.is("kim@example.com as " + account + " (read_only)")
}

// unknown is an account of which the app can't say whether it is one of the staff.
func unknown(t *testing.T, b *between) {
	kim := b.kim(t)
	if got := kim.get("/understudy/open?code=" + b.bot.Code(b.bot.Allowed("acct_nobody_knows", "Acme", readOnly))); got.status != http.StatusForbidden {
		t.Errorf("%d:\n%s", got.status, got.text)
	}
	kim.is("kim@example.com")
}

// hiddenDeeds sends what the bot wouldn't keep, so that it kept nothing.
func hiddenDeeds(t *testing.T, b *between) {
	kim, id := b.opens(t, full)
	kim.do(http.MethodPost, "/invoices/7/void", url.Values{})
	for _, method := range []string{"M-SEARCH", "x~|", strings.Repeat("LONG", 20)} {
		kim.do(http.MethodPost, "/invoices/7/void", url.Values{}, "X-Other-Override", method)
	}
	kim.do(http.MethodPost, "/odd/broken", url.Values{})
	kim.get("/odd/json", "Connection", "Upgrade", "Upgrade", "websocket")
	kim.get("/odd/json", "X-HTTP-Method-Override", "DELETE")
	kim.do(http.MethodPost, "/"+strings.Repeat("%e2%80%ae%ff", 100), url.Values{})
	kim.do(http.MethodPost, "/understudy/end", kim.secret("/"))
	var told []string
	for _, one := range b.bot.Deeds(id) {
		told = append(told, fmt.Sprintf("%s %.20s %d", one.Method, one.Path, one.Status))
	}
	want := "POST /invoices/7/void 303, OTHER /invoices/7/void 303, OTHER /invoices/7/void 303, OTHER /invoices/7/void 303, POST /odd/broken 500, GET /odd/json 200, GET /odd/json 200, POST /%E2%80%AE%25FF%E2%8 404"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("told: %s\nwant: %s", got, want)
	}
}

// TestTheTokenStaysHere: it is sent by TLS, or not out of the machine.
func TestTheTokenStaysHere(t *testing.T) {
	t.Parallel()
	for address, fine := range map[string]bool{
		"https://bot.example": true, "http://127.0.0.1:8080": true, "http://localhost:8080": true, "http://[::1]:8080": true,
		"http://bot.example": false, "http://127.0.0.1.evil.example": false, "http://127.0.0.1@evil.example": false, "HTTP://bot.example": false, "http://10.0.0.1": false,
	} {
		if said := settings(t, address); fine != (said == "") {
			t.Errorf("%s: %s", address, said)
		}
	}
}

// settings is what the middleware says of a bot's address.
func settings(t *testing.T, address string) string {
	t.Helper()
	const program = `
import sys
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from understudy import UnderstudyMiddleware
settings.configure(UNDERSTUDY={"URL": sys.argv[1], "APP": "a", "TOKEN": "t", "SIGN_IN": "/", "STAFF_EMAIL": len, "IS_STAFF_ACCOUNT": len})
try:
    UnderstudyMiddleware(None)
except ImproperlyConfigured as why:
    print(why)
`
	said, err := exec.CommandContext(t.Context(), python(t), "-B", "-c", program, address).CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, said)
	}
	return string(said)
}
