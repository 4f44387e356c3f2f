package main

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
)

// TestToldToEndWhileItStarts: whoever redeploys a bot that is just starting
// finds no failure.
func TestToldToEndWhileItStarts(t *testing.T) {
	t.Parallel()
	ws := slacksim.ForTest(t, slacksim.Options{Calm: true})
	ws.Fail("auth.test", 1, slacksim.Hang())
	service, _ := newPager()
	pager := httptest.NewServer(service)
	t.Cleanup(pager.Close)
	folder := t.TempDir()
	s := serveCommand{settings: settings{
		SlackAppToken: ws.AppToken(), SlackBotToken: ws.BotToken(), SlackAPIURL: ws.APIURL(),
		PagerdutyToken: pagersim.Token, PagerdutyAPIURL: pager.URL, Listen: "127.0.0.1:0",
		Store: "bolt:" + filepath.Join(folder, "understudy.db"),
	}}
	if err := s.writeDemoFiles(folder); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for range ws.Watch(ctx) {
			if len(ws.Calls()) > 0 {
				cancel()
			}
		}
	}()
	if err := s.Run(ctx, zerolog.Nop()); err != nil {
		t.Errorf("a bot that was told to end while it started says %v", err)
	}
}
