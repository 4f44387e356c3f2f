package provision_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/bot/slackapp"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// town is a world with Mia on call, and a planner that asks it.
type town struct {
	*provision.Planner

	t     *testing.T
	ws    *slacksim.Workspace
	pager *pagersim.Service
	mia   string // in PagerDuty
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func newTown(t *testing.T, rules map[string]flows.Flow, customers string, scopes ...string) *town {
	t.Helper()
	w := &town{t: t, ws: slacksim.ForTest(t, slacksim.Options{Calm: true, Scopes: scopes}), pager: pagersim.New()}
	w.ws.AddPerson("Mia Falk", "mia@example.com")
	w.mia = w.pager.AddUser("Mia Falk", "mia@example.com")
	w.pager.AddSchedule("PMGRS01", "Support managers")
	server := httptest.NewServer(w.pager)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "customers.jsonl")
	if err := os.WriteFile(file, []byte(customers), 0o600); err != nil {
		t.Fatal(err)
	}
	log := zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel)
	directory, err := accounts.OpenFile(t.Context(), file, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := directory.Close(); err != nil {
			t.Error(err)
		}
	})
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	client := slack.New(w.ws.BotToken(), slack.OptionAPIURL(w.ws.APIURL()))
	w.Planner = &provision.Planner{
		Ledger: ledger, Rules: rules, Now: func() time.Time { return noon },
		World: &provision.World{Accounts: directory, People: people.New(people.Options{
			Slack: client, PagerDutyToken: pagersim.Token, PagerDutyURL: server.URL, TeamID: w.ws.TeamID(), Log: log,
		})},
	}
	return w
}

// said are the plan's errors and warnings, as people read them.
func (w *town) said(r provision.Record) (errs, warnings []string) {
	w.t.Helper()
	plan, err := w.Plan(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range plan.Errors {
		errs = append(errs, p.Error())
	}
	for _, p := range plan.Warnings {
		warnings = append(warnings, p.Error())
	}
	return errs, warnings
}

const twoCustomers = `{"id":"acct_1","name":"Acme","plan":"free"}
{"id":"acct_2","name":"Globex","plan":"enterprise"}
`

func impersonation() map[string]flows.Flow {
	return map[string]flows.Flow{"impersonation": flows.Impersonation}
}

func managers(schedule string) provision.Record {
	return provision.Record{Name: "impersonation", Params: map[string]string{"manager_schedule": schedule}, Durations: []string{"1h"}}
}

func TestAPlanOfAWorldThatHasAll(t *testing.T) {
	w := newTown(t, impersonation(), twoCustomers)
	w.pager.SetShifts("PMGRS01", pagersim.Shift{User: w.mia})
	w.Now = func() time.Time { return noon.Add(time.Millisecond) } // PagerDuty knows whole seconds
	if errs, warnings := w.said(managers("PMGRS01")); len(errs)+len(warnings) > 0 {
		t.Errorf("errors %q, warnings %q", errs, warnings)
	}
}

func TestAPlanNamesTheRotasGapsAndPeople(t *testing.T) {
	w := newTown(t, impersonation(), twoCustomers)
	nils := w.pager.AddUser("Nils Holm", "nils@elsewhere.example")
	at := func(days int) time.Time { return noon.AddDate(0, 0, days) }
	w.pager.SetShifts("PMGRS01",
		pagersim.Shift{User: w.mia, Until: at(2)},
		pagersim.Shift{User: nils, From: at(3), Until: at(5)}, pagersim.Shift{User: w.mia, From: at(4), Until: at(9)},
		pagersim.Shift{User: nils, From: at(9)})
	_, warnings := w.said(managers("PMGRS01"))
	want := []string{
		"params.manager_schedule: nobody is on call in Support managers (PMGRS01) at some times of the next 14 days: " +
			"27 Nov 12:00 UTC to 28 Nov 12:00 UTC; requests go to the route's OrElse then, or are refused",
		"params.manager_schedule: Nils Holm is on call in Support managers within the next 14 days and can't be asked: there is no Slack account with the e-mail nils@elsewhere.example",
	}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestAPlanStopsForWhatDoesNotExist(t *testing.T) {
	w := newTown(t, impersonation(), twoCustomers)
	r := managers("PNONE01")
	r.Requesters, r.Viewers, r.Revokers = []string{"ghosts"}, []string{"spooks"}, []string{"wraiths"}
	errs, _ := w.said(r)
	if len(errs) != 4 || !strings.Contains(errs[2], "viewers: Slack has no user group @spooks") || !strings.Contains(errs[3], "revokers: Slack has no user group @wraiths") || !strings.Contains(errs[0], "PagerDuty has no schedule PNONE01") || !strings.Contains(errs[1], "requesters: Slack has no user group @ghosts") {
		t.Errorf("errors: %q", errs)
	}
	plan, err := w.Plan(t.Context(), r)
	if err != nil || plan.Replay != nil {
		t.Errorf("nothing is replayed for what can't run: %+v, %v", plan.Replay, err)
	}
}

// TestAPlanNamesTheScopesThatAreMissing: those that the flow itself needs stop it.
func TestAPlanNamesTheScopesThatAreMissing(t *testing.T) {
	w := newTown(t, impersonation(), twoCustomers, "users:read", "users:read.email", "im:write")
	w.World.App = slackapp.App{URL: w.ws.APIURL(), Token: w.ws.BotToken()}
	w.World.Scopes = []string{"users:read", "users:read.email", "usergroups:read", "commands"}
	_, warnings := w.said(managers("PMGRS01"))
	if text := strings.Join(warnings, "\n"); !strings.Contains(text, "slack: the bot token lacks the scope commands") || !strings.Contains(text, "the scope usergroups:read") || strings.Contains(text, "users:read.email") {
		t.Errorf("warnings: %s", text)
	}
	r := managers("PMGRS01")
	r.Revokers = []string{"security"}
	errs, _ := w.said(r)
	if len(errs) != 1 || !strings.Contains(errs[0], "lacks the scope usergroups:read, without which nobody is found who is named by revokers: add it") {
		t.Errorf("errors: %q", errs)
	}
	w.ws.Fail("auth.test", 1, slacksim.Status(500))
	if _, warnings := w.said(managers("PMGRS01")); !strings.Contains(strings.Join(warnings, "\n"), "so they weren't checked") {
		t.Errorf("warnings: %q", warnings)
	}
}

func TestAPlanTriesTheRulesOnAccounts(t *testing.T) {
	rule := flows.Flow{
		Name:   "region",
		Params: flows.Params{"manager_schedule": flows.Schedule},
		OnRequest: func(r flows.Request) flows.Verdict {
			if r.InGroup("support") && r.Text("region") == "eu" {
				return flows.Approve("its own region")
			}
			return flows.Ask()
		},
		Approvers: func(r flows.Request) flows.Route { return flows.OnCall(r.Param("manager_schedule")) },
	}
	w := newTown(t, map[string]flows.Flow{"region": rule}, `{"id":"acct_1","name":"Acme","plan":"free","fields":{"region":"eu"}}
{"id":"acct_2","name":"Globex","plan":"free"}
{"id":"acct_3","name":"Hooli","plan":"free","fields":{"region":7}}
`)
	w.pager.SetShifts("PMGRS01", pagersim.Shift{User: w.mia})
	r := managers("PMGRS01")
	r.Name = "region"
	_, warnings := w.said(r)
	want := []string{
		"accounts: 1 of 3 accounts tried would be refused: the account directory has no region for this account",
		"accounts: 1 of 3 accounts tried would be refused: the account directory's region is a number, and the rule reads text",
	}
	slices.Sort(warnings)
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// TestAPlanWithoutAnAnswerWarns: what can't be asked now is no reason to stop.
func TestAPlanWithoutAnAnswerWarns(t *testing.T) {
	w := newTown(t, impersonation(), twoCustomers)
	w.World.People = people.New(people.Options{Slack: slack.New("x", slack.OptionAPIURL(w.ws.APIURL()))}) // without a key of PagerDuty
	errs, warnings := w.said(managers("PMGRS01"))
	if len(errs) > 0 || len(warnings) != 1 || !strings.Contains(warnings[0], "the schedule PMGRS01 couldn't be looked at now") {
		t.Errorf("errors %q, warnings %q", errs, warnings)
	}
}
