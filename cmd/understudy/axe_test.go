package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/understudyhq/understudy/bot/browsertest"
	"github.com/understudyhq/understudy/bot/slacksim/npm"
	"github.com/understudyhq/understudy/bot/view"
)

// TestPageIsAccessible lets axe-core look at every surface of the demo's page,
// in the longer run also dark. What it calls serious or critical keeps somebody out.
func TestPageIsAccessible(t *testing.T) {
	t.Parallel()
	browsertest.Chromium(t)
	axe := axeCore(t)
	d := startDemo(t)
	d.botPID()
	v := d.visit(t)
	v.accessible("the page", axe)
	v.step("From a message")
	v.sees("left", "None of our invoices can be downloaded")
	v.types("Write in #support", "I'll look into it"+kb.Enter)
	v.sees("left", "I'll look into it")
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#left .more summary').focus()`), chromedp.KeyEvent(kb.Enter))
	v.sees("left", view.Shortcut)
	v.accessible("the channel", axe)
	v.do(chromedp.Click(`#left .more[open] button`))
	v.sees("left", "Impersonate a customer")
	v.accessible("the form", axe)
	v.types("Reason", "Their invoice page fails since noon, ticket 4711")
	v.clicks("left", "Request")
	v.sees("right", "Your decision is needed")
	v.closes("left")
	v.accessible("the cards", axe)
	v.clicks("right", "Home")
	v.waits("the Home tab", `!!document.querySelector('#right .home .block')`)
	v.do(chromedp.Click(`.deeds summary`))
	v.tells("Kim Berg asks for acct_42")
	v.accessible("Home, and what the bot did", axe)
	v.do(chromedp.EmulateViewport(390, 844))
	v.clicks("left", "Messages")
	v.sees("left", "Waiting for")
	v.accessible("a phone", axe)
	v.types("Type a command as", "/impersonate hooli"+kb.Enter)
	v.sees("left", "Impersonate a customer")
	v.accessible("a phone's form", axe)
	v.do(chromedp.Navigate(d.url + "/gallery.html"))
	v.waits("the gallery", `document.querySelectorAll('.gallery .message').length > 50`)
	if unknown := v.evaluate(`[...document.querySelectorAll('.unknown summary')].map((one) => one.textContent).join()`); unknown != "" {
		t.Errorf("the gallery has what the page can't draw: %s", unknown)
	}
	if os.Getenv("UNDERSTUDY_LONG") != "" { // it is the largest page by far
		v.accessible("the gallery", axe)
	}
	d.stop()
}

// axeCore is the program that looks for faults.
func axeCore(t *testing.T) string {
	t.Helper()
	modules, err := npm.Install(t.Context(), "axe-core", "4.10.3")
	if err != nil {
		t.Skipf("axe-core can't be run: %v", err)
	}
	return read(t, filepath.Join(modules, "axe-core", "axe.min.js"))
}

// accessible fails the test for every serious fault.
func (v *visitor) accessible(what, axe string) {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](axe + "; undefined"))
	themes := []string{"light"}
	if os.Getenv("UNDERSTUDY_LONG") != "" {
		themes = append(themes, "dark")
	}
	for _, theme := range themes {
		faults := v.evaluate(`(async () => {
			document.documentElement.dataset.theme = '` + theme + `'
			await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
			await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))
			const found = await axe.run(document, { resultTypes: ['violations'] })
			return found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
				.flatMap((one) => one.nodes.slice(0, 3).map((node) => one.id + ': ' + node.html.slice(0, 160) + ' ' + node.failureSummary)).join('\n')
		})()`)
		if faults != "" {
			v.t.Errorf("%s, %s:\n%s", what, theme, faults)
		}
	}
}

// evaluate is what a script, which may be a promise, says.
func (v *visitor) evaluate(script string) string {
	v.t.Helper()
	said, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("in the browser: %v", err)
	}
	return said
}
