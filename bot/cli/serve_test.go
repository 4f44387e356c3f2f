package cli

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
)

// TestToldToEndWhileItStarts: whoever redeploys a bot that is just starting
// finds no failure.
func TestToldToEndWhileItStarts(t *testing.T) {
	t.Parallel()
	ws := slacksim.ForTest(t, slacksim.Options{Calm: true})
	ws.Fail("auth.test", 1, slacksim.Hang())
	pager := httptest.NewServer(pagersim.New())
	t.Cleanup(pager.Close)
	folder := t.TempDir()
	s := Serve{Settings: Settings{
		SlackAppToken: ws.AppToken(), SlackBotToken: ws.BotToken(), SlackAPIURL: ws.APIURL(),
		PagerdutyToken: pagersim.Token, PagerdutyAPIURL: pager.URL, Listen: "127.0.0.1:0",
		Store: "bolt:" + filepath.Join(folder, "understudy.db"), DirectorySettings: DirectorySettings{Accounts: filepath.Join(folder, "customers.csv")}, Flows: filepath.Join(folder, "flows.json"),
	}}
	for file, text := range map[string]string{
		s.Accounts: "id,name\nacct_42,Acme\n",
		s.Flows:    `{"flows":[{"name":"impersonation","params":{"manager_schedule":"PMGRS01"},"durations":["15m"]}]}`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
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
	if err := s.Run(ctx, Program{Rules: []flows.Flow{flows.Impersonation}}, zerolog.Nop()); err != nil {
		t.Errorf("a bot that was told to end while it started says %v", err)
	}
}
