// Package slacksim is a Slack workspace in a process: the Web API, Socket Mode,
// and the people who use them. Tests and the demo run the bot on it; a bot
// can't tell it from the real one, and it is meant to be less forgiving.
//
// A [Workspace] is an http.Handler. Under /api/ it answers Web API methods,
// under /link/ it accepts an app's sockets, and under /respond/ it takes what an
// app posts to response URLs. People act through the same few doors in tests
// and on the demo's page (acts.go): they type a command, press a button, use a
// shortcut on a message, ask for suggestions, submit a modal, open a Home. Each act becomes the payload that
// Slack sends, goes to one of the app's sockets, and wants its ack there within
// three seconds; otherwise the person reads what Slack would say.
//
// It checks what Slack checks: tokens, scopes, triggers that live for three
// seconds and work once, the limits of blocks, the hash of a view. Unless it is
// told to be calm it also trains its client, as the ACME server Pebble does: a
// few percent of calls are rate limited, some envelopes come twice, and sockets
// are refreshed now and then. All of it follows from a seed.
//
// It keeps everything in memory and listens nowhere by itself. It is not a chat
// server: nobody is kept from being anybody.
package slacksim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// Options say what workspace to make. The zero value is good.
type Options struct {
	Name string // of the workspace; "Simulated" if empty
	// Seed makes ids, and trouble, the same every time. Zero takes one at random.
	Seed uint64
	// Calm leaves out the trouble that trains clients.
	Calm bool
	// RetryAfter is what a 429 asks for, in whole seconds; one if zero.
	RetryAfter time.Duration
	// Scopes are the bot token's; nil means DefaultScopes.
	Scopes []string
	Log    zerolog.Logger
}

// DefaultScopes are what a bot needs that posts messages, opens modals and
// looks people up.
func DefaultScopes() []string {
	return []string{"chat:write", "commands", "im:history", "im:write", "usergroups:read", "users:read", "users:read.email"}
}

// Workspace is a Slack workspace with one app in it.
type Workspace struct {
	o                               Options
	appToken, botToken              string
	teamID, appID, botID, botUserID string
	mux                             *http.ServeMux
	now                             func() time.Time
	stamped                         func() time.Time // what messages are stamped by

	mu            sync.Mutex
	random        *rand.Rand
	url           string
	changed       chan struct{}
	members       []*member
	groups        []*group
	conversations []*conversation
	shortcuts     []Shortcut
	events        []string // that the manifest asks for
	triggers      map[string]*trigger
	responses     map[string]*response
	sockets       []*connection
	serving       sync.WaitGroup // the sockets' handlers
	nextSocket    int
	tickets       map[string]bool
	waiting       map[string]*delivery
	crossed       []time.Duration
	stamp         int64
	trouble       trouble
	calls         []Call
	closed        bool
	driver        testing.TB // nil outside of tests
}

// New makes a workspace. Serve it, and tell it where with SetURL.
func New(o Options) *Workspace {
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	if o.Name == "" {
		o.Name = "Simulated"
	}
	if o.RetryAfter == 0 {
		o.RetryAfter = time.Second
	}
	if o.Scopes == nil {
		o.Scopes = DefaultScopes()
	}
	ws := &Workspace{
		o: o, now: time.Now, stamped: time.Now, random: rand.New(rand.NewPCG(o.Seed, 1)), changed: make(chan struct{}),
		triggers: map[string]*trigger{}, responses: map[string]*response{}, tickets: map[string]bool{}, waiting: map[string]*delivery{},
	}
	ws.trouble.init(o)
	ws.teamID, ws.appID, ws.botID, ws.botUserID = ws.id("T"), ws.id("A"), ws.id("B"), ws.id("U")
	ws.appToken = "xapp-1-" + ws.appID + "-" + strings.ToLower(ws.id(""))
	ws.botToken = "xoxb-" + strings.ToLower(ws.id("")+ws.id(""))
	ws.mux = http.NewServeMux()
	ws.mux.HandleFunc("POST /api/{method}", ws.serveAPI)
	ws.mux.HandleFunc("GET /api/{method}", ws.serveAPI)
	ws.mux.HandleFunc("GET /link/", ws.serveSocket)
	ws.mux.HandleFunc("POST /respond/{id}", ws.serveResponse)
	return ws
}

// ServeHTTP answers the app.
func (ws *Workspace) ServeHTTP(w http.ResponseWriter, r *http.Request) { ws.mux.ServeHTTP(w, r) }

// SetURL says where the workspace is served, such as http://127.0.0.1:8090.
func (ws *Workspace) SetURL(url string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.url = strings.TrimSuffix(url, "/")
}

// APIURL is the address of the Web API, with the slash at its end.
func (ws *Workspace) APIURL() string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.url + "/api/"
}

// AppToken is the app-level token.
func (ws *Workspace) AppToken() string { return ws.appToken }

// BotToken is the bot's token.
func (ws *Workspace) BotToken() string { return ws.botToken }

// TeamID is the workspace's id.
func (ws *Workspace) TeamID() string { return ws.teamID }

// Seed is what the workspace's ids and trouble follow from.
func (ws *Workspace) Seed() uint64 { return ws.o.Seed }

// Reseed has what comes from now on follow from another seed. So a workspace that
// is made again has the people that it had, and gives no form the id of an old one.
func (ws *Workspace) Reseed(seed uint64) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.random = rand.New(rand.NewPCG(seed, 1))
}

// Close cuts every socket, waits until they have ended, and takes no new one.
func (ws *Workspace) Close() {
	ws.mu.Lock()
	ws.closed = true
	for _, s := range ws.sockets {
		s.cut()
	}
	ws.mu.Unlock()
	ws.serving.Wait()
}

// id makes an id that looks like Slack's. The caller needn't hold the lock
// before the workspace is used; afterwards it must.
func (ws *Workspace) id(prefix string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	text := []byte(prefix + "0")
	for range 9 {
		text = append(text, letters[ws.random.IntN(len(letters))])
	}
	return string(text)
}

// ts is a new message's time stamp, which is its id in a conversation. Locked.
func (ws *Workspace) ts() string {
	ws.stamp = max(ws.stamp+1, ws.stamped().UnixMicro())
	return fmt.Sprintf("%d.%06d", ws.stamp/1_000_000, ws.stamp%1_000_000)
}

// announce tells everybody who watches that something changed. Locked.
func (ws *Workspace) announce() {
	close(ws.changed)
	ws.changed = make(chan struct{})
}
