package provision_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// records are records that can be provisioned, each time in one of the ways in
// which people write it.
func records() *rapid.Generator[provision.Record] {
	return rapid.Custom(func(t *rapid.T) provision.Record {
		span := func(label string, unit time.Duration, least, most int) string {
			d := time.Duration(rapid.IntRange(least, most).Draw(t, label)) * unit
			return rapid.SampledFrom([]string{d.String(), fmt.Sprintf("%ds", int(d.Seconds())), fmt.Sprintf("%gm", d.Minutes())}).Draw(t, label+" as written")
		}
		sometimes := func(label string, draw func() string) string {
			if rapid.Bool().Draw(t, "a "+label) {
				return draw()
			}
			return ""
		}
		r := provision.Record{
			Name:           "vip",
			Implementation: rapid.SampledFrom([]string{"", "vip", "impersonation"}).Draw(t, "implementation"),
			Params:         map[string]string{"manager_schedule": rapid.SampledFrom([]string{"PMGRS01", "PMGRS02"}).Draw(t, "schedule")},
			Command:        rapid.SampledFrom([]string{"", "/impersonate", "/vip"}).Draw(t, "command"),
			Viewers:        rapid.SampledFrom([][]string{nil, {}, {"auditors"}}).Draw(t, "viewers"),
			Revokers:       rapid.SampledFrom([][]string{nil, {"security"}, {"security", "leads"}}).Draw(t, "revokers"),
			Requesters:     rapid.SampledFrom([][]string{nil, {}, {"support"}, {"support", "leads"}}).Draw(t, "requesters"),
			Timeout:        sometimes("timeout", func() string { return span("timeout", time.Second, 60, 3*3600) }),
			Warn:           sometimes("warn", func() string { return span("warn", time.Second, 0, 3600) }),
			DenyReason:     rapid.SampledFrom([]string{"", "optional", "required", "none"}).Draw(t, "deny_reason"),
			App: rapid.SampledFrom([]*provision.App{nil, {Name: "portal", URL: "https://portal.example.com/understudy"},
				{Name: "portal", URL: "http://127.0.0.1:8070/in?x=1", Title: "Harbor Billing", Scope: "full", Clock: "approval", Confirm: true, FreshSignIn: "90m", HideReason: true},
				{Name: "p", URL: "https://p.example", Scope: "read_only", Clock: "opening"}}).Draw(t, "app"),
			Labels: rapid.SampledFrom([]map[string]string{nil, {}, {"team": "support"}, {"team": ""}}).Draw(t, "labels"),
		}
		for _, minutes := range rapid.SliceOfNDistinct(rapid.IntRange(1, 24*60), 1, 4, rapid.ID).Draw(t, "durations") {
			r.Durations = append(r.Durations, fmt.Sprintf("%dm", minutes))
		}
		r.Default = sometimes("default", func() string { return rapid.SampledFrom(r.Durations).Draw(t, "default") })
		if rapid.Bool().Draw(t, "reminders") {
			r.Remind = []string{}
			if r.Timeout == "" {
				minutes := rapid.SliceOfNDistinct(rapid.IntRange(1, 59), 0, 3, rapid.ID).Draw(t, "remind")
				slices.Sort(minutes)
				for _, m := range minutes {
					r.Remind = append(r.Remind, fmt.Sprintf("%dm", m))
				}
			}
		}
		return r
	})
}

func bothRules() map[string]flows.Flow {
	vip := flows.Impersonation
	vip.Name, vip.Source = "vip", "vip"
	return map[string]flows.Flow{"impersonation": flows.Impersonation, "vip": vip}
}

// TestARecordComesBack holds that the record of a flow makes that flow again, so
// that nothing changes of what show prints and apply, Terraform and rollback send.
func TestARecordComesBack(t *testing.T) {
	rules := bothRules()
	rapid.Check(t, func(t *rapid.T) {
		flow, problems := records().Draw(t, "record").Flow(rules)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		again, problems := provision.Of(flow).Flow(rules)
		if len(problems) > 0 {
			t.Fatalf("its own record can't be: %v", problems)
		}
		if diff := cmp.Diff(flow, again, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("what comes of its record (-flow +again):\n%s", diff)
		}
	})
}

// TestAPlanTellsWhetherAVersionComes holds a plan to what the store then does.
func TestAPlanTellsWhetherAVersionComes(t *testing.T) {
	rules := bothRules()
	rapid.Check(t, func(rt *rapid.T) {
		planner := &provision.Planner{Ledger: emptyLedger(t), Rules: rules, Now: func() time.Time { return noon }}
		first := records().Draw(rt, "first")
		second, other := first, records().Draw(rt, "other")
		field := rapid.IntRange(1, reflect.TypeFor[provision.Record]().NumField()-1).Draw(rt, "field")
		reflect.ValueOf(&second).Elem().Field(field).Set(reflect.ValueOf(other).Field(field))
		if _, problems := second.Flow(rules); len(problems) > 0 {
			rt.Skip("the field doesn't go with the others")
		}
		var made store.Flow
		for i, r := range []provision.Record{first, second} {
			plan, err := planner.Plan(t.Context(), r)
			if err != nil || len(plan.Errors) > 0 {
				rt.Fatalf("%v, %v", plan.Errors, err)
			}
			flow, _ := r.Flow(rules)
			next, err := planner.Ledger.Provision(t.Context(), flow, plan.Base, noon)
			if err != nil {
				rt.Fatal(err)
			}
			if changes := next.Version != made.Version; changes != (plan.Action != provision.Keep) {
				rt.Errorf("record %d: the plan is %s %v, and version %d becomes %d", i+1, plan.Action, plan.Changes, made.Version, next.Version)
			}
			made = next
		}
	})
}
