package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// TestKilled kills the bot, as a real process, at many points: before and after
// a call to Slack takes effect, around acks, and at any other moment. Afterwards
// every request that Slack was told of has reached its people exactly once, and
// every click that Slack was told of has its outcome.
func TestKilled(t *testing.T) {
	rounds := 12
	if os.Getenv("UNDERSTUDY_LONG") != "" {
		rounds = 150
	}
	k := newKillings(t)
	for round := range rounds {
		k.round(fmt.Sprintf("Customer %03d", round))
	}
	k.disarm()
	k.startBot()
	k.settle()
	k.stopBot()
	k.verify()
}

// killings is a workspace, and a bot that dies.
type killings struct {
	t        *testing.T
	ws       *slacksim.Workspace
	settings settings
	people   map[string]slacksim.PersonInfo
	random   *rand.Rand

	mu    sync.Mutex
	bot   *exec.Cmd
	ended chan struct{} // closed when the bot has ended
	fuse  int           // calls to Slack until it is killed; negative: it lives
	after bool          // the call has taken effect by then

	asked   map[string]bool // by account: whether Slack was told of the request
	clicked map[string]bool // by account: whether Slack was told of the approval
}

func newKillings(t *testing.T) *killings {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	k := &killings{
		t: t, ws: slacksim.ForTest(t, slacksim.Options{Calm: true}), random: rand.New(rand.NewPCG(seed, 0)), fuse: -1,
		people: map[string]slacksim.PersonInfo{}, asked: map[string]bool{}, clicked: map[string]bool{},
	}
	for _, name := range []string{"kim", "mia", "ola"} {
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
	k.settings = settings{
		SlackAppToken: k.ws.AppToken(), SlackBotToken: k.ws.BotToken(), SlackAPIURL: k.ws.APIURL(),
		PagerdutyToken: pagersim.Token, PagerdutyAPIURL: pager.URL, Listen: "127.0.0.1:0",
		Store: "bolt:" + filepath.Join(folder, "understudy.db"), Flows: filepath.Join(folder, "flows.json"),
		Accounts: filepath.Join(folder, "customers.csv"),
	}
	var rows strings.Builder
	rows.WriteString("id,name,plan,assigned\n")
	for i := range 200 {
		fmt.Fprintf(&rows, "acct_%d,Customer %03d,enterprise,\n", i, i)
	}
	k.must(os.WriteFile(k.settings.Accounts, []byte(rows.String()), 0o600))
	k.must(os.WriteFile(k.settings.Flows, []byte(demoFlows), 0o600))
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
	k.fuse = 1 + k.random.IntN(7)
	if k.random.IntN(3) == 0 {
		time.AfterFunc(time.Duration(k.random.IntN(12))*time.Millisecond, k.kill)
	}
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
		_ = k.bot.Process.Kill() // it may be dead already
	}
}

// startBot starts the bot if it doesn't live, and waits until it is connected.
func (k *killings) startBot() {
	k.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		k.mu.Lock()
		if k.bot == nil || k.dead() {
			k.launch()
		}
		k.mu.Unlock()
		if k.ws.Connections() == 2 {
			return
		}
		if time.Now().After(deadline) {
			k.t.Fatal("the bot doesn't come back")
		}
		time.Sleep(10 * time.Millisecond) // a process that is killed has no event for this
	}
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
	bot := exec.Command(self, "serve")
	bot.Args[0] = "understudy"
	bot.Env = append(os.Environ(), k.settings.environment()...)
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

// round has kim ask for the account and a manager approve it, while the bot may
// die at any moment.
func (k *killings) round(account string) {
	k.disarm()
	k.startBot()
	k.arm()
	ctx := k.t.Context()
	kim := k.people["kim"].ID
	if k.ws.Command(ctx, kim, "/impersonate "+account) != nil {
		return
	}
	modal, ok := k.form(kim)
	if !ok {
		return
	}
	k.asked[account] = k.ws.SubmitView(ctx, kim, modal.ID, filledIn(modal)) == nil && !k.formOpen(kim)
	k.startBot()
	k.arm()
	manager := k.people[[]string{"mia", "ola"}[k.random.IntN(2)]].ID
	if press, ok := k.button(manager, account); ok {
		k.clicked[account] = k.ws.Press(ctx, manager, press) == nil
	}
}

// form waits for the form, but not for one that a dead bot can't open.
func (k *killings) form(person string) (slacksim.ModalView, bool) {
	for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		for _, m := range k.ws.Screen(person).Modals {
			if m.View.(map[string]any)["submit"] != nil {
				return m, true
			}
		}
		k.mu.Lock()
		dead := k.dead()
		k.mu.Unlock()
		if dead {
			return slacksim.ModalView{}, false
		}
	}
	return slacksim.ModalView{}, false
}

// formOpen says whether the form is still there, perhaps with errors.
func (k *killings) formOpen(person string) bool {
	return slices.ContainsFunc(k.ws.Screen(person).Modals, func(m slacksim.ModalView) bool { return m.View.(map[string]any)["submit"] != nil })
}

// filledIn is the state of the form, with the account that it preselects.
func filledIn(m slacksim.ModalView) map[string]any {
	state := map[string]any{}
	for _, v := range m.View.(map[string]any)["blocks"].([]any) {
		block := v.(map[string]any)
		element, _ := block["element"].(map[string]any)
		if element == nil {
			continue
		}
		value := map[string]any{"type": element["type"], "selected_option": element["initial_option"]}
		if element["type"] == "plain_text_input" {
			value = map[string]any{"type": element["type"], "value": "the invoice page fails"}
		}
		state[block["block_id"].(string)] = map[string]any{element["action_id"].(string): value}
	}
	return state
}

// button waits a little for the card of the account, and finds its Approve.
func (k *killings) button(person, account string) (slacksim.Press, bool) {
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, m := range k.messages(person, account) {
			if at := strings.Index(string(m.Blocks), `"decide:`); at >= 0 {
				block := string(m.Blocks)[at+1:]
				return slacksim.Press{MessageTS: m.TS, BlockID: block[:strings.IndexByte(block, '"')], ActionID: "approve"}, true
			}
		}
	}
	return slacksim.Press{}, false
}

func (k *killings) messages(person, account string) []slacksim.Message {
	return slices.DeleteFunc(k.ws.Screen(person).Messages, func(m slacksim.Message) bool {
		return m.Private || !strings.Contains(m.Text, account)
	})
}

// settle waits until every card shows what the store says.
func (k *killings) settle() {
	k.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for account, told := range k.asked {
		for told && !k.done(account) {
			if time.Now().After(deadline) {
				k.t.Fatalf("%s: told of %t, clicked %t; kim has %d messages, mia %d, ola %d", account, told, k.clicked[account],
					len(k.messages(k.people["kim"].ID, account)), len(k.messages(k.people["mia"].ID, account)), len(k.messages(k.people["ola"].ID, account)))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// done says whether the account's request reached everybody, and shows its
// outcome everywhere if its approval was acked.
func (k *killings) done(account string) bool {
	for _, name := range []string{"mia", "ola"} {
		found := k.messages(k.people[name].ID, account)
		if len(found) == 0 || k.clicked[account] && strings.Contains(string(found[0].Blocks), `"decide:`) {
			return false
		}
	}
	found := k.messages(k.people["kim"].ID, account)
	return len(found) == 2 || !k.clicked[account] && len(found) == 1
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

func (k *killings) verify() {
	told, acked := 0, 0
	for account := range k.asked {
		for name, person := range k.people {
			found := len(k.messages(person.ID, account))
			most := 1
			if name == "kim" {
				most = 2 // her message, and the one that makes a sound
			}
			if found > most {
				k.t.Errorf("%s: %s got %d messages", account, name, found)
			}
		}
		told += count(k.asked[account])
		acked += count(k.clicked[account])
	}
	t := k.t
	t.Logf("%d requests and %d approvals that Slack was told of", told, acked)
	db, err := bolt.OpenReadOnly(t.Context(), k.settings.storePath(), bolt.Options{})
	k.must(err)
	defer db.Close()
	ledger, err := store.Open(t.Context(), db)
	k.must(err)
	report, err := ledger.Check(t.Context())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("the store isn't sound: %v %q", err, report.Problems)
	}
	if report.Cases < told {
		t.Errorf("the store has %d cases, and Slack was told of %d", report.Cases, told)
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
