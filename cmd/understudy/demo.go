package main

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/slacksim/page"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/cmd/understudy/demodata"
)

type demoCommand struct {
	Listen  string `default:"127.0.0.1:8090" help:"Where the page is served. Only this machine may reach it."`
	Gallery bool   `help:"Show every state of every card, modal and Home, and start no bot."`
	Store   string `type:"path" placeholder:"FILE" help:"Keep the bot's records in this file. The workspace itself starts empty each time."`
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
	ws, ola, err := newWorkspace(address)
	if err != nil {
		return err
	}
	defer ws.Close()
	b := newBackstage(ws, ola, &demoClock{file: filepath.Join(folder, "clock")})
	defer b.close()
	pages, err := demoPages(b, address)
	if err != nil {
		return err
	}
	stopPage := api.Serve(listener, pages, log)
	defer stopPage()
	if d.Gallery {
		fmt.Fprintf(stdout, "\n  The gallery is at  %s/gallery.html\n\n", address)
		<-ctx.Done()
		return nil
	}
	fmt.Fprintf(stdout, demoWelcome, address)
	return d.runBot(ctx, b, folder, stdout, log)
}

// runBot keeps the bot alive in its world until ctx ends.
func (d *demoCommand) runBot(ctx context.Context, b *backstage, folder string, stdout io.Writer, log zerolog.Logger) error {
	pagerListener, err := listenLoopback(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	stopPager := api.Serve(pagerListener, b.pager, log)
	defer stopPager()
	ws := b.ws
	listen, err := freePort(ctx)
	if err != nil {
		return err
	}
	s := cli.Settings{
		SlackAppToken: ws.AppToken(), SlackBotToken: ws.BotToken(), SlackAPIURL: ws.APIURL(),
		PagerdutyToken: pagersim.Token, PagerdutyAPIURL: "http://" + pagerListener.Addr().String(),
		Store: "bolt:" + filepath.Join(folder, "understudy.db"), Listen: listen, AdminToken: "demo-" + crand.Text() + crand.Text(),
	}
	if d.Store != "" {
		s.Store = "bolt:" + d.Store
	}
	if err := writeDemoFiles(&s, folder); err != nil {
		return err
	}
	fmt.Fprintf(stdout, demoAPI, listen, s.AdminToken)
	return b.bot.supervise(ctx, s, stdout, "--clock="+b.clock.file)
}

const demoWelcome = `
  Understudy's demo is at  %s

  Open it in a browser: you are everybody there. Ctrl-C ends it.
`

const demoAPI = `
  To provision more flows while it runs (understudy flow --help):

    export UNDERSTUDY_URL=http://%s UNDERSTUDY_TOKEN=%s
`

// freePort is an address that the bot can listen on, the same after a kill.
func freePort(ctx context.Context) (string, error) {
	listener, err := listenLoopback(ctx, "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

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

func newWorkspace(address string) (ws *slacksim.Workspace, ola *slacksim.Person, err error) {
	ws = slacksim.New(slacksim.Options{Name: "Understudy demo", Seed: rand.Uint64(), Calm: true})
	ws.SetURL(address)
	kim := ws.AddPerson("Kim Berg", "kim@example.com", slacksim.Title("Support agent"))
	mia := ws.AddPerson("Mia Falk", "mia@example.com", slacksim.Title("On-call manager"))
	ola = ws.AddPerson("Ola Nordmann", "ola@example.com", slacksim.Title("On-call manager"))
	lee := ws.AddPerson("Lee Chan", "lee@example.com", slacksim.Title("Support agent"))
	ws.AddGroup("directors", ws.AddPerson("Dana Reyes", "dana@example.com", slacksim.Title("Director")))
	sam := ws.AddPerson("Sam Rivers", "sam@partner.example", slacksim.Title("Guest"), slacksim.Guest())
	return ws, ola, errors.Join(ws.Configure(cli.Manifest()), fillSupport(ws, kim, mia, ola, lee, sam))
}

// fillSupport has these people in #support, with what is written there.
func fillSupport(ws *slacksim.Workspace, people ...*slacksim.Person) (err error) {
	ws.AddChannel("support", people...)
	for _, c := range demodata.Complaints() {
		i := slices.IndexFunc(people, func(p *slacksim.Person) bool { return p.Name() == c.From })
		err = errors.Join(err, ws.Post(people[i].ID(), "#support", c.Text))
	}
	return err
}

func demoPages(b *backstage, address string) (http.Handler, error) {
	ws := b.ws
	mux := http.NewServeMux()
	mux.Handle("/api/", noBrowser(ws))
	mux.Handle("/link/", noBrowser(ws))
	mux.Handle("/respond/", noBrowser(ws))
	gallery, err := view.Gallery()
	if err != nil {
		return nil, err
	}
	people, err := view.GalleryPeople()
	if err != nil {
		return nil, err
	}
	var names []page.NamedUser
	for _, id := range slices.Sorted(maps.Keys(people)) {
		names = append(names, page.NamedUser{ID: id, Name: people[id]})
	}
	mux.Handle("/", page.Handler(ws, page.Options{
		Title: "Understudy demo", App: "Understudy", Guide: demoGuide(), Stage: b.acts(), Deeds: b.diary.deeds, Gallery: gallery, Names: names,
		Links: []page.Link{{Text: "Gallery", URL: address + "/gallery.html"}},
	}))
	return mux, nil
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
		{Text: "Allowed at once: Hooli is on the free tier.", Person: "Kim Berg", Type: "/impersonate hooli"},
		{Text: "Yours to approve: Kim is assigned to Globex.", Person: "Kim Berg", Type: "/impersonate globex"},
		{Text: "From a message: in #support, open “⋯” beside what Lee wrote, and click Impersonate the customer.", Person: "Kim Berg", With: "Mia Falk", Channel: "support"},
		{Text: "Approved, then ended: Acme goes to the managers on call. Approve it as Mia; then Kim clicks End now, or Mia clicks Revoke.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate acct_42"},
		{Text: "Denied: ask for Café Lumière, deny it as Mia, and say why.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate acct_105"},
		{Text: "Escalated: ask, and nobody answers. Click “10 minutes later” backstage: Dana, a director, is asked as well.", Person: "Kim Berg", With: "Dana Reyes", Type: "/impersonate acct_42"},
		{Text: "Too late: tick “Hold cards still” for Ola, ask as Kim, approve it as Mia, then click on Ola's card.", Person: "Kim Berg", With: "Ola Nordmann", Type: "/impersonate acct_105"},
		{Text: "Nothing unknown allows: Initech has no plan in the account directory.", Person: "Kim Berg", Type: "/impersonate initech"},
		{Text: "Sam is a guest, and guests may not ask.", Person: "Sam Rivers", Type: "/impersonate hooli"},
		{Text: "When things fail: ask, and kill the bot backstage, or take PagerDuty down. Nothing that was taken is lost."},
	}
}

const demoFlows = `{"flows":[{"name":"impersonation","params":{"manager_schedule":"` + demoSchedule + `"},"durations":["15m","30m","1h","4h"]}]}`

func writeDemoFiles(s *cli.Settings, folder string) error {
	s.Accounts = filepath.Join(folder, "customers.jsonl")
	s.Flows = filepath.Join(folder, "flows.json")
	return errors.Join(
		os.WriteFile(s.Accounts, demodata.Customers(), 0o600),
		os.WriteFile(s.Flows, []byte(demoFlows), 0o600),
	)
}
