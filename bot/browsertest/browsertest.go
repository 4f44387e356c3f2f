// Package browsertest starts the real browser in which tests look at a page.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
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

// running is the browser that tests which run at the same time share: to start
// one costs more than most of them do in it.
var running struct { //nolint:gochecknoglobals // a test can't be handed what others share
	sync.Mutex

	last *browser
}

type browser struct {
	ctx    context.Context //nolint:containedctx // it is the browser: chromedp keeps it there
	cancel []context.CancelFunc
	folder string
	users  int
}

// Start gives a browser for as long as the test lasts: a window and cookies of
// its own. The context is for chromedp's actions in it.
func Start(t testing.TB) context.Context {
	t.Helper()
	path := Chromium(t)
	running.Lock()
	defer running.Unlock()
	b := running.last
	if b == nil || b.users == 0 || b.ctx.Err() != nil { // it is none, has ended, or died
		b = launch(t, path)
		running.last = b
	}
	b.users++
	t.Cleanup(func() {
		running.Lock()
		defer running.Unlock()
		if b.users--; b.users == 0 {
			b.end(t)
		}
	})
	ctx, leave := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(leave)
	if err := chromedp.Do(ctx); err != nil { // opens the window, for as long as ctx
		t.Fatalf("opening a window of Chromium: %v", err)
	}
	return ctx
}

// Do does each in the browser; again if what it was to be done to was drawn anew
// between finding it and doing it.
func Do(ctx context.Context, actions ...chromedp.Action[chromedp.Void]) error {
	for _, action := range actions {
		err := chromedp.Do(ctx, action)
		for err != nil && strings.Contains(err.Error(), "Could not find node with given id") {
			err = chromedp.Do(ctx, action)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func launch(t testing.TB, path string) *browser {
	t.Helper()
	folder, err := os.MkdirTemp("", "chromium") //nolint:usetesting // it may outlive this test
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(folder))
	for range starts {
		ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, leave := chromedp.NewContext(ctx)
		b := &browser{ctx: ctx, cancel: []context.CancelFunc{leave, stop}, folder: folder}
		if err = chromedp.Do(ctx); err == nil { // starts it, for as long as ctx
			return b
		}
		b.end(t)
	}
	t.Fatalf("starting Chromium: %v", err)
	return nil
}

func (b *browser) end(t testing.TB) {
	t.Helper()
	for _, cancel := range b.cancel {
		cancel()
	}
	if err := os.RemoveAll(b.folder); err != nil {
		t.Logf("Chromium's folder stays: %v", err)
	}
}
