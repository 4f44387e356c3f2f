// Package browsertest starts the real browser in which tests look at a page.
package browsertest

import (
	"context"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// Chromium is where the browser is. The test is skipped where there is none.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("the page is tried in a browser: install Chromium to run this, for example with apt-get install chromium")
	return ""
}

// starts is how often a browser is started until it does: on a busy machine one
// ends now and then before it has said a word.
const starts = 3

// Start starts a browser for as long as the test lasts. The context is for
// chromedp's actions in it.
func Start(t testing.TB) context.Context {
	t.Helper()
	path := Chromium(t)
	var problem error
	for range starts {
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
		ctx, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
		ctx, leave := chromedp.NewContext(ctx)
		end := func() {
			leave()
			stop()
		}
		if problem = chromedp.Do(ctx); problem == nil { // starts it, for as long as ctx
			t.Cleanup(end)
			return ctx
		}
		end()
	}
	t.Fatalf("starting Chromium: %v", problem)
	return nil
}
