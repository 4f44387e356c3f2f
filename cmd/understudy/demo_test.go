package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/understudyhq/understudy/bot/browsertest"
)

// TestDemo does on the demo's page, in a browser, what README.md proposes.
func TestDemo(t *testing.T) {
	t.Parallel()
	browsertest.Chromium(t)
	d := startDemo(t)
	v := d.visit(t)

	v.ask("/impersonate hooli", "the invoice page fails")
	v.sees("left-modal", "free tier account")
	v.closes("left")

	v.ask("/impersonate globex", "the invoice page fails")
	v.sees("left-modal", "you approve it yourself")
	v.clicks("left-modal", "Approve")
	v.sees("left-modal", "pproved")
	v.closes("left")

	v.ask("/impersonate initech", "the invoice page fails")
	v.sees("left-modal", "customer_plan")
	v.closes("left")

	v.becomes("right", "Ola Nordmann")
	v.ask("/impersonate acct_42", "Their invoice page fails since noon, ticket 4711")
	if err := syscall.Kill(d.botPID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	v.sees("right", "Your decision is needed")
	v.clicks("right", "Hold cards still")
	v.becomes("left", "Mia Falk")
	v.sees("left", "Your decision is needed")
	d.botPID() // it is started again
	v.insists("left", "Approve", "Approved by you")
	v.clicks("right", "Deny")
	v.sees("right", "Only you can see this")
	v.sees("right", "@Mia Falk")
	v.becomes("left", "Kim Berg")
	v.sees("left", "Approved by @Mia Falk")
	v.closes("left")

	v.becomes("right", "Sam Rivers")
	v.becomes("left", "Sam Rivers")
	v.types("Type a command as", "/impersonate hooli"+kb.Enter)
	v.sees("left", "guests")
	d.stop()
}

// TestDemoOfALife does what README.md proposes for a case that lives longer.
func TestDemoOfALife(t *testing.T) {
	t.Parallel()
	browsertest.Chromium(t)
	d := startDemo(t)
	v := d.visit(t)
	v.ask("/impersonate acct_42", "Their invoice page fails since noon, ticket 4711")
	v.sees("right", "Your decision is needed")
	v.clicks("right", "I'm looking at it")
	v.sees("left-modal", "@Mia Falk is looking at it.")
	v.clicks("left-modal", "Nudge")
	v.sees("right", "Reminder")
	v.closes("left")
	v.clicks("right", "Approve") // the reminder's
	v.sees("left", "Approved by @Mia Falk")
	v.clicks("right", "Revoke")
	v.clicks("right-modal", "Revoke")
	v.sees("left", "@Mia Falk revoked the access to Acme")

	v.ask("/impersonate acct_105", "Their invoice page fails since noon, ticket 4711")
	v.clicks("left-modal", "Cancel")
	v.sees("left-modal", "You took the request back")
	v.sees("right", "@Kim Berg took the request back")
	v.closes("left")
	v.ask("/impersonate acct_105", "Their invoice page fails again, ticket 4712")
	v.waits("the new card", `[...document.querySelectorAll('#right button')].some((b) => b.textContent === 'Deny')`)
	v.clicks("right", "Deny")
	v.clicks("right-modal", "Deny")
	v.sees("left-modal", "@Mia Falk denied this")
	v.closes("left")

	v.ask("/impersonate acct_42", "Their invoice page fails since noon, ticket 4713")
	v.waits("the new card", `[...document.querySelectorAll('#right button')].some((b) => b.textContent === 'Approve')`)
	v.clicks("right", "Approve")
	v.sees("left-modal", "Approved by @Mia Falk")
	v.closes("left")
	v.do(chromedp.Click(`//button[normalize-space()="10 minutes later"]`))
	v.sees("left", "Ends soon")
	v.clicks("left", "Extend")
	v.sees("right", "to stay signed in as Acme")
	v.do(chromedp.Click(`//button[normalize-space()="10 minutes later"]`))
	v.sees("left", "Its time is over")
	d.stop()
}

// runningDemo is understudy demo, as a process.
type runningDemo struct {
	t       *testing.T
	url     string
	process *exec.Cmd
	pids    chan int       // of each bot that was started
	api     chan [2]string // its address and a token
}

func startDemo(t *testing.T) *runningDemo {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startDemoOf(t, self)
}

// startDemoOf starts the demo of a program with one.
func startDemoOf(t *testing.T, program string) *runningDemo {
	t.Helper()
	process := exec.Command(program, "demo", "--listen=127.0.0.1:0", "--store", filepath.Join(t.TempDir(), "demo.db"))
	process.Args[0] = "understudy"
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Process.Kill() }) // it has ended, or something failed
	d := &runningDemo{t: t, process: process, pids: make(chan int, 100), api: make(chan [2]string, 1)}
	urls := make(chan string, 1)
	go d.read(bufio.NewScanner(out), urls)
	select {
	case d.url = <-urls:
	case <-time.After(20 * time.Second):
		t.Fatal("the demo prints no address")
	}
	return d
}

func (d *runningDemo) read(lines *bufio.Scanner, urls chan<- string) {
	address, pid := regexp.MustCompile(`demo is at +(http://\S+)`), regexp.MustCompile(`kill -9 (\d+)`)
	api := regexp.MustCompile(`UNDERSTUDY_URL=(\S+) UNDERSTUDY_TOKEN=(\S+)`)
	for lines.Scan() {
		if found := address.FindStringSubmatch(lines.Text()); found != nil {
			urls <- found[1]
		}
		if found := api.FindStringSubmatch(lines.Text()); found != nil {
			d.api <- [2]string{found[1], found[2]}
		}
		if found := pid.FindStringSubmatch(lines.Text()); found != nil {
			n, _ := strconv.Atoi(found[1])
			d.pids <- n
		}
	}
}

// botPID is the number that the demo printed last.
func (d *runningDemo) botPID() int { return <-d.pids }

// stop ends it as Ctrl-C does.
func (d *runningDemo) stop() {
	if err := d.process.Process.Signal(os.Interrupt); err != nil {
		d.t.Fatal(err)
	}
	if err := d.process.Wait(); err != nil {
		d.t.Errorf("the demo ends with %v", err)
	}
}

// visitor is somebody who tries the page.
type visitor struct {
	t   *testing.T
	ctx context.Context
}

func (d *runningDemo) visit(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{t, browsertest.Start(t)}
	v.do(chromedp.EmulateViewport(1360, 900))
	v.do(chromedp.Navigate(d.url))
	v.sees("left", "Kim Berg")
	return v
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 45*time.Second)
	defer cancel()
	if err := browsertest.Do(ctx, steps...); err != nil {
		v.t.Fatalf("in the browser: %v\n%s", err, v.page())
	}
}

func (v *visitor) page() string {
	text, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	return text
}

func (v *visitor) waits(what, script string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 60*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](script)); err != nil {
		v.t.Fatalf("%s: %v; the page shows:\n%s", what, err, v.page())
	}
}

func (v *visitor) sees(pane, text string) {
	v.t.Helper()
	v.waits("to see "+text, fmt.Sprintf(`document.getElementById(%q)?.innerText.includes(%q)`, pane, text))
}

// clicks clicks the last thing of this name, as soon as nothing lies over its
// middle. It looks and clicks in one step of the page, which a mouse can't: what
// is drawn in between moves the button from under it.
func (v *visitor) clicks(pane, name string) {
	v.t.Helper()
	path := fmt.Sprintf(`(//*[@id=%q]//*[self::button or self::label][normalize-space()=%q or @aria-label=%q])[last()]`, pane, name, name)
	v.waits("to click "+name, fmt.Sprintf(`(() => {
		const one = document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue
		if (!one || one.disabled) return false
		one.scrollIntoView({ block: 'nearest' })
		const box = one.getBoundingClientRect()
		if (!one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2))) return false
		one.click()
		return true
	})()`, path))
}

// insists clicks again while the app doesn't answer, as Slack asks to. A click
// may count although its answer came too late.
func (v *visitor) insists(pane, button, text string) {
	v.t.Helper()
	script := fmt.Sprintf(`(() => {
		const pane = document.getElementById(%q)
		if (pane.innerText.includes(%q)) return true
		pane.querySelector('.note.wrong button')?.click()
		const one = [...pane.querySelectorAll('button')].find((b) => b.textContent === %q && !b.disabled)
		one?.click()
		return false
	})()`, pane, text, button)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(300 * time.Millisecond) { // as people do between clicks
		if done, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](script)); err == nil && done {
			return
		}
	}
	v.t.Fatalf("clicking %s: no %s; the page shows:\n%s", button, text, v.page())
}

// ask fills in the form that a command opens, in the left pane.
func (v *visitor) ask(command, reason string) {
	v.t.Helper()
	v.types("Type a command as", command+kb.Enter)
	v.sees("left", "Impersonate a customer")
	v.types("Reason", reason)
	v.clicks("left", "Request")
	v.waits("the request to be taken", `!!document.querySelector('#left-modal') && !document.querySelector('#left-modal [type=submit]')`)
}

func (v *visitor) types(label, text string) {
	v.t.Helper()
	v.do(chromedp.SendKeys(fmt.Sprintf(`//section[@id="left"]//*[@id=//section[@id="left"]//label[starts-with(normalize-space(), %q)]/@for]`, label), text))
}

// closes closes the modal on top.
func (v *visitor) closes(pane string) {
	v.t.Helper()
	v.clicks(pane, "Close")
	v.waits("the modal to go", fmt.Sprintf(`!document.querySelector('#%s .modal')`, pane))
}

func (v *visitor) becomes(pane, name string) {
	v.t.Helper()
	v.do(chromedp.Click(fmt.Sprintf(`//section[@id=%q]//label[starts-with(@title, %q)]`, pane, name)))
	v.sees(pane, name)
}
