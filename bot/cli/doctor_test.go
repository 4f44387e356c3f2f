package cli_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/bot/doctor"
	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// deployment is what a doctor is called to: its settings as flags.
type deployment struct {
	t     *testing.T
	ws    *slacksim.Workspace
	pager *pagersim.Service
	flags map[string]string
}

// deploy makes a deployment in which nothing is wrong.
func deploy(t *testing.T, scopes ...string) *deployment {
	t.Helper()
	if scopes == nil {
		scopes = botScopes(t)
	}
	d := &deployment{t: t, ws: slacksim.ForTest(t, slacksim.Options{Calm: true, Scopes: scopes}), pager: pagersim.New()}
	d.ws.AddPerson("Mia Falk", "mia@example.com")
	d.pager.AddSchedule("PMGRS01", "Support managers")
	d.pager.SetOnCall("PMGRS01", d.pager.AddUser("Mia Falk", "mia@example.com"))
	server := httptest.NewServer(d.pager)
	t.Cleanup(server.Close)
	d.flags = map[string]string{
		"slack-app-token": d.ws.AppToken(), "slack-bot-token": d.ws.BotToken(), "slack-api-url": d.ws.APIURL(),
		"pagerduty-token": pagersim.Token, "pagerduty-api-url": server.URL, "listen": "127.0.0.1:0",
		"store": "bolt:" + filepath.Join(t.TempDir(), "understudy.db"),
	}
	d.file("accounts", "customers.jsonl", `{"id":"acct_1","name":"Acme","plan":"free"}`)
	d.file("flows", "flows.json", `{"flows":[{"name":"impersonation","params":{"manager_schedule":"PMGRS01"},"durations":["1h"]}]}`)
	return d
}

func botScopes(t *testing.T) []string {
	t.Helper()
	var m struct {
		OAuth struct {
			Scopes struct{ Bot []string }
		} `json:"oauth_config"`
	}
	if err := json.Unmarshal(cli.Manifest(), &m); err != nil {
		t.Fatal(err)
	}
	return m.OAuth.Scopes.Bot
}

// file writes a file, which a flag then names.
func (d *deployment) file(flag, name, content string) {
	d.t.Helper()
	d.flags[flag] = filepath.Join(d.t.TempDir(), name)
	if err := os.WriteFile(d.flags[flag], []byte(content), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *deployment) args(more ...string) []string {
	args := append([]string{"doctor"}, more...)
	for flag, value := range d.flags {
		args = append(args, "--"+flag+"="+value)
	}
	return args
}

// examine is what the doctor finds that isn't fine, and its exit code.
func (d *deployment) examine() (found []doctor.Finding, code int) {
	d.t.Helper()
	var out, problems strings.Builder
	code = cli.Program{Name: "understudy", Rules: []flows.Flow{flows.Impersonation}}.Run(d.args("--json"), &out, &problems)
	var all []doctor.Finding
	if err := json.Unmarshal([]byte(out.String()), &all); err != nil {
		d.t.Fatalf("%v: %s%s", err, &out, &problems)
	}
	for _, f := range all {
		if f.State != doctor.Fine {
			found = append(found, f)
		}
	}
	return found, code
}

func TestADeploymentThatIsFine(t *testing.T) {
	d := deploy(t)
	if found, code := d.examine(); len(found) > 0 || code != 0 {
		t.Errorf("exit code %d, found %+v", code, found)
	}
	var out strings.Builder
	code := cli.Program{Name: "understudy", Rules: []flows.Flow{flows.Impersonation}}.Run(d.args(), &out, &out)
	if code != 0 || !strings.Contains(out.String(), "ok   Slack scopes         the bot token has the scopes that it needs, and no others\n") || !strings.HasSuffix(out.String(), "10 looked at, 0 wrong, 0 to be warned of\n") {
		t.Errorf("exit code %d, for people:\n%s", code, &out)
	}
}

func TestWhatADeploymentGetsWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(*deployment)
		state doctor.State
		what  string
		text  string
	}{
		"a token that was revoked": {func(d *deployment) { d.ws.RevokeBotToken("token_revoked") }, doctor.Wrong, "Slack bot token", "it was revoked: install the app again"},
		"an app token that was":    {func(d *deployment) { d.ws.RevokeAppToken("token_revoked") }, doctor.Wrong, "Slack app token", "generate a new one"},
		"no Slack there":           {func(d *deployment) { d.flags["slack-api-url"] = "http://127.0.0.1:1/api/" }, doctor.Wrong, "Slack", "check SLACK_API_URL"},
		"PagerDuty's key":          {func(d *deployment) { d.flags["pagerduty-token"] = "another" }, doctor.Wrong, "flow impersonation", "PagerDuty refuses PAGERDUTY_TOKEN"},
		"a rota with gaps":         {func(d *deployment) { d.pager.SetOnCall("PMGRS01") }, doctor.Warning, "flow impersonation", "nobody is on call in Support managers"},
		"somebody without Slack": {func(d *deployment) {
			d.pager.SetOnCall("PMGRS01", d.pager.AddUser("Nils Holm", "nils@elsewhere.example"))
		}, doctor.Warning, "flow impersonation", "Nils Holm is on call in Support managers within the next 14 days and can't be asked"},
		"accounts without plans": {func(d *deployment) { d.file("accounts", "customers.jsonl", `{"id":"acct_1","name":"Acme"}`) }, doctor.Warning, "flow impersonation", "has no customer_plan for this account"},
		"no accounts":            {func(d *deployment) { d.file("accounts", "customers.jsonl", ``) }, doctor.Wrong, "account directory", "holds no account: write at least one"},
		"a store of another kind": {func(d *deployment) {
			d.file("store", "understudy.db", strings.Repeat("not a store ", 1000))
			d.flags["store"] = "bolt:" + d.flags["store"]
		}, doctor.Wrong, "store", "understudy store restore"},
		"a flow whose rules are gone": {(*deployment).provisionOther, doctor.Wrong, "store", "the flow other, provisioned by terraform, can't run in this program"},
		"a setting":                   {func(d *deployment) { delete(d.flags, "slack-app-token") }, doctor.Wrong, "settings", "SLACK_APP_TOKEN is missing"},
		"open to the network":         {func(d *deployment) { d.flags["listen"] = "0.0.0.0:0" }, doctor.Warning, "address", "without TLS"},
		"an address elsewhere":        {func(d *deployment) { d.flags["listen"] = "192.0.2.1:8080" }, doctor.Wrong, "address", "UNDERSTUDY_LISTEN"},
	} {
		t.Run(name, func(t *testing.T) {
			d := deploy(t)
			tt.spoil(d)
			found, code := d.examine()
			var is *doctor.Finding
			for _, f := range found {
				if f.State == tt.state && f.What == tt.what && strings.Contains(f.Text, tt.text) {
					is = &f
				}
			}
			if is == nil {
				t.Errorf("found %+v", found)
			}
			if (code == 1) != (tt.state == doctor.Wrong) {
				t.Errorf("exit code %d: %+v", code, found)
			}
		})
	}
}

// provisionOther has a flow in the store whose rules this program doesn't have.
func (d *deployment) provisionOther() {
	d.t.Helper()
	db, err := bolt.Open(d.t.Context(), strings.TrimPrefix(d.flags["store"], "bolt:"), bolt.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	ledger, err := store.Open(d.t.Context(), db)
	if err == nil {
		_, err = ledger.Provision(d.t.Context(), store.Flow{Name: "other", Origin: store.FromAPI, By: "terraform"}, 0, time.Now())
	}
	if err := errors.Join(err, db.Close()); err != nil {
		d.t.Fatal(err)
	}
}

func TestScopesTooFewAndTooMany(t *testing.T) {
	scopes := append(botScopes(t)[1:], "admin")
	found, code := deploy(t, scopes...).examine()
	if code != 1 || len(found) < 2 || !strings.Contains(found[0].Text, "the bot token lacks "+botScopes(t)[0]) || !strings.Contains(found[1].Text, "has more than the bot uses: admin") {
		t.Errorf("exit code %d, found %+v", code, found)
	}
}
