package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/view"
)

func TestReadCommand(t *testing.T) {
	for text, want := range map[string]view.Typed{
		"":                     {Word: view.AskWord},
		"  ":                   {Word: view.AskWord},
		"help":                 {Word: view.HelpWord},
		" Status ":             {Word: view.StatusWord},
		"end":                  {Word: view.EndWord},
		"end acct_42":          {Word: view.EndWord, Account: "acct_42"},
		"end  Café Lumière":    {Word: view.EndWord, Account: "Café Lumière"},
		"help desk inc":        {Word: view.AskWord, Account: "help desk inc"},
		"acme":                 {Word: view.AskWord, Account: "acme"},
		"acme for 30m":         {Word: view.AskWord, Account: "acme", Duration: 30 * time.Minute},
		"acme for 2 hours":     {Word: view.AskWord, Account: "acme", Duration: 2 * time.Hour},
		"acme FOR 1h30m":       {Word: view.AskWord, Account: "acme", Duration: 90 * time.Minute},
		"acme for -5m":         {Word: view.AskWord, Account: "acme for -5m"},
		"acme for good":        {Word: view.AskWord, Account: "acme for good"},
		"tools for 2 teams":    {Word: view.AskWord, Account: "tools for 2 teams"},
		"for 30m":              {Word: view.AskWord, Duration: 30 * time.Minute},
		"because it is broken": {Word: view.AskWord, Reason: "it is broken"},
		"acme because the invoice page fails for 30m":   {Word: view.AskWord, Account: "acme", Reason: "the invoice page fails", Duration: 30 * time.Minute},
		"acme because it fails for everybody":           {Word: view.AskWord, Account: "acme", Reason: "it fails for everybody"},
		"acme because it fails for everybody for 1 day": {Word: view.AskWord, Account: "acme", Reason: "it fails for everybody", Duration: 24 * time.Hour},
		"Toys for Kids because because":                 {Word: view.AskWord, Account: "Toys for Kids", Reason: "because"},
	} {
		if got := view.ReadCommand(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

// FuzzReadCommand holds that what was typed is all somewhere, and nothing else is.
func FuzzReadCommand(f *testing.F) {
	for _, text := range []string{"", "help", "end acme", "acme because it fails for 30m", "for for because 9999h", "acme for 99999999999999h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := view.ReadCommand(text)
		if got.Duration < 0 {
			t.Errorf("%q: %s", text, got.Duration)
		}
		flat := strings.Join(strings.Fields(text), " ")
		for _, part := range []string{got.Account, got.Reason} {
			if !strings.Contains(flat, part) {
				t.Errorf("%q: %q wasn't typed", text, part)
			}
		}
		if got.Duration == 0 && got.Word == view.AskWord && got.Reason == "" && !strings.Contains(strings.ToLower(flat), "because") && got.Account != flat {
			t.Errorf("%q: the account is %q", text, got.Account)
		}
	})
}
