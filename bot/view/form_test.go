package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
)

func submission(account, reason, duration string) slack.View {
	pick := func(value string) slack.BlockAction {
		return slack.BlockAction{SelectedOption: slack.OptionBlockObject{Value: value}}
	}
	return slack.View{PrivateMetadata: "impersonation", State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{
		view.BlockAccount:  {view.ActionAccount: pick(account)},
		view.BlockReason:   {view.ActionReason: {Value: reason}},
		view.BlockDuration: {view.ActionDuration: pick(duration)},
	}}}
}

func TestPickedFlow(t *testing.T) {
	for _, name := range []string{"impersonation", "null", "true", "42"} {
		for _, form := range []view.Form{{Flow: name}, {Flow: name, Preview: &view.Preview{Account: "acct_42"}}} {
			if got := view.PickedFlow(slack.View{PrivateMetadata: view.FormModal(form).PrivateMetadata}); got != name {
				t.Errorf("the form of %s is for %q", name, got)
			}
		}
	}
}

func TestReadForm(t *testing.T) {
	const (
		noAccount  = "Pick the account to sign in as."
		noReason   = "Say why you need this. Whoever decides reads it."
		short      = "Say a little more: a reason has at least 3 characters."
		noDuration = "Pick for how long."
		notOffered = "This isn't offered any more. Pick another."
	)
	for name, tt := range map[string]struct {
		view   slack.View
		reason string
		wrong  map[string]string
	}{
		"good":                {submission("acct_42", " invoice 1042 \n", "1h0m0s"), "invoice 1042", nil},
		"shortest reason":     {submission("acct_42", "abc", "15m0s"), "abc", nil},
		"longest reason":      {submission("acct_42", strings.Repeat("é", 500), "15m"), strings.Repeat("é", 500), nil},
		"short":               {submission("acct_42", " ab ", "1h"), "ab", map[string]string{view.BlockReason: short}},
		"long":                {submission("acct_42", strings.Repeat("é", 501), "1h"), strings.Repeat("é", 501), map[string]string{view.BlockReason: "Shorten this to 500 characters; it has 501."}},
		"only spaces":         {submission("acct_42", " \n\t ", "1h"), "", map[string]string{view.BlockReason: noReason}},
		"only invisible":      {submission("acct_42", "\u200b\u2060\u202e\ufeff", "1h"), "\u200b\u2060\u202e\ufeff", map[string]string{view.BlockReason: noReason}},
		"not offered":         {submission("acct_42", "abc", "24h"), "abc", map[string]string{view.BlockDuration: notOffered}},
		"negative":            {submission("acct_42", "abc", "-1h"), "abc", map[string]string{view.BlockDuration: notOffered}},
		"no duration at all":  {submission("acct_42", "abc", "soon"), "abc", map[string]string{view.BlockDuration: notOffered}},
		"nothing picked":      {submission("", "abc", ""), "abc", map[string]string{view.BlockAccount: noAccount, view.BlockDuration: noDuration}},
		"a view with nothing": {slack.View{}, "", map[string]string{view.BlockAccount: noAccount, view.BlockReason: noReason, view.BlockDuration: noDuration}},
	} {
		t.Run(name, func(t *testing.T) {
			got, wrong := view.ReadForm(tt.view, []time.Duration{15 * time.Minute, time.Hour})
			if got.Reason != tt.reason {
				t.Errorf("reason %q, want %q", got.Reason, tt.reason)
			}
			if len(wrong)+len(tt.wrong) > 0 && !cmp.Equal(wrong, tt.wrong) {
				t.Errorf("wrong (-want +got):\n%s", cmp.Diff(tt.wrong, wrong))
			}
		})
	}
}

func TestReadFormReadsWhatTheFormOffers(t *testing.T) {
	offered := []time.Duration{15 * time.Minute, 90 * time.Minute, 24 * time.Hour}
	m := view.FormModal(view.Form{Flow: "impersonation", Durations: offered, Default: 90 * time.Minute})
	pick := m.Blocks.BlockSet[2].(*slack.InputBlock).Element.(*slack.SelectBlockElement)
	if pick.InitialOption.Text.Text != "1 hour 30 minutes" {
		t.Errorf("preselected %q", pick.InitialOption.Text.Text)
	}
	for i, option := range pick.Options {
		got, wrong := view.ReadForm(submission("acct_42", "abc", option.Value), offered)
		want := view.Answer{Flow: "impersonation", Account: "acct_42", Reason: "abc", Duration: offered[i]}
		if got != want || len(wrong) > 0 {
			t.Errorf("picking %q gives %+v, %v", option.Text.Text, got, wrong)
		}
	}
}

func TestAccountOptions(t *testing.T) {
	long := strings.Repeat("Consolidated ", 10)
	got := view.AccountOptions([]view.Option{
		{ID: "acct_42", Name: "Globex", Plan: "enterprise"},
		{ID: "acct_7", Name: long, Plan: "free", Assigned: true},
		{ID: "acct_8"},
		{ID: strings.Repeat("x", 151), Name: "left out"},
		{ID: "", Name: "left out"},
	})
	type shown struct{ value, text, description string }
	var texts []shown
	for _, o := range got {
		texts = append(texts, shown{o.Value, o.Text.Text, o.Description.Text})
	}
	want := []shown{
		{"acct_42", "Globex", "enterprise · acct_42"},
		{"acct_7", "Consolidated Consolidated Consolidated Consolidated Consolidated Consolida…", "free · acct_7 · assigned to you"},
		{"acct_8", "acct_8", "plan unknown · acct_8"},
	}
	if diff := cmp.Diff(want, texts, cmp.AllowUnexported(shown{})); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	if view.AccountOptions(nil) == nil {
		t.Errorf("no options must be an empty list: Slack refuses null")
	}
}
