package bot_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// world is what outlives a bot: a workspace with its people, an on-call
// service, the accounts, and what is on disk. It is made inside a synctest
// bubble, so that hours of it pass in moments.
type world struct {
	t        *testing.T
	ws       *slacksim.Workspace
	pager    *pagersim.Service
	engine   store.Engine
	accounts accounts.Directory
	log      zerolog.Logger

	kim, mia, ola *slacksim.Person

	rules flows.Flow
	flow  store.Flow
	paged http.RoundTripper
	// lived is the ledger of the bot that was started last.
	lived atomic.Pointer[store.Ledger]
	// paging is what the on-call service calls people.
	paging map[*slacksim.Person]string
}

// newWorld has Kim, an agent, and the managers Mia and Ola, who are on call.
func newWorld(t *testing.T, o slacksim.Options) *world {
	w := &world{t: t, ws: slacksim.Driven(t, o), pager: pagersim.New(), engine: storetest.NewMemory(), paging: map[*slacksim.Person]string{}}
	t.Cleanup(w.ws.Close)
	w.log = zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel)
	w.kim = w.ws.AddPerson("Kim Berg", "kim@example.com")
	w.pager.AddSchedule("PMGRS01", "Support managers")
	w.mia, w.ola = w.manager("Mia Falk", "mia@example.com"), w.manager("Ola Nordmann", "ola@example.com")
	w.onCall(w.mia, w.ola)
	_, w.paged = newWire(t, w.pager)
	w.accounts = directoryOf(t, customers, w.log)
	w.provision(flows.Impersonation)
	return w
}

// provision runs these rules from the next life on.
func (w *world) provision(f flows.Flow) {
	f.Name = "impersonation"
	w.rules = f
	w.flow = store.Flow{
		Name: f.Name, Fingerprint: f.Fingerprint(), Params: map[string]string{"manager_schedule": "PMGRS01"},
		Durations: []time.Duration{2 * time.Minute, time.Hour}, Policy: approval.Policy{Timeout: 5 * time.Minute},
	}
}

// manager is somebody whom the on-call service knows.
func (w *world) manager(name, email string) *slacksim.Person {
	p := w.ws.AddPerson(name, email)
	w.paging[p] = w.pager.AddUser(name, email)
	return p
}

// onCall makes exactly these managers the ones on call.
func (w *world) onCall(managers ...*slacksim.Person) {
	var ids []string
	for _, p := range managers {
		ids = append(ids, w.paging[p])
	}
	w.pager.SetOnCall("PMGRS01", ids...)
}

// life is one run of the bot in the world, from its start to its stop or its death.
type life struct {
	wire  *wire
	stop  context.CancelFunc
	ended chan error
}

// live starts a bot on the engine, as understudy serve does. It reaches Slack
// by the front.
func (w *world) live(engine store.Engine, front http.Handler) *life {
	l := &life{ended: make(chan error, 1)}
	var transport *http.Transport
	l.wire, transport = newWire(w.t, front)
	w.ws.SetURL("http://slack.test")
	client := slack.New(w.ws.BotToken(), slack.OptionAPIURL(w.ws.APIURL()), slack.OptionAppLevelToken(w.ws.AppToken()),
		slack.OptionHTTPClient(&http.Client{Timeout: 10 * time.Second, Transport: transport}))
	var ctx context.Context
	ctx, l.stop = context.WithCancel(context.Background())
	go func() { l.ended <- w.run(ctx, engine, client, transport) }()
	return l
}

// finish has the bot stop, and says how it ended.
func (l *life) finish() error {
	l.stop()
	return <-l.ended
}

// run opens the ledger and runs a bot until ctx ends.
func (w *world) run(ctx context.Context, engine store.Engine, client *slack.Client, transport http.RoundTripper) error {
	ledger, err := store.Open(ctx, engine)
	if err != nil {
		return err
	}
	w.lived.Store(ledger)
	if err := ledger.Reclaim(ctx, time.Now()); err != nil {
		return err
	}
	if _, err := ledger.Provision(ctx, w.flow, store.AnyVersion, time.Now()); err != nil {
		return err
	}
	return bot.New(bot.Config{
		Slack: client, TeamID: w.ws.TeamID(), Ledger: ledger, Accounts: w.accounts, Transport: transport,
		People: people.New(people.Options{
			Slack: client, PagerDutyToken: pagersim.Token, PagerDutyURL: "http://pager.test", TeamID: w.ws.TeamID(),
			Transport: w.paged, Log: w.log,
		}),
		Rules: map[string]flows.Flow{w.rules.Name: w.rules}, Log: w.log,
	}).Run(ctx)
}

// stage starts a bot that lives as long as the test, and waits until it is there.
func (w *world) stage() {
	l := w.live(w.engine, w.ws)
	w.t.Cleanup(func() {
		if err := l.finish(); err != nil {
			w.t.Errorf("the bot ended with: %v", err)
		}
	})
	w.until("the bot connects", func() bool { return w.ws.Connections() == 2 })
}

// patient is how long the world may take to be as it should, in its own time.
const patient = 3 * time.Hour

// until waits for something to be so.
func (w *world) until(what string, so func() bool) {
	w.t.Helper()
	for began := time.Now(); !so(); time.Sleep(200*time.Millisecond + time.Since(began)/20) {
		if time.Since(began) > patient {
			w.t.Fatalf("in vain: %s", what)
		}
	}
}
