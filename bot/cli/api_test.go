package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/grant"
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

// TestScriptsOfTheAPI run against a bot's API, each against its own. Two past
// cases of it are by a flow of another name.
func TestScriptsOfTheAPI(t *testing.T) { runScripts(t, "testdata/api", nil) }

// TestScriptsOfWebhooks run against a bot that has an app to tell of an opening, and
// gave up to tell it of an end.
func TestScriptsOfWebhooks(t *testing.T) { runScripts(t, "testdata/webhook", nil, told) }

func told(ledger *store.Ledger, now time.Time) error {
	kim := approval.Person{ID: "UKIM", Name: "Kim Berg"}
	app := approval.App{Name: "portal", Webhook: "https://portal.example.com/hook"}
	for _, command := range []approval.Command{
		approval.Submit{
			ID: "c1", Flow: approval.FlowVersion{ID: "f", Name: "impersonation", Version: 1, Policy: approval.Policy{Timeout: time.Hour}, App: &app},
			Requester: kim, Account: approval.Account{ID: "acct_42"}, Reason: "the invoice page fails", Duration: time.Hour,
		},
		approval.Rule{Ruling: approval.Ruling{Outcome: flows.Outcome{Result: flows.Approved, Why: "free tier account"}}},
		approval.Open{By: kim, Session: "one"},
		approval.Release{By: kim},
	} {
		if _, err := ledger.Do(context.Background(), store.Change{Case: "c1", Command: command}, now); err != nil {
			return err
		}
	}
	return ledger.FailWebhook(context.Background(), "c1_5", "the app answered 410 Gone", now)
}

func runScripts(t *testing.T, dir string, world *provision.World, more ...func(*store.Ledger, time.Time) error) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	testscript.Run(t, testscript.Params{Dir: dir, Setup: func(e *testscript.Env) error {
		ledger, err := store.Open(context.Background(), storetest.NewMemory())
		if err != nil {
			return err
		}
		keys, err := grant.OpenKeyring(filepath.Join(e.WorkDir, "keys"), now)
		if err != nil {
			return err
		}
		v1 := &api.V1{
			Keys:   keys,
			Ledger: func() *store.Ledger { return ledger }, Rules: map[string]flows.Flow{"impersonation": flows.Impersonation},
			World: world, AdminToken: adminToken, Now: func() time.Time { return now }, Log: zerolog.Nop(),
		}
		server := httptest.NewServer(api.Handler(func(context.Context) error { return nil }, http.NotFoundHandler(), v1.Handler(), nil))
		e.Defer(server.Close)
		e.Setenv("UNDERSTUDY_URL", server.URL)
		e.Setenv("UNDERSTUDY_TOKEN", adminToken)
		for i, plan := range []string{"free", "enterprise"} {
			if err := past(ledger, now.Add(-time.Duration(2-i)*time.Hour), []string{"Acme", "Globex"}[i], plan); err != nil {
				return err
			}
		}
		for _, happens := range more {
			if err := happens(ledger, now); err != nil {
				return err
			}
		}
		return nil
	}})
}

// past is a case that was asked at this time, and decided by the rules.
func past(ledger *store.Ledger, at time.Time, account, plan string) error {
	facts := flows.Facts{Time: at, Params: map[string]string{"manager_schedule": "PMGRS01"}, Fields: map[string]any{"customer_plan": plan, "is_assigned": false}}
	rule := approval.Rule{Ruling: approval.Ruling{Account: approval.Account{ID: account, Name: account}, Facts: facts, Outcome: flows.Evaluate(flows.Impersonation, facts)}}
	if route := rule.Ruling.Outcome.Route; route != nil {
		mia := approval.Approver{Person: approval.Person{ID: "UMIA", Name: "Mia Falk"}, Leg: route.Legs[0], Asked: true}
		rule.Found = approval.Found{Route: *route, Approvers: []approval.Approver{mia}}
	}
	id := "01a2" + at.Format("1504") + "-0000-7000-8000-000000000000" // after all that this year's cases have
	submit := approval.Submit{
		ID: id, Flow: approval.FlowVersion{ID: "f", Name: "impersonation", Version: 1, Policy: approval.Policy{Timeout: time.Hour}},
		Requester: approval.Person{ID: "UKIM", Name: "Kim Berg"}, Account: rule.Ruling.Account, Reason: "the invoice page fails", Duration: time.Hour,
	}
	for _, command := range []approval.Command{submit, rule} {
		if _, err := ledger.Do(context.Background(), store.Change{Case: id, Command: command}, at); err != nil {
			return err
		}
	}
	return nil
}

// TestScriptsWithAWorld run against a bot that has an on-call service with more
// schedules than a page of its list has.
func TestScriptsWithAWorld(t *testing.T) {
	ws, pager := slacksim.ForTest(t, slacksim.Options{Calm: true}), pagersim.New()
	pager.AddSchedule("PMGRS01", "Support managers")
	for i := range 124 {
		pager.AddSchedule(fmt.Sprintf("P%03d", i), fmt.Sprintf("Schedule %d", i))
	}
	service := httptest.NewServer(pager)
	t.Cleanup(service.Close)
	runScripts(t, "testdata/world", &provision.World{Accounts: nobody{}, People: people.New(people.Options{
		Slack: slack.New(ws.BotToken(), slack.OptionAPIURL(ws.APIURL())), PagerDutyToken: pagersim.Token, PagerDutyURL: service.URL, TeamID: ws.TeamID(),
	})})
}

// nobody is an account directory without accounts.
type nobody struct{ accounts.Directory }

func (nobody) Search(context.Context, string, string, int) ([]accounts.Account, error) {
	return nil, nil
}
