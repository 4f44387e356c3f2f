package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/api/client"
	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

const adminToken = "the first token of this test, and long"

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// asProvider is the variable with which this test's program is the provider.
const asProvider = "TEST_AS_PROVIDER"

func TestMain(m *testing.M) {
	if os.Getenv(asProvider) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestTerraform runs scripts of the real terraform, each against a bot's API of
// its own, without a network.
func TestTerraform(t *testing.T) {
	if _, err := exec.LookPath("terraform"); err != nil {
		t.Skip("needs terraform, 1.8 or later: https://developer.hashicorp.com/terraform/install")
	}
	config := mirror(t)
	files, err := filepath.Glob("testdata/*.txtar")
	if os.Getenv("UNDERSTUDY_LONG") != "" {
		var longer []string
		longer, err = filepath.Glob("testdata/long/*.txtar")
		files = append(files, longer...)
	}
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files: files,
		Setup: func(e *testscript.Env) error {
			b, err := newBot(t)
			if err != nil {
				return err
			}
			e.Values["bot"] = b
			e.Setenv("UNDERSTUDY_URL", b.url)
			e.Setenv("UNDERSTUDY_TOKEN", adminToken)
			e.Setenv("TF_CLI_CONFIG_FILE", config)
			e.Setenv("TF_CLI_ARGS", "-no-color")
			e.Setenv("CHECKPOINT_DISABLE", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"provision": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(ts.Value("bot").(*bot).provision(ts.ReadFile(args[0])))
			},
			"delete": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(ts.Value("bot").(*bot).ledger.DeleteFlow(context.Background(), args[0], store.AnyVersion, "the test", true, noon))
			},
			"lose-schedules": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Value("bot").(*bot).pager.Fail(100, http.StatusNotFound)
			},
			"id": func(ts *testscript.TestScript, _ bool, args []string) {
				f, err := ts.Value("bot").(*bot).client.Flow(context.Background(), args[0])
				ts.Check(err)
				ts.Setenv("ID", f.ID)
			},
			"ask": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(ts.Value("bot").(*bot).ask(args[0]))
			},
		},
	})
}

// mirror is a directory with the provider, and the configuration with which
// terraform looks there and nowhere else.
func mirror(t *testing.T) string {
	dir := t.TempDir()
	at := filepath.Join(dir, "registry.terraform.io/understudyhq/understudy/0.1.0", runtime.GOOS+"_"+runtime.GOARCH)
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Terraform hashes what is in the mirror, at every command.
	program := fmt.Appendf(nil, "#!/bin/sh\n%s=yes exec %q\n", asProvider, self)
	config := filepath.Join(dir, "terraformrc")
	for file, content := range map[string][]byte{
		filepath.Join(at, "terraform-provider-understudy_v0.1.0"): program,
		config: fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", dir),
	} {
		if err := os.WriteFile(file, content, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

// bot is the API of a bot, and its store.
type bot struct {
	url    string
	ledger *store.Ledger
	client *client.Client
	pager  *pagersim.Service
}

// newBot has Mia on call from tomorrow on, two customers, and 214 past requests
// under a flow that has gone, 3 of which went to other managers.
func newBot(t *testing.T) (*bot, error) {
	ws, pager := slacksim.ForTest(t, slacksim.Options{Calm: true}), pagersim.New()
	ws.AddPerson("Mia Falk", "mia@example.com")
	pager.AddSchedule("PMGRS01", "Support managers")
	pager.SetShifts("PMGRS01", pagersim.Shift{User: pager.AddUser("Mia Falk", "mia@example.com"), From: noon.Add(24 * time.Hour)})
	pagerServer := httptest.NewServer(pager)
	t.Cleanup(pagerServer.Close)
	customers := filepath.Join(t.TempDir(), "customers.jsonl")
	if err := os.WriteFile(customers, []byte(`{"id":"acct_1","name":"Acme","plan":"free"}`+"\n"), 0o600); err != nil {
		return nil, err
	}
	directory, err := accounts.OpenFile(t.Context(), customers, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = directory.Close() })
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		return nil, err
	}
	v1 := &api.V1{
		Ledger: func() *store.Ledger { return ledger }, Rules: map[string]flows.Flow{"impersonation": flows.Impersonation},
		World: &provision.World{Accounts: directory, People: people.New(people.Options{
			Slack: slack.New(ws.BotToken(), slack.OptionAPIURL(ws.APIURL())), PagerDutyToken: pagersim.Token, PagerDutyURL: pagerServer.URL, TeamID: ws.TeamID(),
		})},
		AdminToken: adminToken, Now: func() time.Time { return noon }, Log: zerolog.Nop(),
	}
	server := httptest.NewServer(v1.Handler())
	t.Cleanup(server.Close)
	b := &bot{url: server.URL, ledger: ledger, pager: pager}
	if b.client, err = client.New(server.URL, adminToken); err != nil {
		return nil, err
	}
	for i := range 214 {
		plan := "free"
		if i < 3 {
			plan = "enterprise"
		}
		if err := b.past(approval.FlowVersion{ID: "f", Name: "former", Version: 1, Policy: approval.Policy{Timeout: time.Hour}}, i, plan); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// past is a case that was decided by the rules, when others were on call.
func (b *bot) past(flow approval.FlowVersion, number int, plan string) error {
	facts := flows.Facts{Time: noon, Params: map[string]string{"manager_schedule": "PMGRS00"}, Fields: map[string]any{"customer_plan": plan, "is_assigned": false}}
	account := approval.Account{ID: fmt.Sprint("acct_", number), Name: "Acme"}
	rule := approval.Rule{Ruling: approval.Ruling{Account: account, Facts: facts, Outcome: flows.Evaluate(flows.Impersonation, facts)}}
	if route := rule.Ruling.Outcome.Route; route != nil {
		mia := approval.Approver{Person: approval.Person{ID: "UMIA", Name: "Mia Falk"}, Leg: route.Legs[0], Asked: true}
		rule.Found = approval.Found{Route: *route, Approvers: []approval.Approver{mia}}
	}
	id := fmt.Sprintf("01a21293-b600-7000-8000-%012d", number)
	submit := approval.Submit{
		ID: id, Flow: flow, Requester: approval.Person{ID: "UKIM", Name: "Kim Berg"}, Account: account, Reason: "the invoice page fails", Duration: time.Hour,
	}
	for _, command := range []approval.Command{submit, rule} {
		if _, err := b.ledger.Do(context.Background(), store.Change{Case: id, Command: command}, noon.Add(-time.Hour)); err != nil {
			return err
		}
	}
	return nil
}

// ask leaves a request open under the flow.
func (b *bot) ask(name string) error {
	f, err := b.ledger.Flow(context.Background(), name)
	if err != nil {
		return err
	}
	return b.past(f.Pin(), 999, "enterprise")
}

// provision changes a flow behind Terraform's back, or makes one.
func (b *bot) provision(text string) error {
	var r provision.Record
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return err
	}
	f, err := b.client.Flow(context.Background(), r.Name)
	if err != nil && !missing(err) {
		return err
	}
	_, err = b.client.Provision(context.Background(), r, f.Version)
	return err
}
