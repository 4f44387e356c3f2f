package granttest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/understudyhq/understudy/bot/browsertest"
	"github.com/understudyhq/understudy/flows/approval"
)

// RunInChromium goes Kim's road in a real browser: what Slack's link, the app's
// cookies, the banner and the way back are worth, a browser says and no client of
// HTTP.
func RunInChromium(t *testing.T, bot *Bot, app string) {
	w := &window{t, browsertest.Start(t)}
	w.goes(app + "/sign-in?staff=" + url.QueryEscape(Kim))
	w.is(Kim)

	id := bot.Allowed("acct_seen", "Seen", approval.ReadOnly)
	w.goes(`data:text/html,<a id="link" href="` + app + "/understudy/open?code=" + bot.Code(id) + `">Open portal as Seen</a>`) // Slack is another site too
	w.clicks("#link")
	w.is(Kim + " as acct_seen (read_only)")
	if address := w.says(`location.href`); address != app+"/" {
		t.Errorf("the address bar shows %s", address)
	}
	for _, want := range []string{"Kim <b>Berg</b> acting as Seen (read-only) until ", " UTC · Invoice 1042 <shows> twice.", "End now"} {
		if said := w.banner(); !strings.Contains(said, want) {
			t.Errorf("the banner doesn't say %q: %s", want, said)
		}
	}
	if !w.sees(`document.getElementById('who')`) {
		t.Error("the banner lies over the page's begin")
	}
	for _, style := range []string{
		"", "html, body { height: 100% }", "body { display: flex }", "div { display: none !important; opacity: 0 !important; position: static !important }",
		"body { transform: translate(0) }", "body { filter: grayscale(1) }", "body { will-change: transform }", "body { contain: paint }", "body { display: grid }",
	} {
		w.goes(app + "/")
		w.is(Kim + " as acct_seen (read_only)")
		w.says(fmt.Sprintf(`document.head.innerHTML += '<style>%s</style>', document.body.insertAdjacentHTML('beforeend', '<p style="height: 5000px; position: relative; z-index: 9999; flex: 0 0 50%%">'), scrollTo(0, 4000), ''`, style))
		w.waits("scrolling", `scrollY > 3000`)
		w.banner()
	}

	for _, policy := range []string{
		"default-src 'none'; form-action 'none'", "style-src 'self' 'nonce-x' 'unsafe-inline'; form-action https://elsewhere.example.com",
		"default-src 'self'; STYLE-SRC 'NONE'; style-src *, style-src-attr 'none'",
	} {
		w.goes(app + "/?policy=" + url.QueryEscape(policy))
		w.is(Kim + " as acct_seen (read_only)")
		w.banner()
		w.clicks("#understudy-end button")
		w.is(Kim)
		w.goes(app + "/understudy/open?code=" + bot.Code(bot.Allowed("acct_seen", "Seen", approval.ReadOnly)))
		w.is(Kim + " as acct_seen (read_only)")
	}
	w.goes(app + "/")
	w.posts(app + "/invoices/7/void")
	w.waits("refusal", `/read/i.test(document.body.innerText) && !document.getElementById('send')`)
	w.banner()
	w.goes("data:text/html,")
	w.posts(app + "/understudy/end")
	w.waits("answer to another site's form", `!document.getElementById('send')`)
	w.goes(app + "/")
	w.is(Kim + " as acct_seen (read_only)")
	w.clicks("#understudy-end button")
	w.is(Kim)
	w.says(`window.stays = true, history.back(), ''`)
	w.waits("page of before", `!window.stays`)
	w.is(Kim) // and not what the browser kept of the customer

	id = bot.Allowed("acct_revoked", "Revoked", approval.ReadOnly)
	w.goes(app + "/understudy/open?code=" + bot.Code(id))
	w.is(Kim + " as acct_revoked (read_only)")
	bot.Do(id, approval.Bar{Why: "called back"})
	for began := time.Now(); !strings.Contains(w.text(), "Your access to Revoked has ended"); w.goes(app + "/") {
		if time.Since(began) > 20*time.Second { // within 2 s it is in the suite, without a browser's time
			t.Fatalf("still in after %s: %s", time.Since(began), w.text())
		}
	}
	w.goes(app + "/")
	w.is(Kim)
}

// window is one of Kim's in Chromium.
type window struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // it is the window: chromedp keeps it there
}

func (w *window) do(action chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	if err := browsertest.Do(ctx, action); err != nil {
		w.t.Fatalf("in Chromium: %v\nat %s: %s", err, w.says(`location.href`), w.text())
	}
}

func (w *window) goes(address string) {
	w.t.Helper()
	w.do(chromedp.Navigate(address))
}

func (w *window) clicks(selector string) {
	w.t.Helper()
	w.do(chromedp.Click(selector))
}

// says is what a script gives; nothing while the window goes elsewhere.
func (w *window) says(script string) string {
	said, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](script))
	return said
}

func (w *window) text() string { return w.says(`document.body.innerText`) }

// waits looks until it's so; a look fails while the window goes elsewhere.
func (w *window) waits(what, script string) {
	w.t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // a browser tells of no such thing
		if so, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](script)); err == nil && so {
			return
		}
		if time.Since(began) > 30*time.Second {
			w.t.Fatalf("no %s at %s: %s", what, w.says(`location.href`), w.text())
		}
	}
}

// is waits until the app says that it's this.
func (w *window) is(who string) {
	w.t.Helper()
	w.waits(who, fmt.Sprintf(`document.getElementById('who')?.innerText === %q`, who))
}

// banner is what the banner says, and that one of the two is seen, wholly and over all.
func (w *window) banner() string {
	w.t.Helper()
	w.waits("banner at the top of what is seen", `[...document.querySelectorAll('#understudy-banner button')].some((button) => {
		const box = button.getBoundingClientRect()
		const shown = getComputedStyle(button).display !== 'none' && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
		return shown === button && document.elementFromPoint(innerWidth / 2, box.y)?.closest('#understudy-banner')
	})`)
	return w.says(`document.getElementById('understudy-banner').innerText`)
}

// sees says whether nothing lies over the middle of what a script finds.
func (w *window) sees(script string) bool {
	seen, _ := chromedp.Run(w.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`((one) => {
		const box = one.getBoundingClientRect()
		return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === one
	})(%s)`, script)))
	return seen
}

// posts sends a form by a click, from the page where the window is.
func (w *window) posts(address string) {
	w.t.Helper()
	w.says(fmt.Sprintf(`document.body.innerHTML += '<form method="post" action="%s"><button id="send">Send</button></form>', ''`, address))
	w.clicks("#send")
}
