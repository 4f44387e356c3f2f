package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/bot/notify"
)

// fatalApp is an app whose bot dies when it is told something for the first time,
// and that takes it the next time.
type fatalApp struct {
	k    *killings
	keys string

	mu    sync.Mutex
	tries map[string]int           // by id
	told  map[string]notify.Notice // by type and customer
}

func (a *fatalApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it died before it had sent all
	}
	n, err := a.read(body, r.Header)
	if err != nil {
		a.k.t.Errorf("what the app is told: %v", err)
	}
	id := r.Header.Get("webhook-id")
	a.mu.Lock()
	a.tries[id]++
	first := a.tries[id] == 1
	if !first {
		a.told[string(n.Type)+" "+n.Data.Subject.Name] = n
	}
	a.mu.Unlock()
	if first {
		a.k.kill()
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *fatalApp) read(body []byte, header http.Header) (n notify.Notice, err error) {
	keys, err := grant.OpenKeyring(a.keys, time.Now())
	if err != nil {
		return n, err
	}
	hook, err := standardwebhooks.NewWebhook(notify.Secret(keys.Secret("portal")))
	if err == nil {
		err = hook.Verify(body, header)
	}
	if err == nil {
		err = json.Unmarshal(body, &n)
	}
	return n, err
}

// waitFor is a notice that the app took, from a bot that is started as often as it dies.
func (a *fatalApp) waitFor(what string) notify.Notice {
	a.k.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) { // a process that is killed has no event for this
		a.mu.Lock()
		n, found := a.told[what]
		a.mu.Unlock()
		if found {
			return n
		}
		a.k.revive()
	}
	a.k.t.Fatalf("the app isn't told of %s", what)
	return notify.Notice{}
}

// asksCustomers has a flow that asks them, by an app that listens.
func (k *killings) asksCustomers(t *testing.T) *fatalApp {
	app := &fatalApp{k: k, keys: k.settings.KeysPath(), tries: map[string]int{}, told: map[string]notify.Notice{}}
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	k.must(err)
	k.settings.Listen = free.Addr().String()
	k.settings.ConsentURL = "http://" + k.settings.Listen
	k.must(free.Close())
	var rows strings.Builder
	for i := range 10 {
		fmt.Fprintf(&rows, `{"id":"acct_%d","name":"Customer %03d","fields":{"holds_health_data":false}}`+"\n", i, i)
	}
	k.settings.Accounts = filepath.Join(t.TempDir(), "customers.jsonl")
	k.must(os.WriteFile(k.settings.Accounts, []byte(rows.String()), 0o600))
	k.settings.Flows = filepath.Join(t.TempDir(), "flows.json")
	k.must(os.WriteFile(k.settings.Flows, fmt.Appendf(nil, `{"flows":[{"name":"consent","params":{"managers":"PMGRS01"},"durations":["15m"],
		"app":{"name":"portal","url":"https://portal.example.com/understudy/open","webhook":"%s/hook"}}]}`, server.URL), 0o600))
	return app
}

// TestKilledWhileACustomerIsAsked kills the bot, as a real process, when the app is
// told, and around the customer's answer. An answer that the customer saw kept is
// kept; what the app didn't take comes again under the same id.
func TestKilledWhileACustomerIsAsked(t *testing.T) {
	t.Parallel()
	k := newKillings(t)
	app := k.asksCustomers(t)
	k.startBot()
	for i := range 3 {
		customer := fmt.Sprintf("Customer %03d", i)
		for !k.ask(agents()[i], customer) {
			k.startBot()
		}
		link := app.waitFor("consent.asked " + customer).Data.Consent.URL
		time.AfterFunc(time.Duration(k.random.IntN(8))*time.Millisecond, k.kill)
		kept := k.agrees(link)
		if page := k.reads(link); strings.Contains(page, "sign in as you?") {
			if kept {
				t.Errorf("%s: an answer is lost that the customer saw kept:\n%s", customer, page)
			}
			for !k.agrees(link) {
				k.revive()
			}
		}
		if over := app.waitFor("consent.over " + customer); over.Data.Consent.Status != "active" || over.Data.Consent.By.Name != customer+" (the customer)" {
			t.Errorf("%s: %+v", customer, over.Data.Consent)
		}
	}
	k.startBot()
	k.stopBot()
	k.verify()
	for id, tries := range app.tries {
		if tries < 2 {
			t.Errorf("%s came %d times", id, tries)
		}
	}
	if len(app.tries) != 6 {
		t.Errorf("of 3 requests the app was told %d things", len(app.tries))
	}
}

// agrees sends the customer's yes, and says whether the bot said that it is kept.
func (k *killings) agrees(link string) (kept bool) {
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := stay.PostForm(link, url.Values{"answer": {"agree"}})
	if err != nil {
		return false // it died
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusSeeOther
}

// reads is the customer's page, of a bot that is started as often as it dies.
func (k *killings) reads(link string) string {
	for {
		k.revive()
		if response, err := http.Get(link); err == nil {
			page, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err == nil && response.StatusCode == http.StatusOK {
				return string(page)
			}
		}
		if k.t.Context().Err() != nil {
			return ""
		}
		time.Sleep(5 * time.Millisecond) // a process that is killed has no event for this
	}
}
