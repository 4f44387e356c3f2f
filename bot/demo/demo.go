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
	"cmp"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/api/client"
	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/bot/demo/demodata"
	"github.com/understudyhq/understudy/bot/pagersim"
)

// Verbs are what a program with a demo has. The zero value shows its flows.
type Verbs struct {
	Demo  Demo  `cmd:"" help:"Try it: the bot on a workspace of its own, with a page to click in."`
	Serve Serve `cmd:"" name:"demo-serve" hidden:"" help:"Run the bot of the demo."`
}

// Of are the verbs of a demo that shows this.
func Of(p Play) *Verbs { return &Verbs{Demo: Demo{play: p}, Serve: Serve{rules: p.Rules}} }

// Demo is the verb demo.
type Demo struct {
	Listen   string            `default:"127.0.0.1:8090" help:"Where the page is served. Only this machine may reach it."`
	Gallery  bool              `help:"Show every state of every card, modal and Home, and start no bot."`
	Store    string            `type:"path" placeholder:"FILE" help:"Keep the bot's records in this file. The people are the same then, and start without messages each time."`
	Accounts string            `type:"existingfile" placeholder:"FILE" help:"Your own account directory, such as customers.jsonl. The people are kim@example.com, lee@example.com, mia@example.com, ola@example.com and dana@example.com."`
	Portal   bool              `help:"Have each flow that is provisioned open the demo's customer portal."`
	Param    map[string]string `placeholder:"NAME=VALUE" help:"A parameter of a flow that the demo provisions."`

	play Play
}

// Run shows the bot on a workspace of its own until ctx ends.
func (d *Demo) Run(ctx context.Context, program cli.Program, stdout io.Writer, log zerolog.Logger) (err error) {
	if err := d.choose(program); err != nil {
		return err
	}
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
	ws, ola, err := newWorkspace(address, d.Store, d.Accounts == "")
	if err != nil {
		return err
	}
	defer ws.Close()
	b := newBackstage(ws, ola, &clock{file: filepath.Join(folder, "clock")})
	defer b.close()
	store := cmp.Or(d.Store, filepath.Join(folder, "understudy.db"))
	portal, err := listenForCustomers(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = portal.listener.Close() }() // who served on it has closed it
	missing, err := d.begin(ctx, store, portal, stdout)
	if err != nil {
		return err
	}
	site, err := pages(b, d.play.Guide, address, portal.address())
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
	for _, sentence := range missing {
		fmt.Fprintf(stdout, "\n  %s\n", sentence)
	}
	return d.runBot(ctx, b, store, folder, portal, stdout, log)
}

// begin provisions the play's flows, says why some aren't, and fills in a guide
// to what there is. A gallery needs none.
func (d *Demo) begin(ctx context.Context, store string, c *customers, stdout io.Writer) (missing []string, err error) {
	if d.Gallery {
		return nil, nil
	}
	names, err := begin(ctx, store, d.play, d.Param, c, stdout)
	if err != nil {
		return nil, err
	}
	for _, flow := range slices.Sorted(maps.Keys(d.play.missing)) {
		if !slices.Contains(names, flow) {
			missing = append(missing, d.play.missing[flow])
		}
	}
	if d.play.Guide == nil {
		d.play.Guide = guide(names, missing, d.Accounts != "")
	}
	return missing, nil
}

// choose finds what to show, if it isn't said.
func (d *Demo) choose(program cli.Program) (err error) {
	if len(d.play.Rules) > 0 {
		return nil
	}
	d.play, err = ofProgram(program.Rules, d.Param)
	for i := range d.play.Flows {
		if d.Portal {
			d.play.Flows[i].App = Portal()
		}
	}
	return err
}

// runBot keeps the bot alive in its world until ctx ends.
func (d *Demo) runBot(ctx context.Context, b *backstage, store, folder string, c *customers, stdout io.Writer, log zerolog.Logger) (err error) {
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
		Store: "bolt:" + store, Listen: listen, ConsentURL: "http://" + listen, AdminToken: "demo-" + crand.Text() + crand.Text(),
	}
	if s.Accounts, err = d.accounts(folder); err != nil {
		return err
	}
	bot, err := client.New("http://"+listen, s.AdminToken)
	if err != nil {
		return err
	}
	stopPortal, err := c.serve(ctx, bot, "http://"+listen, s.Accounts, d.play.flow(), ws, b.clock.now, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopPortal()) }()
	fmt.Fprintf(stdout, apiWelcome, listen, s.AdminToken)
	return b.bot.supervise(ctx, s, stdout, "--clock="+b.clock.file)
}

// accounts is the file of the account directory.
func (d *Demo) accounts(folder string) (file string, err error) {
	if d.Accounts != "" {
		return d.Accounts, nil
	}
	file = filepath.Join(folder, demodata.CustomersName)
	return file, os.WriteFile(file, demodata.Customers(), 0o600)
}

const welcome = `
  Understudy's demo is at  %s

  Open it in a browser: you are everybody there. Ctrl-C ends it.
`

const apiWelcome = `
  To change its flows, or provision more, while it runs (flow --help):

    export UNDERSTUDY_URL=http://%s UNDERSTUDY_TOKEN=%s
`
