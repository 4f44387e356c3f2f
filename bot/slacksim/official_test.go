package slacksim_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/slacksim/npm"
)

// TestOfficialBolt drives an app that nobody here could bend: it is written
// against Slack's own framework, which believes that it talks to Slack.
func TestOfficialBolt(t *testing.T) {
	t.Parallel()
	ws := slacksim.ForTest(t, slacksim.Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	ws.AddChannel("support", kim)
	if err := ws.Configure([]byte(`{"features":{"shortcuts":[{"name":"Take it","type":"message","callback_id":"take","description":"Take it on"}]}}`)); err != nil {
		t.Fatal(err)
	}
	connected := runScript(t, ws, "bolt.js")
	connected()

	kim.Types("/order now")
	modal := kim.Modal()
	if diff := cmp.Diff([]string{"Soup", "Soufflé"}, modal.Options("Dish", "sou")); diff != "" {
		t.Errorf("suggestions (-want +got):\n%s", diff)
	}
	modal.Pick("Dish", "Soup").Fill("Note", "rude").Submit()
	if diff := cmp.Diff(map[string]string{"Note": "Say it kindly."}, modal.Errors()); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	modal.Fill("Note", "hot, please").Submit()
	modal.WaitText("Ordered Soup")
	modal.Close()
	card := kim.Inbox().Wait("Soup: hot, please")
	card.Click("Serve")
	card.WaitText("Served Soup").WaitGone("Serve")
	kim.OpensHome().WaitText("Welcome home")

	kim.Channel("support").Says("Soup, please").Shortcut("Take it")
	kim.WaitNotice("Took “Soup, please” of support, https://simulated.slack.com/archives/")
	kim.Modal().Close()
	kim.Inbox().Wait("Never mind.")

	// Bolt loses what arrives while it reconnects, so nothing is sent then.
	ws.RefreshSocket()
	connected()

	kim.Types("/whisper hello")
	kim.WaitNotice("You said hello")
	kim.Types("/order again")
	kim.Modal().Close()
	kim.Inbox().Wait("Never mind.")
}

func TestOfficialSocketClient(t *testing.T) {
	t.Parallel()
	ws := slacksim.ForTest(t, slacksim.Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	connected := runScript(t, ws, "socketmode.js")
	connected()
	kim.Types("/echo one")
	kim.WaitNotice("Echo one")
}

// runScript runs an app of testdata until the test ends. What it returns waits
// until the app says that it has a socket (again).
func runScript(t *testing.T, ws *slacksim.Workspace, script string) (connected func()) {
	t.Helper()
	modules, err := npm.Install(t.Context(), "@slack/bolt", "4.7.3")
	if err != nil {
		t.Skipf("Slack's own packages can't be run: %v", err)
	}
	app := exec.CommandContext(t.Context(), "node", filepath.Join("testdata", script))
	app.Env = append(os.Environ(), "NODE_PATH="+modules,
		"SLACK_API_URL="+ws.APIURL(), "SLACK_APP_TOKEN="+ws.AppToken(), "SLACK_BOT_TOKEN="+ws.BotToken())
	app.Stderr = t.Output()
	stop, err := app.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := app.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		_ = stop.Close() // the app ends at the end of its input
		<-read
		_ = app.Wait() // killed, or ended by itself: both are fine
	})
	return func() {
		t.Helper()
		select {
		case line, ok := <-lines:
			if !ok || line != "connected" {
				t.Fatalf("%s said %q (still running: %v), want connected", script, line, ok)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s didn't connect within 20 s", script)
		}
	}
}
