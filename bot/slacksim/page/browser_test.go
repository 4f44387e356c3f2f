package page_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/understudyhq/understudy/bot/browsertest"
)

// browser is a page that somebody looks at.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// browse opens the page in Chromium.
func (th *theatre) browse(t *testing.T, width, height int64) *browser {
	t.Helper()
	b := &browser{t, browsertest.Start(t)}
	b.do(chromedp.EmulateViewport(width, height))
	b.listen()
	b.do(chromedp.Navigate(th.url))
	b.see("left", "Kim Berg")
	return b
}

// listen fails the test when the page complains, also of its own policy.
func (b *browser) listen() {
	messages := chromedp.Console(b.ctx)
	done := make(chan struct{})
	b.t.Cleanup(func() { <-done })
	b.t.Cleanup(func() { _ = chromedp.Cancel(b.ctx) })
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			b.t.Errorf("the page says %s: %s", m.Type, m.Text)
		}
	}()
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	if err := browsertest.Do(ctx, steps...); err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
}

// wait waits until a script is true.
func (b *browser) wait(what, script string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](script)); err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		b.t.Fatalf("%s: %v; the page shows:\n%s", what, err, text)
	}
}

// see waits for a text in a pane, gone until it isn't there.
func (b *browser) see(pane, text string) {
	b.t.Helper()
	b.wait("to see "+text, fmt.Sprintf(`document.getElementById(%q)?.innerText.includes(%q)`, pane, text))
}

func (b *browser) gone(pane, text string) {
	b.t.Helper()
	b.wait("not to see "+text, fmt.Sprintf(`!document.getElementById(%q)?.innerText.includes(%q)`, pane, text))
}

// press clicks what has this name in a pane, with the mouse.
func (b *browser) press(pane, name string) {
	b.t.Helper()
	b.do(chromedp.Click(fmt.Sprintf(`//section[@id=%q]//*[self::button or self::label or @role="option"][normalize-space()=%q or @aria-label=%q or @title=%q]`, pane, name, name, name)))
}

// write types into the field with this label.
func (b *browser) write(pane, label, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(b.field(pane, label), text))
}

func (b *browser) field(pane, label string) string {
	return fmt.Sprintf(`//section[@id=%q]//*[@id=//section[@id=%q]//label[starts-with(normalize-space(), %q)]/@for]`, pane, pane, label)
}

// evaluate runs a script that may be a promise.
func evaluate[T any](b *browser, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
	return value
}
