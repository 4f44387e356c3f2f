package express

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

// lasting is a stream that somebody opened while they acted.
func lasting(t *testing.T, bot *granttest.Bot, app string) {
	b, id := kim(t, bot, app, "acct_1", approval.FullAccess)
	stream := b.begin(http.MethodGet, "/lasting", "")
	defer stream.Body.Close()
	if _, err := io.ReadFull(stream.Body, make([]byte, len("begun"))); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	bot.Do(id, approval.Bar{Why: "called back"})
	rest, err := io.ReadAll(stream.Body)
	if took := time.Since(began); len(rest) > 0 || took > 5*time.Second {
		t.Errorf("it went on for %s: %q %v", took, rest, err)
	}
}

// socket opens one as the browser's person, and gives what it says first.
func (b *browser) socket(header ...string) (conn net.Conn, first string) {
	b.t.Helper()
	at, err := url.Parse(b.app)
	if err != nil {
		b.t.Fatal(err)
	}
	conn, err = new(net.Dialer).DialContext(b.t.Context(), "tcp", at.Host)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		b.t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, b.app+"/socket?secret=1", nil)
	request.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"test"}}
	for pair := range slices.Chunk(header, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	for _, c := range b.Jar.Cookies(at) {
		request.AddCookie(c)
	}
	if err := request.Write(conn); err != nil {
		b.t.Fatal(err)
	}
	lines := bufio.NewReader(conn)
	response, err := http.ReadResponse(lines, request)
	if err != nil {
		b.t.Fatal(err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return conn, response.Status
	}
	first, err = lines.ReadString('\n')
	if err != nil {
		b.t.Fatal(err)
	}
	return conn, strings.TrimSpace(first)
}

// sockets don't go through Express.
func sockets(t *testing.T, bot *granttest.Bot, app string) {
	if _, got := signIn(t, app, granttest.Eve).socket(); got != granttest.Eve {
		t.Errorf("as oneself: %s", got)
	}
	looks, looking := kim(t, bot, app, "acct_1", approval.ReadOnly)
	if _, got := looks.socket(); got != "403 Forbidden" {
		t.Errorf("who only looks: %s", got)
	}
	bot.Do(looking, approval.Bar{Why: "the test goes on"})
	b, id := kim(t, bot, app, "acct_1", approval.FullAccess)
	for _, header := range [][]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}} {
		if _, got := b.socket(header...); got != "403 Forbidden" {
			t.Errorf("from another site: %s", got)
		}
	}
	conn, got := b.socket("Origin", app)
	if got != "acct_1" {
		t.Fatalf("with full access: %s", got)
	}
	bot.Do(id, approval.Bar{Why: "called back"})
	if rest, err := io.ReadAll(conn); len(rest) > 0 || err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("it goes on after the end: %q %v", rest, err)
	}
	for range 2 {
		if _, got := b.socket(); got != "403 Forbidden" {
			t.Errorf("after the end, of which nobody has read: %s", got)
		}
	}
	b.get("/whole")
	if _, got := b.socket(); got != granttest.Kim {
		t.Errorf("once they know: %s", got)
	}
}

// hiddenDeeds sends what the bot wouldn't keep, so that it kept nothing.
func hiddenDeeds(t *testing.T, bot *granttest.Bot, app string) {
	b, id := kim(t, bot, app, "acct_1", approval.FullAccess)
	b.post("/do", nil)
	for _, method := range []string{"M-SEARCH", "x~|", strings.Repeat("LONG", 20)} {
		b.post("/do?_method="+url.QueryEscape(method), nil)
	}
	b.post("/odd", nil)
	b.get("/whole", "X-HTTP-Method-Override", "DELETE")
	b.socket()
	b.post("/"+strings.Repeat("%e2%80%ae%ff", 100), nil)
	b.post("/understudy/end", url.Values{"understudy_csrf": {b.csrf("/whole")}})
	var told []string
	for _, one := range bot.Deeds(id) {
		told = append(told, fmt.Sprintf("%s %.10s %d", one.Method, one.Path, one.Status))
	}
	want := "POST /do 200, OTHER /do 200, OTHER /do 404, OTHER /do 404, POST /odd 599, GET /whole 200, GET /socket 101, POST /%e2%80%ae 404"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("told: %s\nwant: %s", got, want)
	}
}

// disguised are pages that browsers show, whatever the app calls them.
func disguised(t *testing.T, bot *granttest.Bot, app string) {
	b, _ := kim(t, bot, app, "acct_1", approval.ReadOnly)
	for _, path := range []string{"/typeless", "/typeless/head", "/unknown", "/choices"} {
		got := b.get(path)
		if _, before := apart(got.text); len(before) != 1 || !strings.HasSuffix(before[0], `<body class="x">`) {
			t.Errorf("%s: %d banners:\n%.300s", path, len(before), got.text)
		}
		if got := b.get(path, "Sec-Fetch-Dest", "image"); !strings.HasPrefix(got.text, "<!doctype") {
			t.Errorf("%s as an image: %.300s", path, got.text)
		}
	}
	if got := b.get("/wide"); got.StatusCode != http.StatusInternalServerError {
		t.Errorf("in letters of two bytes: %d", got.StatusCode)
	}
	if got := b.get("/file", "Range", "bytes=20-"); got.StatusCode != http.StatusOK || strings.Count(got.text, "understudy-banner") != 1 {
		t.Errorf("a part: %d\n%s", got.StatusCode, got.text)
	}
}

// bodies take no longer for being looked for.
func bodies(t *testing.T, bot *granttest.Bot, app string) {
	b, _ := kim(t, bot, app, "acct_1", approval.ReadOnly)
	for _, path := range []string{"/bodies", "/bodies?closed=yes"} {
		began := time.Now()
		if got := b.get(path); strings.Count(got.text, `id="understudy-banner"`) != 1 {
			t.Errorf("%s: %.300s", path, got.text)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s took %s", path, took)
		}
	}
}

func elsewhere(t *testing.T, _ *granttest.Bot, way *road, app string) {
	evil := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the app followed to %s with %q", r.URL, r.Header.Get("Authorization"))
	}))
	defer evil.Close()
	const redeem = "/v1/grants/redeem"
	for _, status := range []int{http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect} {
		way.at(redeem, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, evil.URL, status) })
		if got := signIn(t, app, granttest.Kim).get("/understudy/open?code=x"); got.StatusCode != http.StatusBadGateway {
			t.Errorf("%d: %d", status, got.StatusCode)
		}
	}
	way.at(redeem, nil)
}
