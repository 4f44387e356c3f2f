package provision_test

import (
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/examples"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

func TestAPlanWarnsOfCustomersWhoCantBeAsked(t *testing.T) {
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	p := provision.Planner{Ledger: ledger, Rules: map[string]flows.Flow{"consent": examples.Consent}, Now: func() time.Time { return noon }}
	silent := provision.App{Name: "portal", URL: "https://portal.example.com/understudy/open"}
	listens := silent
	listens.Webhook = "https://portal.example.com/hooks/understudy"
	for name, tt := range map[string]struct {
		app  *provision.App
		want bool
	}{"no app": {nil, true}, "no webhook": {&silent, true}, "a webhook": {&listens, false}} {
		plan, err := p.Plan(t.Context(), provision.Record{Name: "consent", Params: map[string]string{"managers": "PMGRS01"}, Durations: []string{"1h"}, App: tt.app})
		if err != nil || len(plan.Errors) > 0 {
			t.Fatalf("%s: %v, %v", name, plan.Errors, err)
		}
		warned := false
		for _, w := range plan.Warnings {
			warned = warned || w.Field == "app.webhook" && strings.Contains(w.Text, "the rules may ask the customer")
		}
		if warned != tt.want {
			t.Errorf("%s: warned %v: %v", name, warned, plan.Warnings)
		}
	}
}
