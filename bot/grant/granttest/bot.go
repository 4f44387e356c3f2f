// Package granttest is what every middleware must pass: one suite for Go, Django
// and Express. It plays the bot, with the product's own API, and the browsers of
// members of staff; the app is a process, or a server, that it knows by what its
// pages say.
//
// An app under test is told its bot by the environment of [Bot.Environment], and
// has these pages beside the middleware's own under /understudy/:
//
//	GET  /sign-in?staff=EMAIL&next=PATH   signs a member of staff in by the ways hwk and user, now;
//	                                      with ago, so many seconds ago, or if that is empty nobody knows when
//	GET  /sign-in-again                   is where the middleware has them sign in anew
//	GET  /                                <p id="who"> says who acts as whom, <p id="voided"> how much was voided;
//	                                      with policy, that is its Content-Security-Policy
//	POST /invoices/7/void                 changes something
//	GET  /export                          is marked as dangerous
//	POST /password                        is never for who acts as a customer
//	GET  /accounts/{id}                   needs a grant by the flow impersonation
//
// The account acct_staff is a member of staff there. An account that begins with
// acct_fresh is opened only to who signed in within the last five minutes.
package granttest

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// App is the name of the app under test.
const App = "portal"

// Kim asks and acts, Eve doesn't.
const (
	Kim = "kim@example.com"
	Eve = "eve@example.com"
)

// Bot is the bot's API, with cases that the test decides.
type Bot struct {
	URL   string
	Token string // the app's
	Keys  *grant.Keyring

	t      testing.TB
	ledger *store.Ledger
	down   atomic.Bool
}

// NewBot serves a bot until the test ends.
func NewBot(t testing.TB) *Bot {
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	keys, err := grant.OpenKeyring(filepath.Join(t.TempDir(), "keys"), now)
	if err != nil {
		t.Fatal(err)
	}
	b := &Bot{t: t, ledger: ledger, Token: store.NewTokenSecret(), Keys: keys}
	if err := ledger.AddToken(t.Context(), store.Token{ID: "t1", Name: App, Role: store.ForApp, App: App, Hash: store.HashToken(b.Token), Since: now}); err != nil {
		t.Fatal(err)
	}
	v1 := &api.V1{Ledger: func() *store.Ledger { return ledger }, Keys: keys, Ask: b.ask, Now: time.Now, Log: zerolog.Nop()}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.URL = "http://" + listener.Addr().String()
	v1.Issuer = b.URL
	handler := api.Handler(func(context.Context) error { return nil }, http.NotFoundHandler(), v1.Handler(), nil)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.down.Load() {
			panic(http.ErrAbortHandler)
		}
		handler.ServeHTTP(w, r)
	}))
	_ = server.Listener.Close() // it isn't used
	server.Listener = listener
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections() // apps hear the stream
		server.Close()
	})
	return b
}

// Environment is what an app is told.
func (b *Bot) Environment() []string {
	return []string{"UNDERSTUDY_URL=" + b.URL, "UNDERSTUDY_APP=" + App, "UNDERSTUDY_TOKEN=" + b.Token}
}

// Down has the bot answer nothing more, or again.
func (b *Bot) Down(down bool) { b.down.Store(down) }

// freshAccount begins the accounts that only a fresh sign-in opens.
const freshAccount = "acct_fresh"

func flow(account string, scope approval.Scope) approval.FlowVersion {
	app := approval.App{Name: App, URL: "https://portal.example.com/understudy/open", Scope: scope}
	if strings.HasPrefix(account, freshAccount) {
		app.FreshSignIn = 5 * time.Minute
	}
	return approval.FlowVersion{Name: "impersonation", Policy: approval.Policy{Timeout: time.Hour}, App: &app}
}

func (b *Bot) ask(_ context.Context, a api.Asking) (approval.Case, error) {
	if a.Reason == "" {
		return approval.Case{}, &api.Refusal{Field: "reason", Text: "say why"}
	}
	return b.submit(approval.Submit{
		Flow: flow(a.Account, approval.ReadOnly), AskedIn: a.App, Reason: a.Reason, Requester: approval.Person{ID: "U" + a.StaffEmail, Name: "Kim Berg", Email: a.StaffEmail},
		Account: approval.Account{ID: a.Account, Name: "Globex"},
	}), nil
}

// Allowed is a grant of an hour that Kim got for this account, to be opened.
func (b *Bot) Allowed(account, name string, scope approval.Scope) (id string) {
	c := b.submit(approval.Submit{
		Flow: flow(account, scope), Reason: "Invoice 1042 <shows> twice.", Requester: approval.Person{ID: "UKIM", Name: "Kim <b>Berg</b>", Email: Kim},
		Account: approval.Account{ID: account, Name: name},
	})
	b.Allow(c.ID)
	return c.ID
}

func (b *Bot) submit(s approval.Submit) approval.Case {
	s.ID, s.Duration = uuid.NewString(), time.Hour
	b.Do(s.ID, s)
	return b.Case(s.ID)
}

// Allow allows a request, and Deny denies it.
func (b *Bot) Allow(id string) { b.rule(id, flows.Approved, "free tier account") }

// Deny denies a request.
func (b *Bot) Deny(id, why string) { b.rule(id, flows.Denied, why) }

func (b *Bot) rule(id string, result flows.Result, why string) {
	ruling := approval.Ruling{Account: b.Case(id).Account}
	ruling.Outcome = flows.Outcome{Result: result, Why: why}
	b.Do(id, approval.Rule{Ruling: ruling})
}

// Do commits a command.
func (b *Bot) Do(id string, command approval.Command) {
	if _, err := b.ledger.Do(context.Background(), store.Change{Case: id, Command: command}, time.Now()); err != nil {
		b.t.Errorf("%T: %v", command, err)
	}
}

// Code is that of a new link.
func (b *Bot) Code(id string) string {
	code := grant.NewCode()
	err := b.ledger.AddLink(context.Background(), store.HashToken(code), store.Link{Case: id, Email: Kim, Until: time.Now().Add(grant.LinkLife)}, "", time.Now())
	if err != nil {
		b.t.Error(err)
	}
	return code
}

// Redeemed is the token of a grant that Kim has opened, as an app gets it.
func (b *Bot) Redeemed() string {
	b.t.Helper()
	body, err := json.Marshal(api.Redemption{Code: b.Code(b.Allowed("acct_42", "Acme", approval.ReadOnly)), StaffEmail: Kim})
	if err != nil {
		b.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.URL+"/v1/grants/redeem", bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+b.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	var o api.Opening
	if err := json.NewDecoder(response.Body).Decode(&o); err != nil || o.Token == "" {
		b.t.Fatalf("%s: %v", response.Status, err)
	}
	return o.Token
}

// Case is a case as it is now.
func (b *Bot) Case(id string) approval.Case {
	c, err := b.ledger.Case(context.Background(), id)
	if err != nil {
		b.t.Error(err)
	}
	return c
}

// Waiting are the requests that aren't decided.
func (b *Bot) Waiting() (ids []string) {
	all, err := b.ledger.Cases(context.Background(), "", 1000)
	if err != nil {
		b.t.Error(err)
	}
	for _, c := range all {
		if c.Status == approval.Routing {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// SignedIn is what the app told of Kim's sign-in as she came into it last.
func (b *Bot) SignedIn(id string) (told approval.SignedIn) {
	events, err := b.ledger.Events(context.Background(), id)
	if err != nil {
		b.t.Error(err)
	}
	for _, e := range events {
		if opened, ok := e.Body.(approval.Opened); ok {
			told = opened.SignedIn
		}
	}
	return told
}

// Deeds are what the app told of a case.
func (b *Bot) Deeds(id string) (all []approval.Deed) {
	events, err := b.ledger.Events(context.Background(), id)
	if err != nil {
		b.t.Error(err)
	}
	for _, e := range events {
		if acted, ok := e.Body.(approval.Acted); ok {
			all = append(all, acted.Deeds...)
		}
	}
	return all
}
