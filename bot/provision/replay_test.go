package provision_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// idAt is an id of the kind that cases have, of this time.
func idAt(at time.Time, n int) string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16|0x7000)
	binary.BigEndian.PutUint64(id[8:], 0x8000000000000000|uint64(n))
	text := hex.EncodeToString(id[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// asked is a past request that a rule allowed.
func asked(t *testing.T, l *store.Ledger, at time.Time, n int) {
	t.Helper()
	facts := flows.Facts{Time: at, Params: map[string]string{"manager_schedule": "PMGRS01"}, Fields: map[string]any{"customer_plan": "free", "is_assigned": false}}
	account := approval.Account{ID: idAt(at, n), Name: "Acme"}
	for _, command := range []approval.Command{
		approval.Submit{ID: account.ID, Flow: approval.FlowVersion{ID: "f", Name: "impersonation", Version: 1, Policy: approval.Policy{Timeout: time.Hour}},
			Requester: approval.Person{ID: "UKIM", Name: "Kim"}, Account: account, Reason: "invoices", Duration: time.Hour},
		approval.Rule{Ruling: approval.Ruling{Account: account, Facts: facts, Outcome: flows.Evaluate(flows.Impersonation, facts)}},
	} {
		if _, err := l.Do(t.Context(), store.Change{Case: account.ID, Command: command}, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPlanSaysWhichFlowsNobodyCanPick(t *testing.T) {
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	p := provision.Planner{Ledger: ledger, Rules: impersonation(), Now: func() time.Time { return noon }}
	for i := range 100 {
		if _, err := ledger.Provision(t.Context(), store.Flow{Name: fmt.Sprintf("flow-%03d", i), Implementation: "impersonation"}, 0, noon); err != nil {
			t.Fatal(err)
		}
	}
	said := func(r provision.Record) string {
		plan, err := p.Plan(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(plan.Warnings)
	}
	r := managers("PMGRS01")
	if got := said(r); !strings.Contains(got, "101 flows would have the command /impersonate, and its form offers the first 100") {
		t.Error(got)
	}
	r.Command = "/vip"
	if got := said(r); !strings.Contains(got, "there would be 101 flows") {
		t.Error(got)
	}
	r.Name, r.Implementation, r.Command = "flow-000", "impersonation", ""
	if got := said(r); got != "[]" {
		t.Error(got)
	}
}

// TestWhichCasesAreReplayed has a request each of the last 3 days, 700 of 20 days
// ago, 5 of 100 days ago and one of 5 years ago.
func TestWhichCasesAreReplayed(t *testing.T) {
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for days, count := range map[int]int{1: 1, 2: 1, 3: 1, 20: 700, 100: 5, 5 * 365: 1} {
		for range count {
			n++
			asked(t, ledger, noon.AddDate(0, 0, -days), n)
		}
	}
	for _, test := range []struct {
		window provision.Window
		cases  int
		days   int // how long ago the first of them was, if they were counted
	}{
		{provision.Window{}, 703, 0}, {provision.Window{Days: 4}, 3, 0}, {provision.Window{Days: 200}, 708, 0},
		{provision.Window{Last: 2}, 2, 2}, {provision.Window{Last: 5}, 5, 20}, {provision.Window{Last: 706}, 706, 100}, {provision.Window{Last: 9000}, 709, 5 * 365},
		{provision.Window{Last: 706, Days: 50}, 703, 0}, {provision.Window{Last: 2, Days: 50}, 2, 0},
	} {
		p := provision.Planner{Ledger: ledger, Rules: impersonation(), Window: test.window, Now: func() time.Time { return noon }}
		plan, err := p.Plan(t.Context(), managers("PMGRS01"))
		if err != nil || plan.Replay == nil || plan.Replay.Cases != test.cases || plan.Replay.Cut {
			t.Errorf("%+v: %+v, %v", test.window, plan.Replay, err)
			continue
		}
		if test.days > 0 && !plan.Replay.Since.Equal(noon.AddDate(0, 0, -test.days)) {
			t.Errorf("%+v: since %s", test.window, plan.Replay.Since)
		}
	}
	late := provision.Planner{Ledger: ledger, Rules: impersonation(), ReplayTime: time.Nanosecond, Now: func() time.Time { return noon }}
	plan, err := late.Plan(t.Context(), managers("PMGRS01"))
	if err != nil || !plan.Replay.OutOfTime || !plan.Replay.Cut {
		t.Errorf("out of time: %+v, %v", plan.Replay, err)
	}
}
