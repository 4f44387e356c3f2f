package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/api/client"
	"github.com/understudyhq/understudy/bot/demo/portal"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/store"
)

// customers is where the demo's customers sign in, and agents do as them: a
// customer portal at an address of its own.
type customers struct {
	listener net.Listener
	token    string // the portal's, new at each start
}

func listenForCustomers(ctx context.Context) (*customers, error) {
	listener, err := listenLoopback(ctx, "127.0.0.1:0")
	return &customers{listener, store.NewTokenSecret()}, err
}

func (c *customers) address() string { return "http://" + c.listener.Addr().String() }

// fit has a flow that opens the portal open it where it is this time.
func (c *customers) fit(record provision.Record) provision.Record {
	if record.App != nil && record.App.Name == portal.Name {
		app := *record.App
		app.URL, app.Webhook = c.address()+"/understudy/open", c.address()+portal.WebhookPath
		record.App = &app
	}
	return record
}

// admit gives the portal its token, in the place of that of an earlier start.
func (c *customers) admit(ctx context.Context, ledger *store.Ledger) error {
	const name = "the demo's portal"
	all, _, err := ledger.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Name == name && !t.Revoked() {
			if err := ledger.RevokeToken(ctx, t.ID, by, time.Now()); err != nil {
				return err
			}
		}
	}
	return ledger.AddToken(ctx, store.Token{
		ID: uuid.NewString(), Name: name, Role: store.ForApp, App: portal.Name, Hash: store.HashToken(c.token), By: by, Since: time.Now().UTC(),
	})
}

// serve serves the portal for the bot at this address, until it is stopped.
func (c *customers) serve(ctx context.Context, bot *client.Client, address, directory, flow string, ws *slacksim.Workspace, now func() time.Time, log zerolog.Logger) (stop func() error, err error) {
	known, err := accounts.OpenFile(ctx, directory, log)
	if err != nil {
		return nil, err
	}
	site, err := portal.New(portal.Options{
		Bot: address, Token: c.token, Accounts: known, Staff: staff(ws), Flow: flow, Now: now, Log: slog.New(slog.DiscardHandler),
		Secret: func(ctx context.Context) (string, error) { return bot.WebhookSecret(ctx, portal.Name) },
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making the customer portal: %w", err), known.Close())
	}
	running, end := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		site.Run(running)
	}()
	stopServing := api.Serve(c.listener, site, log)
	return func() error {
		stopServing()
		end()
		<-done
		return known.Close()
	}, nil
}

// staff are the workspace's people, who work at the portal's company.
func staff(ws *slacksim.Workspace) (people []portal.Person) {
	for _, p := range ws.People() {
		people = append(people, portal.Person{Name: p.Name, Email: p.Email})
	}
	return slices.Clip(people)
}
