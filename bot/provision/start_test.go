package provision_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// start is a program that starts on the ledger, with these flows in its file.
func start(t *testing.T, ledger *store.Ledger, rules map[string]flows.Flow, file ...provision.Record) error {
	t.Helper()
	var read []store.Flow
	for _, record := range file {
		f, problems := record.Flow(rules)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		read = append(read, f)
	}
	return provision.Start(t.Context(), ledger, read, rules, noon)
}

func emptyLedger(t *testing.T) *store.Ledger {
	t.Helper()
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	return ledger
}

func version(t *testing.T, ledger *store.Ledger, name string) int {
	t.Helper()
	f, err := ledger.Flow(t.Context(), name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return f.Version
}

func named(name string) provision.Record {
	r := managers("PMGRS01")
	if name != "impersonation" {
		r.Name, r.Implementation = name, "impersonation"
	}
	return r
}

func TestAFilesFlowsComeAndGo(t *testing.T) {
	ledger, rules := emptyLedger(t), impersonation()
	for range 2 { // the second start changes nothing
		if err := start(t, ledger, rules, named("impersonation"), named("vip")); err != nil {
			t.Fatal(err)
		}
	}
	if got := [2]int{version(t, ledger, "impersonation"), version(t, ledger, "vip")}; got != [2]int{1, 1} {
		t.Errorf("versions %v", got)
	}
	if err := start(t, ledger, rules, named("vip")); err != nil {
		t.Fatal(err)
	}
	if got := [2]int{version(t, ledger, "impersonation"), version(t, ledger, "vip")}; got != [2]int{0, 1} {
		t.Errorf("versions after one left the file: %v", got)
	}
	if err := start(t, ledger, rules); err != nil { // without a file
		t.Fatal(err)
	}
	if version(t, ledger, "vip") != 1 {
		t.Error("without a file a flow went")
	}
}

// TestAProgramWithOtherRules makes a version of each flow that the API made.
func TestAProgramWithOtherRules(t *testing.T) {
	ledger, rules := emptyLedger(t), impersonation()
	flow, problems := named("vip").Flow(rules)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	flow.Origin, flow.By = store.FromAPI, "terraform"
	if _, err := ledger.Provision(t.Context(), flow, 0, noon); err != nil {
		t.Fatal(err)
	}
	changed := flows.Impersonation
	changed.Source += "// changed"
	for range 2 {
		if err := start(t, ledger, map[string]flows.Flow{"impersonation": changed}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := ledger.Flow(t.Context(), "vip")
	if err != nil || f.Version != 2 || f.Fingerprint != changed.Fingerprint() || f.Origin != store.FromAPI || f.By != "a program with other rules" {
		t.Errorf("the flow: %+v, %v", f, err)
	}
}

func TestAProgramThatCannotRunAFlow(t *testing.T) {
	demanding := flows.Impersonation
	demanding.Params = flows.Params{"manager_schedule": flows.Schedule, "region": flows.Text}
	for want, rules := range map[string]map[string]flows.Flow{
		"implementation: there are no such rules; there are: other": {"other": {Name: "other"}},
		"params: region is missing":                                 {"impersonation": demanding},
	} {
		ledger := emptyLedger(t)
		flow, _ := named("vip").Flow(impersonation())
		flow.Origin, flow.By = store.FromAPI, "terraform"
		if _, err := ledger.Provision(t.Context(), flow, 0, noon); err != nil {
			t.Fatal(err)
		}
		err := start(t, ledger, rules)
		if err == nil || !strings.Contains(err.Error(), "the flow vip, provisioned by terraform, can't run in this program: "+want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestAFlowOfBothIsRefused(t *testing.T) {
	ledger, rules := emptyLedger(t), impersonation()
	flow, _ := named("impersonation").Flow(rules)
	flow.Origin = store.FromAPI
	if _, err := ledger.Provision(t.Context(), flow, 0, noon.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := start(t, ledger, rules, named("impersonation")); err == nil || !strings.Contains(err.Error(), "understudy flow delete impersonation") {
		t.Errorf("%v", err)
	}
	if version(t, ledger, "impersonation") != 1 {
		t.Error("it was changed")
	}
}
