package main

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// maxPicture keeps README.md quick to open.
const maxPicture = 200 << 10

// TestPicture takes the pictures that README.md shows. Emoji need a font that has
// them, such as the package fonts-noto-color-emoji.
func TestPicture(t *testing.T) {
	folder := os.Getenv("UNDERSTUDY_PICTURE")
	if folder == "" {
		t.Skip("takes README.md's pictures: set UNDERSTUDY_PICTURE to the folder to write them to, such as $PWD/docs")
	}
	d := startDemo(t)
	v := d.visit(t)
	v.do(chromedp.EmulateViewport(1280, 1050))
	v.ask("/impersonate globex", "Their export stops half way, ticket 4688")
	v.clicks("left-modal", "Approve")
	v.sees("left-modal", "pproved")
	v.closes("left")
	v.ask("/impersonate acct_42", "Their invoice page fails since noon, ticket 4711")
	v.sees("right", "Your decision is needed")
	v.sees("left-modal", "Waiting for")
	v.closes("left")
	v.do(chromedp.Click(`.deeds summary`))
	v.tells("Sends Mia Falk a message")
	v.waits("Kim's message", `[...document.querySelectorAll('#left article')].at(-1).innerText.includes('Waiting for approval')`)
	v.shows("left", "Waiting for approval")
	v.shows("right", "Your decision is needed")
	v.picture(filepath.Join(folder, "demo.png"))

	v.clicks("right", "Approve")
	v.sees("left", "Approved by @Mia Falk")
	v.clicks("left", "Open as Acme")
	v.sees("left-modal", "The link works once")
	portal := v.follows("Open Harbor Billing as Acme")
	portal.do(chromedp.EmulateViewport(1000, 620))
	portal.shows("Who are you?")
	portal.presses("Kim Berg")
	portal.shows("acting as Acme")
	portal.picture(filepath.Join(folder, "portal.png"))
	v.front()
	v.closes("left")
	v.ask("/impersonate acct_105", "Their invoice page fails since noon, ticket 4712")
	v.closes("left")

	v.do(chromedp.EmulateViewport(1280, 800))
	v.do(chromedp.Click(`.deeds summary`))
	v.clicks("left", "Home")
	v.clicks("right", "Home")
	v.waits("both Homes", `document.querySelectorAll('.home .block').length > 10`)
	v.picture(filepath.Join(folder, "home.png"))

	v.do(chromedp.EmulateViewport(390, 844))
	v.do(chromedp.Reload())
	v.sees("left", "Kim Berg")
	v.do(chromedp.Click(`#right-switch`))
	v.sees("right", "Your decision is needed")
	v.picture(filepath.Join(folder, "phone.png"))
	d.stop()
}

// shows scrolls a pane to the last message with this text.
func (v *visitor) shows(pane, text string) {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('#` + pane + ` article')].findLast((one) => one.innerText.includes('` + text + `')).scrollIntoView()`))
}

func (v *visitor) picture(file string) {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	v.waits("everything to be still", `document.getAnimations().length === 0`)
	shot, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		v.t.Fatal(err)
	}
	taken, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		v.t.Fatal(err)
	}
	small := new(bytes.Buffer)
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(small, inFewColours(taken)); err != nil {
		v.t.Fatal(err)
	}
	if small.Len() > maxPicture {
		v.t.Errorf("%s has %d bytes, more than %d", file, small.Len(), maxPicture)
	}
	if err := os.WriteFile(file, small.Bytes(), 0o600); err != nil {
		v.t.Fatal(err)
	}
}

// inFewColours is a picture in 256 of its colours, which is a third of the size:
// the commonest ones, of which each is a little different from the others.
func inFewColours(taken image.Image) image.Image {
	counts := map[color.Color]int{}
	area := taken.Bounds()
	for y := range area.Dy() {
		for x := range area.Dx() {
			counts[taken.At(x, y)]++
		}
	}
	common := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return cmp.Compare(counts[b], counts[a]) })
	palette := color.Palette{}
	for _, one := range common {
		if len(palette) < 256 && (len(palette) == 0 || apart(one, palette.Convert(one))) {
			palette = append(palette, one)
		}
	}
	few := image.NewPaletted(area, palette)
	draw.Draw(few, area, taken, area.Min, draw.Src)
	return few
}

// apart says whether an eye tells two colours apart.
func apart(a, b color.Color) bool {
	const least = 3 << 8
	r, g, bl, _ := a.RGBA()
	r2, g2, bl2, _ := b.RGBA()
	return max(r, r2)-min(r, r2) > least || max(g, g2)-min(g, g2) > least || max(bl, bl2)-min(bl, bl2) > least
}
