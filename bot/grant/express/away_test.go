package express

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

// road is the way to the bot, on which a test stands.
type road struct {
	URL string

	mu     sync.Mutex
	counts map[string]int
	stops  map[string]http.HandlerFunc // answer in the bot's place
}

func newRoad(t *testing.T, bot *granttest.Bot) *road {
	to, err := url.Parse(bot.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := &road{counts: map[string]int{}, stops: map[string]http.HandlerFunc{}}
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		defer func() { _ = recover() }() // a stream that is cut
		r.mu.Lock()
		r.counts[request.URL.Path]++
		stop := r.stops[request.URL.Path]
		r.mu.Unlock()
		if stop == nil {
			stop = proxy.ServeHTTP
		}
		stop(w, request)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	r.URL = server.URL
	return r
}

// at has this answer at a path; nil lets through again.
func (r *road) at(path string, stop http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stops[path] = stop
}

func (r *road) count(path string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[path]
}

const (
	stream  = "/v1/grants/stream"
	refresh = "/v1/grants/refresh"
)

func unavailable(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusServiceUnavailable)
}

// listsNothing is a stream that says of no grant that it runs.
func listsNothing(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, "event: running\ndata: {\"all\":true,\"grants\":[]}\n\n")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func (b *browser) turnClock(ahead time.Duration) {
	b.t.Helper()
	b.get(fmt.Sprintf("/clock?ahead=%d", ahead.Milliseconds()), "Accept", "*/*")
}

func (b *browser) acts() bool {
	b.t.Helper()
	return strings.Contains(b.get("/me", "Accept", "*/*").text, "acct_")
}

func TestTheBotIsAway(t *testing.T) {
	install(t)
	t.Parallel()
	bot := granttest.NewBot(t)
	way := newRoad(t, bot)
	app := serve(t, bot, "testdata/pages.js", "UNDERSTUDY_URL="+way.URL)
	for _, one := range []struct {
		name string
		test func(*testing.T, *granttest.Bot, *road, string)
	}{{"tokens are refreshed", refreshes}, {"ending without the bot", ending}, {"deeds wait", waiting}, {"the bot sends the app elsewhere", elsewhere}} {
		t.Run(one.name, func(t *testing.T) { one.test(t, bot, way, app) })
	}
}

func refreshes(t *testing.T, bot *granttest.Bot, way *road, app string) {
	clock := signIn(t, app, granttest.Eve)
	b, id := kim(t, bot, app, "acct_1", approval.ReadOnly)
	if b.acts(); way.count(refresh) != 0 {
		t.Error("a new token is refreshed")
	}
	clock.turnClock(4*time.Minute + 5*time.Second)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if !b.acts() {
				t.Error("it isn't refreshed")
			}
		})
	}
	all.Wait()
	if n := way.count(refresh); n != 1 {
		t.Errorf("ten requests asked %d times", n)
	}
	way.at(refresh, unavailable)
	if clock.turnClock(5 * time.Minute); !b.acts() {
		t.Error("out, before the token's end, because the bot is away")
	}
	asked := way.count(refresh)
	if b.acts(); way.count(refresh) != asked {
		t.Error("the bot is asked at once again")
	}
	way.at(refresh, nil)
	if clock.turnClock(5*time.Minute + 20*time.Second); !b.acts() {
		t.Error("a token that is over isn't refreshed when the bot is back")
	}
	way.at(refresh, unavailable)
	if clock.turnClock(5*time.Minute + 40*time.Second); b.acts() {
		t.Error("in, with a token that is over")
	}
	if got := b.get("/whole"); got.StatusCode != http.StatusOK || !strings.Contains(got.text, "Your access to Acme has ended.") || strings.Contains(got.text, "a line") {
		t.Errorf("the notice: %d\n%s", got.StatusCode, got.text)
	}
	if got := b.get("/whole"); !strings.Contains(got.text, "a line") {
		t.Errorf("after the notice: %d\n%s", got.StatusCode, got.text)
	}
	way.at(refresh, nil)
	clock.turnClock(-2 * time.Minute)
	if got := b.get("/understudy/open?code=" + bot.Code(id)); got.StatusCode != http.StatusBadGateway || b.acts() {
		t.Errorf("the clocks differ by two minutes: %d\n%s", got.StatusCode, got.text)
	}
	clock.turnClock(0)
}

// TestTheStreamIsCut has the bot end grants while the app doesn't hear it.
func TestTheStreamIsCut(t *testing.T) {
	install(t)
	t.Parallel()
	bot := granttest.NewBot(t)
	way := newRoad(t, bot)
	way.at(stream, unavailable)
	app := serve(t, bot, "testdata/pages.js", "UNDERSTUDY_URL="+way.URL)
	clock := signIn(t, app, granttest.Eve)

	b, id := kim(t, bot, app, "acct_1", approval.ReadOnly)
	bot.Do(id, approval.Bar{Why: "called back"})
	if !b.acts() {
		t.Error("without the stream a token isn't good until it is to be refreshed")
	}
	clock.turnClock(4*time.Minute + 5*time.Second)
	if b.acts() {
		t.Error("the bot said that the grant has ended, and it goes on")
	}
	clock.turnClock(0)

	b, _ = kim(t, bot, app, "acct_2", approval.ReadOnly)
	way.at(refresh, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"title":"Unknown token","detail":"This token isn't known, or was revoked."}`)
	})
	if clock.turnClock(4*time.Minute + 5*time.Second); b.acts() {
		t.Error("in, although the bot doesn't know the app any more")
	}
	clock.turnClock(0)

	b, _ = kim(t, bot, app, "acct_3", approval.ReadOnly)
	way.at(stream, listsNothing)
	for began := time.Now(); b.acts(); {
		if time.Since(began) > 15*time.Second {
			t.Fatal("what isn't in the list goes on")
		}
	}
	if c, _ := kim(t, bot, app, "acct_4", approval.ReadOnly); !c.acts() {
		t.Error("what was opened after the list is thrown out by it")
	}
}

// ending is in the app alone, which says so.
func ending(t *testing.T, bot *granttest.Bot, way *road, app string) {
	b, id := kim(t, bot, app, "acct_1", approval.ReadOnly)
	way.at("/v1/revoke", unavailable)
	b.refused(b.post("/understudy/end", url.Values{"understudy_csrf": {b.csrf("/whole")}}), http.StatusBadGateway, "End it in Slack")
	if b.acts() {
		t.Error("it goes on")
	}
	way.at("/v1/revoke", nil)
	if got := b.get("/understudy/open?code=" + bot.Code(id)); got.StatusCode != http.StatusSeeOther || !b.acts() {
		t.Errorf("it can't be opened again: %d\n%s", got.StatusCode, got.text)
	}
}

// waiting is what the bot didn't hear, until it is told again.
func waiting(t *testing.T, bot *granttest.Bot, way *road, app string) {
	b, id := kim(t, bot, app, "acct_1", approval.FullAccess)
	way.at("/v1/grants/deeds", unavailable)
	for i := range 120 {
		b.do(http.MethodPut, fmt.Sprintf("/do/%d", i), "")
	}
	way.at("/v1/grants/deeds", nil)
	b.post("/understudy/end", url.Values{"understudy_csrf": {b.csrf("/whole")}})
	told := map[string]bool{}
	for _, deed := range bot.Deeds(id) {
		told[deed.Path] = true
	}
	if len(told) != 120 || way.count("/v1/grants/deeds") > 4 {
		t.Errorf("%d of 120 deeds were told, in %d calls", len(told), way.count("/v1/grants/deeds"))
	}
}
