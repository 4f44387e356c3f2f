package main

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
)

// quietFlows remind nobody, so that a card has one message however long it takes.
const quietFlows = `{"flows":[{"name":"impersonation","params":{"manager_schedule":"PMGRS01"},"durations":["15m","1h"],"remind":[]}]}`

// killings is a workspace, and a bot that dies.
type killings struct {
	t        *testing.T
	ws       *slacksim.Workspace
	program  string // the bot's; empty is this one
	settings cli.Settings
	people   map[string]slacksim.PersonInfo
	random   *rand.Rand

	mu    sync.Mutex
	bot   *exec.Cmd
	ended chan struct{} // closed when the bot has ended
	fuse  int           // calls to Slack until it is killed; negative: it lives
	after bool          // the call has taken effect by then
	kills int

	told    map[string]string // by account: who asked, and Slack was told of it
	clicked map[string]bool   // by account: Slack was told of the approval
}

// agents ask, and managers decide.
func agents() []string   { return []string{"amy", "bob", "cid", "dan", "eve", "fay"} }
func managers() []string { return []string{"mia", "ola"} }

func newKillings(t *testing.T) *killings {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	k := &killings{
		t: t, ws: slacksim.ForTest(t, slacksim.Options{Calm: true}), random: rand.New(rand.NewPCG(seed, 0)), fuse: -1,
		people: map[string]slacksim.PersonInfo{}, told: map[string]string{}, clicked: map[string]bool{},
	}
	for _, name := range append(agents(), managers()...) {
		k.ws.AddPerson(name, name+"@example.com")
	}
	for _, p := range k.ws.People() {
		k.people[p.Name] = p
	}
	front := httptest.NewServer(http.HandlerFunc(k.serveSlack))
	k.ws.SetURL(front.URL)
	pager := httptest.NewServer(k.pager())
	t.Cleanup(func() {
		k.kill()
		pager.Close()
		front.CloseClientConnections()
		front.Close()
	})
	folder := t.TempDir()
	k.settings = cli.Settings{
		SlackAppToken: k.ws.AppToken(), SlackBotToken: k.ws.BotToken(), SlackAPIURL: k.ws.APIURL(),
		PagerdutyToken: pagersim.Token, PagerdutyAPIURL: pager.URL, Listen: "127.0.0.1:0",
		Store: "bolt:" + filepath.Join(folder, "understudy.db"), Flows: filepath.Join(folder, "flows.json"),
		DirectorySettings: cli.DirectorySettings{Accounts: filepath.Join(folder, "customers.csv")},
	}
	var rows strings.Builder
	rows.WriteString("id,name,plan,assigned\n")
	for i := range 1000 {
		fmt.Fprintf(&rows, "acct_%d,Customer %03d,enterprise,\n", i, i)
	}
	k.must(os.WriteFile(k.settings.Accounts, []byte(rows.String()), 0o600))
	k.must(os.WriteFile(k.settings.Flows, []byte(quietFlows), 0o600))
	return k
}

func (k *killings) pager() *pagersim.Service {
	s := pagersim.New()
	s.AddSchedule("PMGRS01", "Support managers")
	s.SetOnCall("PMGRS01", s.AddUser("mia", "mia@example.com"), s.AddUser("ola", "ola@example.com"))
	return s
}

func (k *killings) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// serveSlack lets the fuse burn with each call of the Web API.
func (k *killings) serveSlack(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/api/") || strings.HasSuffix(r.URL.Path, "/auth.test") {
		k.ws.ServeHTTP(w, r)
		return
	}
	fatal, after := k.burn()
	if fatal && !after {
		k.kill()
		return
	}
	answer := httptest.NewRecorder()
	k.ws.ServeHTTP(answer, r)
	if fatal {
		k.kill() // Slack has done it, and the bot never reads the answer
		return
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func (k *killings) burn() (fatal, after bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fuse--
	return k.fuse == 0, k.after
}

// arm lights a fuse of some calls, or some milliseconds.
func (k *killings) arm() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.after = k.random.IntN(2) == 0
	if k.random.IntN(4) == 0 {
		time.AfterFunc(time.Duration(k.random.IntN(400))*time.Millisecond, k.kill)
		return
	}
	k.fuse = 1 + k.random.IntN(60)
}

func (k *killings) disarm() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fuse = -1
}

func (k *killings) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bot != nil {
		if k.bot.Process.Kill() == nil { // it may be dead already
			k.kills++
		}
	}
}

// startBot starts the bot if it doesn't live, and waits until it is connected.
func (k *killings) startBot() {
	k.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		k.revive()
		if k.ws.Connections() == 2 {
			return
		}
		if time.Now().After(deadline) {
			k.t.Fatal("the bot doesn't come back")
		}
		time.Sleep(10 * time.Millisecond) // a process that is killed has no event for this
	}
}

// revive starts the bot if it doesn't live.
func (k *killings) revive() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bot == nil || k.dead() {
		k.launch()
	}
}

// lives says whether the bot does, for those who wait for something of it.
func (k *killings) lives() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.dead()
}

func (k *killings) dead() bool {
	select {
	case <-k.ended:
		return true
	default:
		return false
	}
}

func (k *killings) launch() {
	self, err := os.Executable()
	k.must(err)
	bot := exec.Command(cmp.Or(k.program, self), "serve")
	bot.Args[0] = "understudy"
	bot.Env = append(os.Environ(), k.settings.Environment()...)
	bot.Stderr = testWriter{k.t}
	k.must(bot.Start())
	ended := make(chan struct{})
	k.bot, k.ended = bot, ended
	go func() {
		defer close(ended)
		_ = bot.Wait() // being killed is what it is for
	}()
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), `"level":"error"`) || strings.HasPrefix(string(p), "understudy:") {
		w.t.Logf("bot: %s", strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func (k *killings) stopBot() {
	k.must(k.bot.Process.Signal(syscall.SIGTERM))
	select {
	case <-k.ended:
	case <-time.After(15 * time.Second):
		k.t.Fatal("the bot doesn't end")
	}
	if code := k.bot.ProcessState.ExitCode(); code != 0 {
		k.t.Errorf("the bot ended with %d", code)
	}
}

// onlyLong skips what takes its time with real processes.
func onlyLong(t *testing.T) {
	t.Helper()
	if os.Getenv("UNDERSTUDY_LONG") == "" {
		t.Skip("it takes long, with real processes: set UNDERSTUDY_LONG=1 to run it")
	}
}
