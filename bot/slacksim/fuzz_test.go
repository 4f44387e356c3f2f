package slacksim

import (
	"encoding/json"
	"testing"
)

func FuzzParseArgs(f *testing.F) {
	f.Add("application/json", "", []byte(`{"view":{"type":"modal"},"flag":true,"n":1.5}`))
	f.Add("application/json", "", []byte(`null`))
	f.Add("application/x-www-form-urlencoded", "a=1", []byte("view=%7B%7D&a=2"))
	f.Fuzz(func(_ *testing.T, kind, query string, body []byte) {
		a, err := parseArgs(kind, query, body)
		if err != nil {
			return
		}
		for name := range a {
			_, _, _ = a.text(name), a.flag(name), a[name]
			_, _ = a.object(name)
		}
	})
}

func FuzzBlocks(f *testing.F) {
	f.Add(encodedText(card()))
	f.Add(encodedText(sampleModal()["blocks"]))
	f.Add(`[{"type":"context","elements":[{"type":"image"},null]},{"type":"rich_text","elements":[null,{"type":"rich_text_section","elements":[{"type":"text"}]}]}]`)
	f.Fuzz(func(_ *testing.T, text string) {
		var blocks []any
		if json.Unmarshal([]byte(text), &blocks) != nil {
			return
		}
		checkBlocks(blocks, maxMessageBlocks, messageSurface)
		checkView(map[string]any{"type": "modal", "blocks": blocks}, "modal")
		New(Options{Seed: 1}).nameBlocks(blocks)
		_, _ = blocksText(blocks), buttonTexts(blocks)
	})
}

func encodedText(v any) string { return string(encoded(v)) }
