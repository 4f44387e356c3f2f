package bot

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
)

// envelopes are payloads as Slack sends them, each with its envelope's type.
func envelopes() [][2]string {
	const (
		who   = `"user":{"id":"UKIM","username":"kim","name":"kim","team_id":"T0FUZZ"},"team":{"id":"T0FUZZ","domain":"fuzz"},"api_app_id":"A1","token":"x"`
		mia   = `"user":{"id":"UMIA","username":"mia","name":"mia","team_id":"T0FUZZ"},"team":{"id":"T0FUZZ","domain":"fuzz"},"api_app_id":"A1","token":"x"`
		state = `"state":{"values":{"account":{"account":{"type":"external_select","selected_option":{"text":{"type":"plain_text","text":"Acme"},"value":"acct_42"}}},` +
			`"reason":{"reason":{"type":"plain_text_input","value":"the invoice page fails"}},` +
			`"duration":{"duration":{"type":"static_select","selected_option":{"text":{"type":"plain_text","text":"1 hour"},"value":"1h0m0s"}}}}}`
		form = `"view":{"id":"V1","team_id":"T0FUZZ","type":"modal","callback_id":"ask","private_metadata":"impersonation","hash":"1.a","blocks":[],` + state + `}`
	)
	click := func(from, action, value string) [2]string {
		return [2]string{"interactive", `{"type":"block_actions",` + from + `,"trigger_id":"1.2.3","response_url":"http://hooks.example/r","container":{"type":"message","message_ts":"1.2","channel_id":"D1"},` +
			`"channel":{"id":"D1","name":"directmessage"},"message":{"type":"message","ts":"1.2","text":"x","blocks":[]},` +
			`"actions":[{"type":"button","action_id":"` + action + `","block_id":"b","text":{"type":"plain_text","text":"x"},"value":"` + value + `","action_ts":"1.2"}]}`}
	}
	shortcut := func(from, callback, message string) [2]string {
		return [2]string{"interactive", `{"type":"message_action",` + from + `,"callback_id":"` + callback + `","trigger_id":"1.2.3","response_url":"http://hooks.example/r",` +
			`"message_ts":"1.2","action_ts":"1.3","channel":{"id":"C1","name":"support"},"message":` + message + `}`}
	}
	return [][2]string{
		{"slash_commands", `{"token":"x","team_id":"T0FUZZ","team_domain":"fuzz","channel_id":"C1","channel_name":"general","user_id":"UKIM","user_name":"kim","command":"/impersonate","text":"acme","api_app_id":"A1","is_enterprise_install":"false","response_url":"http://hooks.example/r","trigger_id":"1.2.3"}`},
		{"slash_commands", `{"team_id":"T9OTHER","user_id":"UKIM","command":"/impersonate","text":"<!channel>"}`},
		{"interactive", `{"type":"block_suggestion",` + who + `,"container":{"type":"view","view_id":"V1"},"action_id":"account","block_id":"account","value":"ac",` + form + `}`},
		{"interactive", `{"type":"view_submission",` + who + `,"trigger_id":"1.2.3",` + form + `,"response_urls":[],"is_enterprise_install":false}`},
		{"interactive", `{"type":"view_closed",` + who + `,` + form + `,"is_cleared":true}`},
		click(mia, "approve", "case-1"), click(mia, "deny", "case-1"), click(who, "approve", "case-1"), click(mia, "ask", "x"), click(mia, "approve", "case-0"),
		{"events_api", `{"token":"x","team_id":"T0FUZZ","api_app_id":"A1","type":"event_callback","event_id":"Ev1","event_time":123,"event":{"type":"app_home_opened","user":"UKIM","channel":"D1","tab":"home","event_ts":"1.2"}}`},
		shortcut(who, "impersonate_message", `{"type":"message","user":"UMIA","ts":"1.2","text":"<@UKIM> Acme &amp; <https://x.example/acct_42|x> fail","blocks":[]}`),
		shortcut(who, "impersonate_message", `{"text":7}`), shortcut(who, "impersonate_message", `null`), shortcut(mia, "other", `{"text":"acct_7"}`),
		{"events_api", `{"event":{"type":"message"}}`},
		{"hello", `{}`}, {"interactive", `{"type":"view_submission"}`}, {"interactive", `null`}, {"slash_commands", `[`},
	}
}

func fuzzedAccounts(f *testing.F) accounts.Directory {
	file := filepath.Join(f.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, []byte(`{"id":"acct_42","name":"Acme","plan":"free"}`+"\n"+`{"id":"acct_7","name":"Globex"}`+"\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	directory, err := accounts.OpenFile(f.Context(), file, zerolog.Nop())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = directory.Close() })
	return directory
}
