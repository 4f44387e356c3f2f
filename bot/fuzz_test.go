package bot

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/socket"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// answering is a network where everybody says the same. Nothing leaves the process.
type answering struct{}

func (answering) RoundTrip(r *http.Request) (*http.Response, error) {
	const said = `{"ok":true,"ts":"1.2","channel":"D0FUZZ","team_id":"T0FUZZ","user":{"id":"UKIM","team_id":"T0FUZZ","name":"kim","profile":{"email":"kim@example.com","real_name":"Kim"}},"view":{"id":"V1"}}`
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(said)), Request: r,
	}, nil
}

// fuzzedBot is a bot without sockets, that has one case which Mia may decide.
func fuzzedBot(f testing.TB, directory accounts.Directory) (*Bot, *storetest.Faults) {
	engine := storetest.Faulty(storetest.NewMemory()) // without faults; it counts
	ledger, err := store.Open(f.Context(), engine)
	if err != nil {
		f.Fatal(err)
	}
	client := slack.New("xoxb-fuzz", slack.OptionAPIURL("http://slack.example/api/"), slack.OptionHTTPClient(&http.Client{Transport: answering{}}))
	b := New(Config{
		Slack: client, TeamID: "T0FUZZ", Ledger: ledger, Accounts: directory,
		People: people.New(people.Options{Slack: client, TeamID: "T0FUZZ", Transport: answering{}}),
		Rules:  map[string]flows.Flow{"impersonation": flows.Impersonation},
		Log:    zerolog.Nop(),
	})
	flow, err := ledger.Provision(f.Context(), store.Flow{
		Name: "impersonation", Durations: []time.Duration{15 * time.Minute, time.Hour}, Policy: approval.Policy{Timeout: time.Hour},
	}, store.AnyVersion, time.Now())
	if err != nil {
		f.Fatal(err)
	}
	b.http = &http.Client{Transport: answering{}}
	route := flows.OnCall("PMGRS01")
	for _, command := range []approval.Command{
		approval.Submit{
			ID: "case-1", Flow: flow.Pin(), Requester: approval.Person{ID: "ULEE", Name: "Lee"},
			Account: approval.Account{ID: "acct_7", Name: "Globex"}, Reason: "invoices", Duration: time.Hour,
		},
		approval.Rule{
			Ruling: approval.Ruling{Outcome: flows.Outcome{Result: flows.Asked, Route: &route}},
			Found:  approval.Found{Route: route, Approvers: []approval.Approver{{Person: approval.Person{ID: "UMIA", Name: "Mia"}, Leg: route.Legs[0], Asked: true}}},
		},
	} {
		if _, err := b.commit(f.Context(), store.Change{Case: "case-1", Command: command}); err != nil {
			f.Fatal(err)
		}
	}
	return b, engine
}

// FuzzEnvelope gives the bot's one way in anything. It never panics; a payload
// that isn't read changes nothing and isn't acked; a case begins only with all
// that a form has; and only the one who may decide the case that waits does.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range envelopes() {
		f.Add(seed[0], []byte(seed[1]))
	}
	directory := fuzzedAccounts(f)
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		b, engine := fuzzedBot(t, directory)
		before := engine.Updates()
		_, err := b.handle(t.Context(), socket.Envelope{ID: "e1", Type: kind, AcceptsResponse: true, Payload: payload})
		b.answers.Wait()
		known := slices.Contains([]string{"slash_commands", "interactive", "events_api"}, kind)
		switch committed := engine.Updates() > before; {
		case committed && (!json.Valid(payload) || err != nil):
			t.Fatalf("a commit for a payload that failed with: %v", err)
		case known && !json.Valid(payload) && err == nil:
			t.Fatal("what isn't JSON was acked")
		case committed:
			checkCases(t, b, payload)
		}
	})
}

// checkCases holds what is stored against what the payload says.
func checkCases(t *testing.T, b *Bot, payload []byte) {
	var said slack.InteractionCallback
	_ = json.Unmarshal(payload, &said) // what can't be read began nothing
	cases, err := b.Ledger.Cases(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		asked := c.ID != "case-1"
		if asked && (c.Requester.ID != said.User.ID || len([]rune(c.Reason)) < view.MinReason || !slices.Contains(c.Flow.Durations, c.Duration) || c.Account.ID == "") {
			t.Errorf("a case began by half: %+v", c)
		}
		if !asked && c.Status != approval.Pending && said.User.ID != "UMIA" && said.User.ID != "ULEE" {
			t.Errorf("%q made the case %s", said.User.ID, c.Status)
		}
	}
	report, err := b.Ledger.Check(t.Context())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("the store isn't sound: %v, %v", report.Problems, err)
	}
}
