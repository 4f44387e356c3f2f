package view_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
)

func TestReadMessage(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"Acme &amp; Sons &lt;eu&gt;":       "Acme & Sons <eu>",
		"<@U0KIM> <@U0LEE|lee> <!here> x":  "      x",
		"<#C0ACME|acme>":                   " ",
		"<https://x.example/acct_7>":       "https://x.example/acct_7",
		"<https://x.example/acct_7|Acme>":  "Acme",
		"<mailto:a@b.example|a@b.example>": "a@b.example",
		"&amp;lt;":                         "&lt;", "<>": "", "<|>": "", "a < b > c": "a  b  c", "<<@U0KIM>": "< ",
	} {
		if got := view.ReadMessage(text); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
	}
}

func TestLinkable(t *testing.T) {
	for link, want := range map[string]bool{
		"https://acme.slack.com/archives/C1/p1?thread_ts=1.2&cid=C1": true,
		"": false, "http://acme.slack.com/": false, "javascript:alert(1)": false, "https://a b": false, "https://a\nb": false,
		"https://é": false, "https://" + strings.Repeat("x", 242): true, "https://" + strings.Repeat("x", 243): false,
	} {
		if got := view.Linkable(link); got != want {
			t.Errorf("%q is linkable: %v", link, got)
		}
	}
}

// TestReasonWithALink holds that why comes first, and that the link alone is no
// reason.
func TestReasonWithALink(t *testing.T) {
	const (
		asked = "Asked in: https://acme.slack.com/archives/C1/p1"
		alone = "Say why too: the link alone is no reason. Whoever decides reads it."
		short = "Say a little more: a reason has at least 3 characters."
	)
	for typed, want := range map[string]struct{ reason, wrong string }{
		asked + "\n":                         {asked, alone},
		asked + " \u200b":                    {"\u200b\n" + asked, alone},
		asked + "\nab":                       {"ab\n" + asked, short},
		asked + "\ninvoices":                 {"invoices\n" + asked, ""},
		"invoices " + asked:                  {"invoices\n" + asked, ""},
		"invoices\n" + asked + "\nand so on": {"invoices\nand so on\n" + asked, ""},
		"see https://acme.example/":          {"see https://acme.example/", ""},
		"Asked in: the kitchen":              {"Asked in: the kitchen", ""},
	} {
		got, wrong := view.ReadForm(submission("acct_42", typed, "1h"), []time.Duration{time.Hour})
		if got.Reason != want.reason || wrong[view.BlockReason] != want.wrong {
			t.Errorf("%q is the reason %q, wrong with %q", typed, got.Reason, wrong[view.BlockReason])
		}
	}
}

func TestTheReasonBeginsWithTheLink(t *testing.T) {
	link := "https://acme.slack.com/" + strings.Repeat("x", 200)
	for typed, want := range map[string]string{link: "Asked in: " + link + "\n", "javascript:x": ""} {
		for _, reason := range []string{"", "invoice", strings.Repeat("&", 600)} {
			m := view.FormModal(view.Form{Durations: []time.Duration{time.Hour}, Link: typed, Reason: reason})
			got := m.Blocks.BlockSet[1].(*slack.InputBlock).Element.(*slack.PlainTextInputBlockElement).InitialValue
			if !strings.HasPrefix(got, want) || len([]rune(got)) > view.MaxReason || (reason == "") != (got == want) {
				t.Errorf("the link %.30q and the reason %.10q begin as %q", typed, reason, got)
			}
		}
	}
}

// TestTheManifestHasTheShortcut holds the two places to the same names.
func TestTheManifestHasTheShortcut(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "cli", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Features struct {
			Shortcuts []struct {
				Name, Type string
				Callback   string `json:"callback_id"`
			}
		}
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	got := manifest.Features.Shortcuts
	if len(got) != 1 || got[0].Name != view.Shortcut || got[0].Callback != view.CallbackShortcut || got[0].Type != "message" {
		t.Errorf("the manifest has %v", got)
	}
}
