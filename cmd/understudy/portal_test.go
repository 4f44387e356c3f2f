package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/understudyhq/understudy/bot/browsertest"
)

// TestThePortal goes the whole road in a browser: ask, approve, open, be limited,
// be thrown out, and ask from within the app.
func TestThePortal(t *testing.T) {
	t.Parallel()
	browsertest.Chromium(t)
	d := startDemo(t)
	d.botPID()
	v := d.visit(t)
	v.ask("/impersonate acct_42", "Their invoice 1042 shows twice, ticket 4720")
	v.closes("left")
	v.sees("right", "look, and change nothing, in Harbor Billing")
	v.clicks("right", "Approve")
	v.sees("left", "Approved by @Mia Falk")
	v.clicks("left", "Open as Acme")
	v.sees("left-modal", "The link works once")
	portal := v.follows("Open Harbor Billing as Acme")

	portal.shows("Who are you?")
	portal.presses("Kim Berg")
	portal.shows("Kim Berg acting as Acme (read-only)")
	portal.shows("Their invoice 1042 shows twice")
	portal.shows("€")
	v.front()
	v.closes("left")
	v.sees("left", "First opened")
	portal.front()
	portal.presses("Void invoice 1042")
	portal.shows("change nothing")
	portal.goes("/export")
	portal.shows("This isn't for read-only access")
	portal.goes("/")
	portal.presses("Change the password")
	portal.shows("Read-only")
	portal.goes("/")
	portal.shows("Kim Berg acting as Acme")

	v.front()
	v.clicks("right", "Revoke")
	v.sees("right-modal", "Revoke ends that now")
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#right-modal').requestSubmit()`))
	v.sees("right", "You revoked the access")
	began := time.Now()
	portal.front()
	portal.reads("/", "Your access to Acme has ended")
	t.Logf("thrown out %s after the card said so", time.Since(began).Round(time.Millisecond))

	// In the portal itself: Globex is Kim's own to approve.
	portal.goes("/accounts/acct_7")
	portal.shows("Ask for access")
	portal.types("Reason", "Their seats are wrong, ticket 4721")
	portal.presses("Ask")
	portal.shows("Asked: Kim Berg")
	v.front()
	v.sees("left", "You approve this yourself")
	v.clicks("left", "Approve")
	v.sees("left", "You may sign in as Globex")
	portal.front()
	portal.shows("Kim Berg acting as Globex")
	portal.presses("End now")
	portal.shows("Hello, Kim Berg")
	v.front()
	v.sees("left", "You ended early the access to Globex")
	d.stop()
}

// tab is another tab of the visitor's browser.
type tab struct {
	*visitor

	address string
}

// front shows the tab: a browser draws nothing of one that is behind another.
func (v *visitor) front() {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, page.BringToFront, cdp.Empty{}); err != nil {
		v.t.Fatalf("going to another tab: %v", err)
	}
}

// follows clicks a link of the left modal, which opens a tab.
func (v *visitor) follows(name string) *tab {
	v.t.Helper()
	opened := chromedp.WaitNewTarget(v.ctx, func(*target.Info) bool { return true })
	v.do(chromedp.Click(fmt.Sprintf(`//*[@id="left-modal"]//a[normalize-space()=%q]`, name)))
	ctx, cancel := chromedp.NewContext(v.ctx, chromedp.WithTargetID(<-opened))
	v.t.Cleanup(cancel)
	t := &tab{visitor: &visitor{v.t, ctx}}
	t.address = t.evaluate(`location.origin`)
	return t
}

// text is what the tab shows; nothing while it goes elsewhere.
func (t *tab) text() string {
	text, _ := chromedp.Run(t.ctx, chromedp.Evaluate[string](`document.body?.innerText.replaceAll(/\s+/g, ' ') ?? ''`))
	return text
}

func (t *tab) has(text string) bool { return strings.Contains(t.text(), text) }

func (t *tab) shows(text string) {
	t.t.Helper()
	for began := time.Now(); !t.has(text); time.Sleep(20 * time.Millisecond) { // a browser tells of no such thing
		if time.Since(began) > 60*time.Second {
			t.t.Fatalf("the portal doesn't show %q:\n%s", text, t.text())
		}
	}
}

func (t *tab) presses(name string) {
	t.t.Helper()
	t.do(chromedp.Click(fmt.Sprintf(`//button[starts-with(normalize-space(), %q)]`, name)))
}

func (t *tab) types(label, text string) {
	t.t.Helper()
	t.do(chromedp.SendKeys(fmt.Sprintf(`//*[@id=//label[normalize-space()=%q]/@for]`, label), text))
}

func (t *tab) goes(path string) {
	t.t.Helper()
	t.do(chromedp.Navigate(t.address + path))
}
