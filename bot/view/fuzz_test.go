package view_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
)

// FuzzReadForm holds that a form without problems is one that can be asked
// for, and that each problem is at a field that the form has.
func FuzzReadForm(f *testing.F) {
	offered := []time.Duration{15 * time.Minute, time.Hour}
	for _, reason := range []string{"the invoice page fails", "", "  a ", "\u200b\u200b\u200b", "<!channel> & more", "Asked in: https://x.example/ why"} {
		data, err := json.Marshal(submission("acct_42", reason, "1h0m0s"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"private_metadata":"impersonation","state":{"values":{"account":{"account":{"selected_option":null}},"duration":{"duration":{"selected_option":{"value":"60m"}}}}}}`))
	f.Add([]byte(`{"state":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var submitted slack.View
		if json.Unmarshal(data, &submitted) != nil {
			return
		}
		answer, wrong := view.ReadForm(submitted, offered)
		for block, sentence := range wrong {
			if !slices.Contains([]string{view.BlockAccount, view.BlockReason, view.BlockDuration}, block) || sentence == "" {
				t.Errorf("a problem at %q: %q", block, sentence)
			}
		}
		length := utf8.RuneCountInString(answer.Reason)
		sound := answer.Account != "" && length >= view.MinReason && length <= view.MaxReason && slices.Contains(offered, answer.Duration)
		if len(wrong) == 0 && !sound {
			t.Errorf("taken: %+v", answer)
		}
	})
}
