package slacksim

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

func refusedWith(t *testing.T, got map[string]any, code string) {
	t.Helper()
	if got["ok"] != false || got["error"] != code {
		t.Errorf("got %v, want the error %s", got, code)
	}
}

func TestTokensAndScopes(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true, Scopes: []string{"commands"}})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	refusedWith(t, callAs(t, ws, "", "auth.test", nil), "not_authed")
	refusedWith(t, callAs(t, ws, "xoxb-forged", "auth.test", nil), "invalid_auth")
	refusedWith(t, callAs(t, ws, ws.AppToken(), "auth.test", nil), "not_allowed_token_type")
	refusedWith(t, call(t, ws, "apps.connections.open", nil), "not_allowed_token_type")
	refusedWith(t, call(t, ws, "chat.postMessage", map[string]any{"channel": kim.ID(), "text": "x"}), "missing_scope")
	refusedWith(t, call(t, ws, "chat.shout", nil), "unknown_method")
}

func TestTriggersWorkOnceAndSoon(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	app := dial(t, ws)
	open := func(trigger string) map[string]any {
		return call(t, ws, "views.open", map[string]any{"trigger_id": trigger, "view": sampleModal()})
	}
	refusedWith(t, open("1.2.3"), "invalid_trigger_id")
	trigger := app.during(func() { kim.Types("/go") }, nil).text(t, "trigger_id")
	if got := open(trigger); got["ok"] != true {
		t.Errorf("the first use: %v", got)
	}
	refusedWith(t, open(trigger), "exchanged_trigger_id")

	app.during(kim.Modal().Close, nil)
	late := app.during(func() { kim.Types("/go") }, nil).text(t, "trigger_id")
	ws.mu.Lock()
	ws.now = func() time.Time { return time.Now().Add(triggerLife + time.Second) }
	ws.mu.Unlock()
	refusedWith(t, open(late), "expired_trigger_id")
}

func TestHistoryTakesItsOwnCursorsOnly(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	posted := []any{}
	for range 3 {
		posted = append(posted, call(t, ws, "chat.postMessage", map[string]any{"channel": kim.ID(), "text": "x"})["ts"])
	}
	page := func(cursor any) map[string]any {
		return call(t, ws, "conversations.history", map[string]any{"channel": kim.m.im.id, "limit": 2, "cursor": cursor})
	}
	for _, foreign := range []any{"-1", -1, "1.5", "dGVhbTpD", "99999999999999999999", "9223372036854775807"} {
		refusedWith(t, page(foreign), "invalid_cursor")
	}
	var found []any
	next := ""
	for more := true; more; {
		got := page(next)
		more, _ = got["has_more"].(bool)
		next, _ = got["response_metadata"].(map[string]any)["next_cursor"].(string)
		for _, m := range got["messages"].([]any) {
			found = append(found, m.(map[string]any)["ts"])
		}
	}
	slices.Reverse(posted)
	if diff := cmp.Diff(posted, found); diff != "" {
		t.Errorf("the pages' messages, newest first (-want +got):\n%s", diff)
	}
	if got := page("1000"); got["ok"] != true || len(got["messages"].([]any)) != 0 {
		t.Errorf("beyond the end: %v", got)
	}
}

func TestSocketsOfAnyOrigin(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	url, _ := callAs(t, ws, ws.AppToken(), "apps.connections.open", nil)["url"].(string)
	socket, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {"https://api.slack.com"}}, // as slack-go's client has it
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = socket.CloseNow()
}

func TestHashesLoseNoRace(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	home := map[string]any{"user_id": kim.ID(), "view": map[string]any{"type": "home", "blocks": card()}}
	first := call(t, ws, "views.publish", home)["view"].(map[string]any)
	home["hash"] = first["hash"]
	if got := call(t, ws, "views.publish", home); got["ok"] != true {
		t.Errorf("the newest hash: %v", got)
	}
	refusedWith(t, call(t, ws, "views.publish", home), "hash_conflict")
}

func TestResponseURLsHaveFiveUses(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	url := dial(t, ws).during(func() { kim.Types("/go") }, nil).text(t, "response_url")
	for use := 1; use <= responseUses+1; use++ {
		want := http.StatusOK
		if use > responseUses {
			want = http.StatusNotFound
		}
		if code, _, _ := post(t, url, "", map[string]any{"text": "psst"}); code != want {
			t.Errorf("use %d: status %d, want %d", use, code, want)
		}
	}
	if n := len(kim.Notices()); n != responseUses {
		t.Errorf("Kim reads %d private sentences, want %d", n, responseUses)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	url, message := ws.APIURL()+"chat.postMessage", map[string]any{"channel": kim.ID(), "text": "x"}

	ws.Fail("chat.postMessage", 1, RateLimited(1500*time.Millisecond))
	if code, header, _ := post(t, url, ws.BotToken(), message); code != http.StatusTooManyRequests || header.Get("Retry-After") != "2" {
		t.Errorf("status %d, Retry-After %q, want 429 and 2", code, header.Get("Retry-After"))
	}
	if kim.Inbox().Len() != 0 {
		t.Error("a rate limited call was done")
	}
	ws.Fail("chat.postMessage", 1, LoseAnswer())
	if code, _, _ := post(t, url, ws.BotToken(), message); code != 0 {
		t.Errorf("status %d, want a cut connection", code)
	}
	if kim.Inbox().Len() != 1 {
		t.Error("a call whose answer was lost wasn't done")
	}
}

func TestDeactivatedPeople(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	ws.Deactivate(kim)
	refusedWith(t, call(t, ws, "chat.postMessage", map[string]any{"channel": kim.ID(), "text": "x"}), "user_disabled")
	refusedWith(t, call(t, ws, "users.lookupByEmail", map[string]any{"email": "kim@example.com"}), "users_not_found")
	if err := ws.Command(t.Context(), kim.ID(), "/go"); err == nil {
		t.Error("somebody who is gone typed a command")
	}
}

// TestSilenceIsShown: a missing ack, one that comes too late, and one on
// another socket are all the same to the person.
func TestSilenceIsShown(t *testing.T) {
	t.Parallel()
	t.Run("no socket", func(t *testing.T) {
		t.Parallel()
		ws := ForTest(t, Options{Calm: true})
		kim := ws.AddPerson("Kim Berg", "kim@example.com")
		kim.Types("/go")
		kim.WaitNotice("/go failed because the app did not respond")
	})
	t.Run("an ack on another socket", func(t *testing.T) {
		t.Parallel()
		ws := ForTest(t, Options{Calm: true})
		kim := ws.AddPerson("Kim Berg", "kim@example.com")
		one, other := dial(t, ws), dial(t, ws)
		done := make(chan struct{})
		go func() { defer close(done); kim.Types("/go") }()
		got := make(chan struct{}, 2)
		for mine, wrong := range map[*wire]*wire{one: other, other: one} {
			go func() {
				if _, data, err := mine.socket.Read(t.Context()); err == nil {
					wrong.ack(envelope{ID: idOf(data)}, nil)
					got <- struct{}{}
				}
			}()
		}
		<-got
		<-done
		kim.WaitNotice("/go failed because the app did not respond")
	})
}

func idOf(frame []byte) string {
	_, rest, _ := strings.Cut(string(frame), `"envelope_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	app := dial(t, ws)
	ws.DeliverTwice(1)
	first := app.during(func() { kim.Types("/go") }, nil)
	if again := app.next(); again.ID != first.ID {
		t.Errorf("the second delivery is %q, want %q", again.ID, first.ID)
	}
}

func TestTroubleFollowsFromTheSeed(t *testing.T) {
	t.Parallel()
	faults := func(seed uint64) (kinds []faultKind) {
		ws := New(Options{Seed: seed})
		for range 1000 {
			kinds = append(kinds, ws.faultFor("users.info", nil).kind)
		}
		return kinds
	}
	if diff := cmp.Diff(faults(7), faults(7)); diff != "" {
		t.Errorf("the same seed, other faults:\n%s", diff)
	}
	if cmp.Equal(faults(7), faults(8)) {
		t.Error("another seed, the same faults")
	}
}
