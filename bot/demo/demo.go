// Package demo is a bot to click in: on a Slack workspace, an on-call service and
// an account directory that live in one process, with a page on which a visitor
// is everybody in that workspace.
//
// What it is for is to show a flow to whoever has none yet, and to try one that
// is being written. The bot is the real one, a process of its own, so that it can
// be killed; everything around it is simulated, and belongs to the visitor.
//
// Any program of flows has it, as two verbs, [Verbs]. What it shows there is its
// [Play].
package demo

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/bot/demo/demodata"
	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim/page"
	"github.com/understudyhq/understudy/flows"
)

// Play is what a demo shows.
type Play struct {
	Rules []flows.Flow     // that its bot has
	Flows string           // those that are provisioned, as a flows file has them
	Guide []page.GuideStep // what a first-time visitor should try, in order
}

// Verbs are what a program with a demo has.
type Verbs struct {
	Demo  Demo  `cmd:"" help:"Try it: the bot on a workspace of its own, with a page to click in."`
	Serve Serve `cmd:"" name:"demo-serve" hidden:"" help:"Run the bot of the demo."`
}

// Of are the verbs of a demo that shows this.
func Of(p Play) *Verbs { return &Verbs{Demo: Demo{play: p}, Serve: Serve{play: p}} }

// Demo is the verb demo.
type Demo struct {
	Listen  string `default:"127.0.0.1:8090" help:"Where the page is served. Only this machine may reach it."`
	Gallery bool   `help:"Show every state of every card, modal and Home, and start no bot."`
	Store   string `type:"path" placeholder:"FILE" help:"Keep the bot's records in this file. The workspace itself starts empty each time."`

	play Play
}

// Run shows the bot on a workspace of its own until ctx ends. The bot is a
// process of its own, the same as understudy serve, so that it can be killed.
func (d *Demo) Run(ctx context.Context, stdout io.Writer, log zerolog.Logger) (err error) {
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
	b := newBackstage(ws, ola, &clock{file: filepath.Join(folder, "clock")})
	defer b.close()
	site, err := pages(b, d.play.Guide, address)
	if err != nil {
		return err
	}
	stopPage := api.Serve(listener, site, log)
	defer stopPage()
	if d.Gallery {
		fmt.Fprintf(stdout, "\n  The gallery is at  %s/gallery.html\n\n", address)
		<-ctx.Done()
		return nil
	}
	fmt.Fprintf(stdout, welcome, address)
	return d.runBot(ctx, b, folder, stdout, log)
}

// runBot keeps the bot alive in its world until ctx ends.
func (d *Demo) runBot(ctx context.Context, b *backstage, folder string, stdout io.Writer, log zerolog.Logger) error {
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
	if err := d.writeFiles(&s, folder); err != nil {
		return err
	}
	fmt.Fprintf(stdout, apiWelcome, listen, s.AdminToken)
	return b.bot.supervise(ctx, s, stdout, "--clock="+b.clock.file)
}

const welcome = `
  Understudy's demo is at  %s

  Open it in a browser: you are everybody there. Ctrl-C ends it.
`

const apiWelcome = `
  To provision more flows while it runs (understudy flow --help):

    export UNDERSTUDY_URL=http://%s UNDERSTUDY_TOKEN=%s
`

func (d *Demo) writeFiles(s *cli.Settings, folder string) error {
	s.Accounts = filepath.Join(folder, demodata.CustomersName)
	s.Flows = filepath.Join(folder, "flows.json")
	return errors.Join(
		os.WriteFile(s.Accounts, demodata.Customers(), 0o600),
		os.WriteFile(s.Flows, []byte(d.play.Flows), 0o600),
	)
}
