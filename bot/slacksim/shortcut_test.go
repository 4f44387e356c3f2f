package slacksim

import (
	"strings"
	"testing"
)

const oneShortcut = `{"features":{"shortcuts":[{"name":"Take it","type":"message","callback_id":"take","description":"Take it on"}]}}`

// withSupport is a workspace whose app has a shortcut. Kim and Lee are in
// #support, and Kim in #secret, where the bot isn't.
func withSupport(t *testing.T) (ws *Workspace, kim, lee *Person) {
	t.Helper()
	ws = ForTest(t, Options{Calm: true})
	kim, lee = ws.AddPerson("Kim Berg", "kim@example.com"), ws.AddPerson("Lee Chan", "lee@example.com")
	ws.AddChannel("support", kim, lee)
	ws.AddPrivateChannel("secret", kim)
	if err := ws.Configure([]byte(oneShortcut)); err != nil {
		t.Fatal(err)
	}
	return ws, kim, lee
}

func TestShortcutOnAMessage(t *testing.T) {
	t.Parallel()
	ws, kim, lee := withSupport(t)
	app := dial(t, ws)
	const said = "Who takes <!channel> & x@y.example, https://y.example/a?b&c?"
	kim.Channel("support").Says(said)
	if got := lee.Channel("support").Texts(); len(got) != 1 || got[0] != said {
		t.Errorf("Lee reads %q", got)
	}
	got := payload(t, app.during(func() { lee.Channel("support").Last().Shortcut("Take it") }, nil))
	message, _ := got["message"].(map[string]any)
	if got["type"] != "message_action" || got["callback_id"] != "take" || message["user"] != kim.ID() || message["text"] != "Who takes &lt;!channel&gt; &amp; <mailto:x@y.example|x@y.example>, <https://y.example/a?b&amp;c?>" {
		t.Errorf("the app gets %v", got)
	}
	open := map[string]any{"trigger_id": got["trigger_id"], "view": sampleModal()}
	if opened := call(t, ws, "views.open", open); opened["ok"] != true {
		t.Errorf("opening a form: %v", opened)
	}
	refusedWith(t, call(t, ws, "views.open", open), "exchanged_trigger_id")
	url, _ := got["response_url"].(string)
	if code, _, _ := post(t, url, "", map[string]any{"text": "Taken."}); code != 200 {
		t.Errorf("answering: %d", code)
	}
	lee.WaitNotice("Taken.")
	if got := kim.Notices(); len(got) > 0 {
		t.Errorf("Kim reads %q", got)
	}
}

func TestShortcutThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	ws, kim, _ := withSupport(t)
	kim.Channel("support").Says("Help").Shortcut("Take it")
	kim.WaitNotice("Take it failed because the app did not respond")
	app := dial(t, ws)
	ws.ForgetAcks(1)
	app.during(func() { kim.Channel("support").Last().Shortcut("Take it") }, nil)
	if got := kim.Notices(); len(got) != 2 {
		t.Errorf("Kim reads %q", got)
	}
}

func TestShortcutWhereThereIsNone(t *testing.T) {
	t.Parallel()
	ws, kim, lee := withSupport(t)
	secret, support := kim.Channel("secret").Says("Psst"), kim.Channel("support").Says("Hello")
	only := call(t, ws, "chat.postEphemeral", map[string]any{"channel": support.ch.c.id, "user": kim.ID(), "text": "x"})["message_ts"].(string)
	for name, c := range map[string]struct {
		who                   *Person
		channel, ts, callback string
	}{
		"an unknown shortcut":    {kim, support.ch.c.id, support.ts, "give"},
		"another channel":        {lee, secret.ch.c.id, secret.ts, "take"},
		"no channel":             {kim, "C0", support.ts, "take"},
		"another's conversation": {lee, kim.m.im.id, support.ts, "take"},
		"no message":             {kim, support.ch.c.id, "1.2", "take"},
		"a private answer":       {kim, support.ch.c.id, only, "take"},
	} {
		if err := ws.UseShortcut(t.Context(), c.who.ID(), c.channel, c.ts, c.callback); err == nil || appFailed(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := ws.Post(lee.ID(), "#secret", "x"); err == nil {
		t.Error("Lee writes where he isn't")
	}
}

func TestPermalinks(t *testing.T) {
	t.Parallel()
	ws, kim, _ := withSupport(t)
	secret, support := kim.Channel("secret").Says("Psst"), kim.Channel("support").Says("Hello")
	link := func(channel, ts string) map[string]any {
		return call(t, ws, "chat.getPermalink", map[string]any{"channel": channel, "message_ts": ts})
	}
	want := "https://simulated.slack.com/archives/" + support.ch.c.id + "/p" + strings.ReplaceAll(support.ts, ".", "")
	if got := link(support.ch.c.id, support.ts); got["permalink"] != want || got["channel"] != support.ch.c.id {
		t.Errorf("got %v, want %s", got, want)
	}
	for _, channel := range []string{"", "support", "#support", "C0", kim.ID(), secret.ch.c.id} {
		refusedWith(t, link(channel, secret.ts), "channel_not_found")
	}
	refusedWith(t, link(support.ch.c.id, secret.ts), "message_not_found")
	support.Delete()
	refusedWith(t, link(support.ch.c.id, support.ts), "message_not_found")
	refusedWith(t, call(t, ws, "chat.postMessage", map[string]any{"channel": secret.ch.c.id, "text": "x"}), "channel_not_found")
}

func TestTheBotCantChangeWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	ws, kim, _ := withSupport(t)
	said := kim.Channel("support").Says("Hello")
	refusedWith(t, call(t, ws, "chat.update", map[string]any{"channel": said.ch.c.id, "ts": said.ts, "text": "x"}), "cant_update_message")
}

func TestManifestsAreHeldToSlacksLimits(t *testing.T) {
	t.Parallel()
	ws := New(Options{})
	shortcut := func(name, kind, callback, description string) string {
		return `{"name":"` + name + `","type":"` + kind + `","callback_id":"` + callback + `","description":"` + description + `"}`
	}
	x := func(n int) string { return strings.Repeat("x", n) }
	for list, good := range map[string]bool{
		shortcut(x(24), "message", x(255), x(150)):                                          true,
		shortcut(x(25), "message", "c", "d"):                                                false,
		shortcut("n", "message", x(256), "d"):                                               false,
		shortcut("n", "message", "c", x(151)):                                               false,
		shortcut("n", "message", "", "d"):                                                   false,
		shortcut("n", "menu", "c", "d"):                                                     false,
		strings.TrimSuffix(strings.Repeat(shortcut("n", "message", "c", "d")+",", 10), ","): true,
		strings.TrimSuffix(strings.Repeat(shortcut("n", "message", "c", "d")+",", 11), ","): false,
	} {
		if err := ws.Configure([]byte(`{"features":{"shortcuts":[` + list + `]}}`)); (err == nil) != good {
			t.Errorf("%.80s: %v", list, err)
		}
	}
}
