package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/slacksim/page"
	"github.com/understudyhq/understudy/cmd/understudy/demodata"
)

type demoCommand struct {
	Listen string `default:"127.0.0.1:8090" help:"Where the page is served. Only this machine may reach it."`
	Store  string `type:"path" placeholder:"FILE" help:"Keep the bot's records in this file. The workspace itself starts empty each time."`
}

// Run shows the bot on a workspace of its own until ctx ends. The bot is a
// process of its own, the same as understudy serve, so that it can be killed.
func (d *demoCommand) Run(ctx context.Context, stdout io.Writer, log zerolog.Logger) (err error) {
	folder, err := os.MkdirTemp("", "understudy-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	listener, err := listenLoopback(ctx, d.Listen)
	if err != nil {
		return err
	}
	address := "http://" + listener.Addr().String()
	ws := newWorkspace(address)
	defer ws.Close()
	clock := &demoClock{file: filepath.Join(folder, "clock")}
	stopPage := serveHTTP(listener, demoPages(ws, clock), log)
	defer stopPage()
	pagerListener, err := listenLoopback(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	stopPager := serveHTTP(pagerListener, newPager(), log)
	defer stopPager()

	s := settings{
		SlackAppToken: ws.AppToken(), SlackBotToken: ws.BotToken(), SlackAPIURL: ws.APIURL(),
		PagerdutyToken: pagersim.Token, PagerdutyAPIURL: "http://" + pagerListener.Addr().String(),
		Store: "bolt:" + filepath.Join(folder, "understudy.db"), Listen: "127.0.0.1:0",
	}
	if d.Store != "" {
		s.Store = "bolt:" + d.Store
	}
	if err := s.writeDemoFiles(folder); err != nil {
		return err
	}
	fmt.Fprintf(stdout, demoWelcome, address)
	return supervise(ctx, s, stdout, "--clock="+clock.file)
}

const demoWelcome = `
  Understudy's demo is at  %s

  Open it in a browser: you are everybody there. Ctrl-C ends it.
`

// listenLoopback listens where only this machine can connect: the demo's page
// lets whoever opens it be anybody.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--listen is %q: the demo is for this machine only, write 127.0.0.1 and a port, such as 127.0.0.1:8090", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w; choose another port, such as --listen=127.0.0.1:8091", err)
	}
	return listener, nil
}

func newWorkspace(address string) *slacksim.Workspace {
	ws := slacksim.New(slacksim.Options{Name: "Understudy demo", Seed: rand.Uint64(), Calm: true})
	ws.SetURL(address)
	ws.AddPerson("Kim Berg", "kim@example.com", slacksim.Title("Support agent"))
	ws.AddPerson("Mia Falk", "mia@example.com", slacksim.Title("Support manager, on call"))
	ws.AddPerson("Ola Nordmann", "ola@example.com", slacksim.Title("Support manager, on call"))
	ws.AddPerson("Lee Chan", "lee@example.com", slacksim.Title("Support agent"))
	ws.AddPerson("Sam Rivers", "sam@partner.example", slacksim.Title("Contractor, a guest"), slacksim.Guest())
	return ws
}

func newPager() *pagersim.Service {
	pager := pagersim.New()
	mia := pager.AddUser("Mia Falk", "mia@example.com")
	ola := pager.AddUser("Ola Nordmann", "ola@example.com")
	pager.AddSchedule("PMGRS01", "Support managers")
	pager.SetOnCall("PMGRS01", mia, ola)
	return pager
}

func demoPages(ws *slacksim.Workspace, clock *demoClock) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/", noBrowser(ws))
	mux.Handle("/link/", noBrowser(ws))
	mux.Handle("/respond/", noBrowser(ws))
	mux.Handle("/", page.Handler(ws, page.Options{Title: "Understudy demo", App: "Understudy", Guide: demoGuide(), Stage: []page.StageAct{
		{Text: "10 minutes later", Do: func() (string, error) { return clock.turn(10 * time.Minute) }},
	}}))
	return mux
}

// noBrowser keeps what the bot calls from web pages: a browser says where a
// request comes from, and the bot doesn't.
func noBrowser(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.Host)
		if ip := net.ParseIP(host); r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" || ip == nil || !ip.IsLoopback() {
			http.Error(w, "This address is for the bot only.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func demoGuide() []page.GuideStep {
	return []page.GuideStep{
		{Text: "Hooli is on the free tier: Kim is in at once.", Person: "Kim Berg", Type: "/impersonate hooli"},
		{Text: "Kim is assigned to Globex: she approves it herself.", Person: "Kim Berg", Type: "/impersonate globex"},
		{Text: "Acme goes to the managers on call. Approve it as Mia, and see Ola's copy change.", Person: "Kim Berg", Type: "/impersonate acct_42"},
		{Text: "Too late: hold Ola's cards still, ask for Café Lumière, approve it as Mia, then click on Ola's card.", Person: "Kim Berg", Type: "/impersonate acct_105"},
		{Text: "A longer life: as Mia, say that you're looking; as Kim, nudge; as Mia, approve it, then revoke. Or deny it, and say why. Or cancel it as Kim.", Person: "Kim Berg", Type: "/impersonate acct_42"},
		{Text: "Hours in minutes: ask, then turn the bot's clock on with “10 minutes later”. Whoever is silent is reminded, the request times out; or approve it, and see the warning and the end.", Person: "Kim Berg", Type: "/impersonate acct_105"},
		{Text: "Initech has no plan in the account directory: nothing unknown allows.", Person: "Kim Berg", Type: "/impersonate initech"},
		{Text: "Sam is a guest, and guests may not ask.", Person: "Sam Rivers", Type: "/impersonate hooli"},
		{Text: "Kill the bot in the middle of a request (its process number is in the terminal). It is started again and goes on."},
	}
}

const demoFlows = `{"flows":[{"name":"impersonation","params":{"manager_schedule":"PMGRS01"},"durations":["15m","30m","1h","4h"]}]}`

func (s *settings) writeDemoFiles(folder string) error {
	s.Accounts = filepath.Join(folder, "customers.jsonl")
	s.Flows = filepath.Join(folder, "flows.json")
	return errors.Join(
		os.WriteFile(s.Accounts, demodata.Customers(), 0o600),
		os.WriteFile(s.Flows, []byte(demoFlows), 0o600),
	)
}

// restartAfter is how long a killed bot stays away.
const restartAfter = 2 * time.Second
