package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/understudyhq/understudy/bot/browsertest"
)

// TestHands has people use the demo in other ways than one mouse on one large
// screen: with a keyboard alone, two at the same moment, on a phone.
func TestHands(t *testing.T) {
	t.Parallel()
	browsertest.Chromium(t)
	d := startDemo(t)
	d.botPID()
	v := d.visit(t)
	for _, way := range []struct {
		name string
		try  func(*visitor)
	}{
		{"a keyboard alone", (*visitor).triesTheKeyboard},
		{"two at the same moment", (*visitor).triesTwoAtOnce},
		{"what the bot did", (*visitor).readsWhatTheBotDid},
		{"a phone", (*visitor).triesAPhone},
		{"retries", (*visitor).readsOfRetries},
	} {
		if !t.Run(way.name, func(t *testing.T) { way.try(&visitor{t, v.ctx}) }) {
			break // the next one goes on from here
		}
	}
	d.stop()
}

func (v *visitor) triesTheKeyboard() {
	v.tabsTo("left", "Type a command as Kim Berg")
	v.keys("/impersonate acct_42" + kb.Enter)
	v.sees("left", "Impersonate a customer")
	v.waits("the reason to have the keyboard", `document.activeElement.matches('#left-modal textarea')`)
	v.keys("Their invoice page fails since noon, ticket 4711")
	v.tabsTo("left", "Request")
	v.keys(kb.Enter)
	v.sees("left-modal", "Waiting for")
	v.keys(kb.Escape)
	v.waits("the keyboard to go back to the box", `document.activeElement.id === 'left-box'`)
	v.sees("right", "Your decision is needed")
	v.tabsTo("right", "Approve")
	v.keys(kb.Enter)
	v.sees("right", "Approved by you")
	v.sees("left", "Approved by @Mia Falk")
	v.waits("the keyboard to stay in the pane", `document.activeElement.closest('#right') !== null`)
}

// triesTwoAtOnce has two managers decide in the same tick of the browser.
func (v *visitor) triesTwoAtOnce() {
	v.ask("/impersonate acct_105", "Their invoice page fails since noon, ticket 4712")
	v.sees("left-modal", "Waiting for")
	v.closes("left")
	v.becomes("right", "Ola Nordmann")
	v.becomes("left", "Mia Falk")
	// What was decided before may still have its buttons there.
	for pane, button := range map[string]string{"left": "Approve", "right": "Deny"} {
		v.waits("the one card to decide in the pane "+pane, fmt.Sprintf(`document.getElementById(%q).innerText.includes('ticket 4712') &&
			[...document.querySelectorAll('#%s button')].filter((b) => b.textContent === %q).length === 1`, pane, pane, button))
	}
	v.clicks("right", "Deny") // which asks why
	v.sees("right-modal", "Deny")
	v.do(chromedp.Evaluate[chromedp.Void](`
		globalThis.card = (pane) => [...document.querySelectorAll('#' + pane + ' article')].find((one) => one.innerText.includes('ticket 4712'))?.innerText ?? ''
		const approve = [...document.querySelectorAll('#left button')].findLast((one) => one.textContent === 'Approve')
		approve.click()
		document.querySelector('#right-modal').requestSubmit()`))
	v.waits("both cards to be decided", `[card('left'), card('right')].every((one) => one.includes('Approved by') || one.includes('denied this'))`)
	if v.evaluate(`card('left')`) == v.evaluate(`card('right')`) {
		v.t.Errorf("the cards of both say the same of who decided:\n%s", v.page())
	}
	if v.evaluate(`String(card('left').includes('Approved by you'))`) == "true" {
		v.waits("Ola's card to say who won", `card('right').includes('Approved by @Mia Falk')`)
		v.sees("right-modal", "Your click changed nothing")
		v.sees("right-modal", "Approved by @Mia Falk")
		v.closes("right")
		return
	}
	v.waits("Ola's card to say that he won", `card('right').includes('You denied this')`)
	v.waits("Mia's card to say who won", `card('left').includes('@Ola Nordmann denied this')`)
	v.waits("a private answer that says who won", `(() => {
		const last = [...document.querySelectorAll('#left article')].at(-1).innerText
		return last.includes('Only you can see this') && last.includes('Your click changed nothing') && last.includes('@Ola Nordmann denied this')
	})()`)
}

func (v *visitor) readsWhatTheBotDid() {
	v.do(chromedp.Click(`.deeds summary`))
	v.tells("Kim Berg asks for acct_42")
	v.tells("Mia Falk approves")
	v.tells("Sends Ola Nordmann a message: “Kim Berg asks to sign in as Acme")
	if secret := v.evaluate(`document.querySelector('.timeline').innerHTML.match(/xox|xapp|ticket=|https?:|trigger/)?.[0] ?? ''`); secret != "" {
		v.t.Errorf("what the bot did has %q", secret)
	}
	v.backstage("Cut a connection")
	v.tells("Cut a connection")
	v.do(chromedp.Click(`.deeds summary`))
	v.waits("it to close", `!document.querySelector('.timeline')`)
}

func (v *visitor) tells(text string) {
	v.t.Helper()
	v.waits("the bot to have done it: "+text, fmt.Sprintf(`document.querySelector('.timeline')?.innerText.includes(%q)`, text))
}

func (v *visitor) triesAPhone() {
	v.do(chromedp.EmulateViewport(390, 844))
	v.do(chromedp.Reload())
	v.sees("left", "Kim Berg")
	v.do(chromedp.Click(`#right-switch`))
	v.sees("right", "Mia Falk")
	v.folds()
	v.do(chromedp.Click(`#left-switch`))
	v.types("Type a command as", "/impersonate acct_100"+kb.Enter)
	v.sees("left", "Impersonate a customer")
	v.fits("the form")
	v.types("Reason", "Their invoice page fails since noon, ticket 4713")
	v.clicks("left", "Request")
	v.sees("left-modal", "Waiting for")
	v.fits("the answer")
	v.closes("left")
	v.waits("to see that Mia has news", `document.getElementById('right-switch').innerText.includes('1')`)
	v.do(chromedp.Click(`#right-switch`))
	v.sees("right", "ticket 4713")
	v.fits("the card")
	v.clicks("right", "Approve")
	v.sees("right", "Approved by you")
	v.do(chromedp.Click(`#left-switch`))
	v.sees("left", "Approved by @Mia Falk")
	v.do(chromedp.Click(`.deeds summary`))
	v.tells("Mia Falk approves")
	v.fits("what the bot did")
}

// folds opens what lies over a phone's pane, one at a time, and leaves it.
func (v *visitor) folds() {
	v.t.Helper()
	open := func(which string) string {
		return `[...document.querySelectorAll('.around details[open]')].map((one) => one.className).join() === '` + which + `'`
	}
	v.waits("nothing to lie over the pane", open(""))
	v.do(chromedp.Click(`.guide summary`))
	v.waits("the guide", open("guide"))
	v.do(chromedp.Click(`.stage summary`))
	v.waits("Backstage instead", open("stage"))
	v.keys(kb.Escape)
	v.waits("Backstage to fold", open(""))
	v.do(chromedp.Click(`.stage summary`))
	v.waits("Backstage again", open("stage"))
	v.do(chromedp.Click(`#right-box`))
	v.waits("Backstage to fold", open(""))
}

// readsOfRetries waits as long as Slack asks the bot to.
func (v *visitor) readsOfRetries() {
	if os.Getenv("UNDERSTUDY_LONG") == "" {
		v.t.Skip("takes 5 seconds: set UNDERSTUDY_LONG")
	}
	v.do(chromedp.EmulateViewport(1360, 900))
	v.do(chromedp.Reload())
	v.sees("left", "Kim Berg")
	v.do(chromedp.Click(`.deeds summary`))
	v.backstage("Slack limits the rate for 30 s")
	v.waits("the button to wait", `[...document.querySelectorAll('.stage button:disabled')].some((b) => b.textContent === 'Slack limits the rate…')`)
	v.clicks("right", "Home")
	v.tells("Shows Mia Falk what is new on their Home. Slack answers 429")
	v.tells("Again: Shows Mia Falk what is new on their Home")
}

// fits fails the test for what is wider than its place.
func (v *visitor) fits(what string) {
	v.t.Helper()
	wider := v.evaluate(`[document.documentElement, ...document.querySelectorAll('.pane, .panel, .modal, .modal .body, .timeline, .switch')]
		.filter((one) => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth).map((one) => one.className || one.tagName).join()`)
	if wider != "" {
		v.t.Errorf("%s: wider than a phone: %s", what, wider)
	}
}

func (v *visitor) keys(text string) {
	v.t.Helper()
	v.do(chromedp.KeyEvent(text))
}

// tabsTo presses Tab until the keyboard is on what has this name in a pane.
func (v *visitor) tabsTo(pane, name string) {
	v.t.Helper()
	script := fmt.Sprintf(`(() => {
		const here = document.activeElement
		return String(here.closest('#%s') !== null && [here.ariaLabel, here.labels?.[0]?.textContent, here.textContent].includes(%q))
	})()`, pane, name)
	for range 100 {
		v.keys(kb.Tab)
		if v.evaluate(script) == "true" {
			return
		}
	}
	v.t.Fatalf("Tab doesn't come to %s; the page shows:\n%s", name, v.page())
}
