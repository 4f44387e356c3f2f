package bot_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/flows/approval"
)

// receiver is an app that hears of its grants. It verifies what it hears by a
// library that others wrote, and takes nothing for as long as it is down.
type receiver struct {
	t       *testing.T
	address string
	told    chan notify.Notice
	down    chan struct{} // closed when it comes up
	seen    sync.Map      // the ids that it has taken: a notice may come twice
}

func receive(t *testing.T) *receiver {
	r := &receiver{t: t, told: make(chan notify.Notice, 10), down: make(chan struct{})}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.address = server.URL + "/hook"
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	hook, err := standardwebhooks.NewWebhook(notify.Secret(hookKey("portal")))
	if err != nil {
		r.t.Error(err)
		return
	}
	body, err := io.ReadAll(q.Body)
	if err == nil {
		err = hook.Verify(body, q.Header)
	}
	var n notify.Notice
	if err == nil {
		err = json.Unmarshal(body, &n)
	}
	if err != nil {
		r.t.Errorf("what the app is sent: %v", err)
	}
	select {
	case <-r.down:
		if _, again := r.seen.LoadOrStore(q.Header.Get("webhook-id"), true); !again {
			r.told <- n
		}
	default:
		http.Error(w, "deploying", http.StatusServiceUnavailable)
	}
}

// next is the next thing that the app is told.
func (r *receiver) next(want approval.Notice) notify.Data {
	r.t.Helper()
	select {
	case n := <-r.told:
		if n.Type != want || time.Since(n.Timestamp) > time.Minute {
			r.t.Fatalf("told of %s at %s, not of %s", n.Type, n.Timestamp, want)
		}
		return n.Data
	case <-time.After(30 * time.Second):
		r.t.Fatalf("the app isn't told of %s", want)
	}
	return notify.Data{}
}

func hookKey(app string) []byte { return []byte("the key of " + app + ", which is long enough") }

// withHook has the bot tell the app of its grants.
func (r *receiver) withHook(change func(*approval.App)) setting {
	return func(s *stage, c *bot.Config) {
		c.Secret = hookKey
		withApp(func(a *approval.App) { a.Webhook = r.address; change(a) })(s, c)
	}
}

func TestTheAppIsToldOfItsGrants(t *testing.T) {
	t.Parallel()
	app := receive(t)
	s := newStage(t, app.withHook(func(*approval.App) {}))
	ask(s.kim, "Acme")
	s.kim.Modal().Close()
	s.mia.Inbox().Wait("Your decision is needed").Click("Approve")
	s.kim.Inbox().Wait("counted from when it's first opened").Click("Open as Acme")
	if _, err := s.redeem(codeOf(t, s.kim, "Open portal as Acme"), "kim@example.com"); err != nil {
		t.Fatal(err)
	}
	s.kim.Modal().Close()
	s.kim.Inbox().Wait("First opened") // the case goes on while the app is down
	s.jump(10 * time.Second)           // to the next try
	close(app.down)
	got := app.next(approval.GrantOpened)
	want := notify.Data{
		Case: got.Case, Flow: "impersonation", App: "portal", Actor: notify.Person{Email: "kim@example.com", Name: "Kim Berg"},
		Subject: notify.Subject{ID: "acct_42", Name: "Acme"}, Scope: "read_only", Reason: "the invoice page fails", OpenedAt: got.OpenedAt, Until: got.OpenedAt.Add(15 * time.Minute),
	}
	if got != want {
		t.Errorf("told\n%+v\nwant\n%+v", got, want)
	}
	s.mia.Inbox().Wait("Approved by you").Click("Revoke")
	s.mia.Modal().Fill("Reason", "wrong customer").Submit()
	ended := app.next(approval.GrantOver)
	if ended.End == nil || *ended.End.By != (notify.Person{Email: "mia@example.com", Name: "Mia Falk"}) || ended.End.How != approval.Revoked || ended.End.Why != "wrong customer" || ended.Case != got.Case {
		t.Errorf("told of the end: %+v, %+v", ended, ended.End)
	}
}

func TestTheAppIsToldOfMisuseAndExtension(t *testing.T) {
	t.Parallel()
	app := receive(t)
	close(app.down)
	s := newStage(t, app.withHook(func(a *approval.App) { a.HideReason = true }), withPolicy(approval.Policy{Timeout: time.Hour, Warn: 5 * time.Minute}))
	ask(s.kim, "Hooli")
	s.kim.Modal().Close()
	card := s.kim.Inbox().Wait("counted from when it's first opened")
	card.Click("Open as Hooli")
	if _, err := s.redeem(codeOf(t, s.kim, "Open portal as Hooli"), "lee@example.com"); err == nil {
		t.Error("Lee is in")
	}
	if d := app.next(approval.LinkMisused); *d.Misuse != (notify.Misuse{App: "portal", Email: "lee@example.com"}) || d.Reason != "" {
		t.Errorf("told of the misuse: %+v, %+v", d, d.Misuse)
	}
	s.kim.Modal().Close()
	card.Click("Open as Hooli")
	if _, err := s.redeem(codeOf(t, s.kim, "Open portal as Hooli"), "kim@example.com"); err != nil {
		t.Fatal(err)
	}
	opened := app.next(approval.GrantOpened)
	s.kim.Modal().Close()
	s.jump(11 * time.Minute)
	s.kim.Inbox().Wait("⏳ Ends soon").Click("Extend")
	if d := app.next(approval.GrantExtended); d.Until.Sub(opened.Until) != 15*time.Minute {
		t.Errorf("it goes on until %s, and was until %s", d.Until, opened.Until)
	}
}
