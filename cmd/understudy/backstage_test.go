package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/understudyhq/understudy/bot/browsertest"
)

// TestBackstage does what a first-time visitor is told to, with the buttons of
// the page alone.
func TestBackstage(t *testing.T) {
	t.Parallel()
	browsertest.Chromium(t)
	d := startDemo(t)
	d.botPID()
	v := d.visit(t)

	v.guided("Escalated")
	v.sees("right", "Dana Reyes")
	v.do(chromedp.KeyEvent("Invoice page fails, ticket 4711" + kb.Tab + kb.Tab + kb.Tab + kb.Enter)) // the reason has the keyboard
	v.sees("left-modal", "Waiting for")
	v.do(chromedp.KeyEvent(kb.Escape)) // the window still has the keyboard
	v.waits("the modal to go", `!document.querySelector('#left .modal')`)
	v.waits("the keyboard to go back to the box", `document.activeElement.id === 'left-box'`)
	before := v.evaluate(laterIs)
	v.backstage("10 minutes later")
	v.sees("right", "Your decision is needed")
	if after := v.evaluate(laterIs); after != before {
		t.Errorf("the button 10 minutes later was at %s and is at %s: the same click again hits another", before, after)
	}

	v.backstage("Kill the bot")
	v.waits("the button to wait", `[...document.querySelectorAll('.stage button:disabled')].some((b) => b.textContent === 'The bot is stopped…')`)
	d.botPID()
	v.do(chromedp.Click(`.deeds summary`))
	v.tells("Kill the bot")
	v.tells("The bot was killed, and is started again")
	v.insists("right", "Approve", "Approved by you")
	v.tells("Dana Reyes approves")
	v.waits("the button to be there again", `[...document.querySelectorAll('.stage button:enabled')].some((b) => b.textContent === 'Kill the bot')`)
	v.clicks("left", "Home")
	v.sees("left", "Acme")
	v.becomes("right", "Mia Falk")
	v.clicks("right", "Revoke")
	v.clicks("right-modal", "Revoke")
	v.waits("Home to change by itself", `!document.querySelector('#left .home').innerText.includes('End now')`)
	v.tells("Mia Falk revoked the access to Acme (")
	v.waits("times in the reader's zone", `!document.querySelector('.timeline').innerText.includes('UTC')`)

	v.backstage("Ola leaves the company")
	v.backstage("Ola comes back")
	v.backstage("PagerDuty goes down")
	v.backstage("PagerDuty comes back")
	v.backstage("Nobody is on call")
	v.backstage("Mia and Ola are on call again")
	d.stop()
}

// laterIs is where the button 10 minutes later is.
const laterIs = `(async () => {
	const { x, y } = [...document.querySelectorAll('.stage button')].find((b) => b.textContent === '10 minutes later').getBoundingClientRect()
	return x + ', ' + y
})()`

// backstage clicks a button behind the scenes, as soon as it can be clicked. What
// was clicked before it may still move it, so that its place isn't aimed at.
func (v *visitor) backstage(name string) {
	v.t.Helper()
	v.waits("the button "+name, fmt.Sprintf(`(() => {
		const button = [...document.querySelectorAll('.stage button:enabled')].find((b) => b.textContent === %q)
		button?.click()
		return Boolean(button)
	})()`, name))
}

// guided clicks the button of a step of the guide that types a command.
func (v *visitor) guided(title string) {
	v.t.Helper()
	v.step(title)
	v.sees("left", "Impersonate a customer")
}

// step clicks the button of a step of the guide.
func (v *visitor) step(title string) {
	v.t.Helper()
	v.do(chromedp.Click(fmt.Sprintf(`//*[@class="guide"]//li[.//strong[normalize-space()=%q]]//button`, title)))
}
