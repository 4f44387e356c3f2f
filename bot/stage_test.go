package bot_test

import (
	"context"
	"os"
	"path/filepath"
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

	"net/http/httptest"
)

const customers = `{"id":"acct_42","name":"Acme","plan":"enterprise","assigned":["lee@example.com"],"fields":{"region":"eu"}}
{"id":"acct_7","name":"Globex","plan":"pro","assigned":["Kim@Example.com"]}
{"id":"acct_19","name":"Hooli","plan":"free"}
{"id":"acct_3","name":"Initech"}
{"id":"acct_43","name":"Acme Rockets","plan":"pro"}
`

// stage is a workspace with its people, an on-call service, and a bot.
type stage struct {
	t      *testing.T
	ws     *slacksim.Workspace
	pager  *pagersim.Service
	faults *storetest.Faults
	ledger *store.Ledger
	flow   store.Flow   // which is provisioned
	ahead  atomic.Int64 // of the real time, in nanoseconds
	bot    *bot.Bot

	kim, lee, mia, ola, sam *slacksim.Person
	miaPager, olaPager      string
	pingEvery               time.Duration // of the bot's sockets; zero is as usual
}

// setting changes how a stage's bot is made.
type setting func(*stage, *bot.Config)

// newStage starts a bot on a workspace. Kim and Lee are agents, Mia and Ola
// managers on call, Sam is a guest.
func newStage(t *testing.T, settings ...setting) *stage {
	t.Helper()
	s := &stage{t: t, ws: slacksim.ForTest(t, slacksim.Options{}), pager: pagersim.New()}
	s.kim = s.ws.AddPerson("Kim Berg", "kim@example.com")
	s.lee = s.ws.AddPerson("Lee Chan", "lee@example.com")
	s.mia = s.ws.AddPerson("Mia Falk", "mia@example.com")
	s.ola = s.ws.AddPerson("Ola Nordmann", "ola@example.com")
	s.sam = s.ws.AddPerson("Sam Rivers", "sam@partner.example", slacksim.Guest())
	s.miaPager = s.pager.AddUser("Mia Falk", "MIA@example.com")
	s.olaPager = s.pager.AddUser("Ola Nordmann", "ola@example.com")
	s.pager.AddSchedule("PMGRS01", "Support managers")
	s.pager.SetOnCall("PMGRS01", s.miaPager, s.olaPager)
	s.run(settings)
	return s
}

func (s *stage) run(settings []setting) {
	t := s.t
	pager := httptest.NewServer(s.pager)
	t.Cleanup(pager.Close)
	log := zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)
	client := slack.New(s.ws.BotToken(), slack.OptionAPIURL(s.ws.APIURL()), slack.OptionAppLevelToken(s.ws.AppToken()))
	s.faults = storetest.Faulty(storetest.NewMemory())
	ledger, err := store.Open(t.Context(), s.faults)
	if err != nil {
		t.Fatal(err)
	}
	s.ledger = ledger
	config := bot.Config{
		Slack: client, TeamID: s.ws.TeamID(), Ledger: ledger, Accounts: directoryOf(t, customers, log),
		People: people.New(people.Options{
			Slack: client, PagerDutyToken: pagersim.Token, PagerDutyURL: pager.URL, TeamID: s.ws.TeamID(), Log: log,
		}),
		Rules: map[string]flows.Flow{"impersonation": flows.Impersonation},
		Now:   s.now,
		Log:   log,
	}
	s.flow = store.Flow{
		Name: "impersonation", Fingerprint: flows.Impersonation.Fingerprint(),
		Params: map[string]string{"manager_schedule": "PMGRS01"}, Durations: []time.Duration{15 * time.Minute, time.Hour},
		Policy: approval.Policy{Timeout: time.Hour},
	}
	for _, set := range settings {
		set(s, &config)
	}
	if s.flow, err = ledger.Provision(t.Context(), s.flow, store.AnyVersion, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.bot = bot.New(config)
	s.bot.PingEvery(s.pingEvery)
	s.start(s.bot)
}

// start runs the bot until the test ends, and waits until it's connected.
func (s *stage) start(b *bot.Bot) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Errorf("the bot ended with: %v", err)
		}
	})
	for deadline := time.Now().Add(30 * time.Second); b.Ready(ctx) != nil; {
		if time.Now().After(deadline) {
			s.t.Fatal("the bot doesn't connect")
		}
		time.Sleep(5 * time.Millisecond) // the workspace has no event for this
	}
}

func directoryOf(t *testing.T, customers string, log zerolog.Logger) accounts.Directory {
	t.Helper()
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, []byte(customers), 0o600); err != nil {
		t.Fatal(err)
	}
	directory, err := accounts.OpenFile(t.Context(), file, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := directory.Close(); err != nil {
			t.Error(err)
		}
	})
	return directory
}

// now is the bot's time.
func (s *stage) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// jump moves the bot's clock on.
func (s *stage) jump(d time.Duration) { s.ahead.Add(int64(d)) }

// withPolicy runs the flow under another policy.
func withPolicy(p approval.Policy) setting {
	return func(s *stage, _ *bot.Config) { s.flow.Policy = p }
}

// route runs rules that ask everybody along one route.
func route(r flows.Route) setting {
	return withRules(flows.Flow{Approvers: func(flows.Request) flows.Route { return r }})
}

// withRules runs other rules than the product's.
func withRules(f flows.Flow) setting {
	return func(s *stage, c *bot.Config) {
		f.Name = "impersonation"
		c.Rules = map[string]flows.Flow{"impersonation": f}
		s.flow.Fingerprint = f.Fingerprint()
	}
}

// ask fills in the form and sends it.
func ask(p *slacksim.Person, account string) {
	p.Types("/impersonate")
	p.Modal().Pick("Account", account).Fill("Reason", "the invoice page fails").Submit()
}
