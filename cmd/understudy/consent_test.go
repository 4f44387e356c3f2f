package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/understudyhq/understudy/bot/browsertest"
)

// TestTheCustomerIsAsked goes the customer's road in a browser: a letter, the
// page, a yes beside the manager's, and the end of the access by the customer.
func TestTheCustomerIsAsked(t *testing.T) {
	t.Parallel()
	browsertest.Chromium(t)
	d := startDemo(t)
	d.botPID()
	v := d.visit(t)
	v.ask("/impersonate acct_120", "Their export is empty, ticket 4722")
	v.sees("left", "and for Meadowlark Media (the customer)")
	v.closes("left")
	v.sees("right", "One person must approve, and the customer must agree.")
	v.clicks("right", "Approve")
	v.sees("right", "You approved this already; it still waits for Meadowlark Media (the customer)")
	v.sees("left", "Waiting for Meadowlark Media (the customer). The customer's app hands them a link")

	portal := v.opens("Customer portal")
	portal.front()
	portal.reads("/mail", "Kim Berg of our support asks to sign in as you. Why: Their export is empty, ticket 4722")
	v.front()
	v.do(chromedp.Click(`//button[normalize-space()="10 minutes later"]`))
	v.sees("left", "All who haven't decided were reminded")
	portal.front()
	portal.reads("/mail", "Kim Berg of our support still asks to sign in as you.")
	portal.links("Agree or refuse")
	portal.shows("May Kim Berg sign in as you?")
	portal.shows("for 15 minutes. They could look at everything, and change nothing.")
	portal.shows("Unless you agree, they aren't let in.")
	axe := axeCore(t)
	portal.accessible("the customer's page", axe)
	if folder := os.Getenv("UNDERSTUDY_PICTURE"); folder != "" {
		portal.do(chromedp.EmulateViewport(900, 640))
		portal.picture(filepath.Join(folder, "consent.png"))
	}
	portal.presses("Agree")
	portal.shows("You agreed Kim Berg may sign in as Meadowlark Media until")

	v.front()
	v.sees("left", "Approved by @Mia Falk")
	v.clicks("left", "Open as Meadowlark Media")
	v.sees("left-modal", "The link works once")
	agent := v.follows("Open Harbor Billing as Meadowlark Media")
	agent.presses("Kim Berg")
	agent.shows("Kim Berg acting as Meadowlark Media (read-only)")

	portal.front()
	portal.presses("End it now")
	portal.shows("You ended the access")
	agent.front()
	agent.reads("/", "Your access to Meadowlark Media has ended")
	portal.front()
	portal.reads("/mail", "Kim Berg of our support isn't signed in as you any more: it was called back.")
	portal.reads("/mail", "Kim Berg of our support is signed in as you, until")
	v.front()
	v.sees("left", "Meadowlark Media (the customer) revoked the access")
	d.stop()
}

// opens is a tab at where one of the page's links leads.
func (v *visitor) opens(name string) *tab {
	v.t.Helper()
	address := v.evaluate(fmt.Sprintf(`new URL([...document.querySelectorAll('a')].find((a) => a.textContent.trim() == %q).href).origin`, name))
	ctx, cancel := chromedp.NewContext(v.ctx) // a new tab of the same browser
	v.t.Cleanup(cancel)
	if _, err := chromedp.Run(ctx, chromedp.Navigate(address)); err != nil { // the tab lives as long as this context
		v.t.Fatalf("opening a tab: %v", err)
	}
	return &tab{visitor: &visitor{v.t, ctx}, address: address}
}

// reads loads the page again until it says this.
func (t *tab) reads(path, text string) {
	t.t.Helper()
	for began := time.Now(); !t.has(text); time.Sleep(20 * time.Millisecond) { // a browser tells of no such thing
		if time.Since(began) > 60*time.Second {
			t.t.Fatalf("%s doesn't say %q:\n%s", path, text, t.text())
		}
		t.goes(path)
	}
}

// links follows a link of the page.
func (t *tab) links(name string) {
	t.t.Helper()
	t.do(chromedp.Click(fmt.Sprintf(`//a[normalize-space()=%q]`, name)))
}
