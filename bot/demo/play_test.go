package demo

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

func asks(name string, params flows.Params) flows.Flow {
	return flows.Flow{Name: name, Params: params, Approvers: func(flows.Request) flows.Route { return flows.Group(directors) }}
}

// TestAProgramsFlowsArePlayed with what the demo's world has, or is given.
func TestAProgramsFlowsArePlayed(t *testing.T) {
	rules := []flows.Flow{
		asks("night", flows.Params{"managers": flows.Schedule, "leads": flows.UserGroup, "support_leads": flows.UserGroup, "boss": flows.Email, "patience": flows.Duration}),
		asks("large", flows.Params{"seats": flows.Number, "managers": flows.Schedule}),
	}
	p, err := ofProgram(rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	night := provision.Record{Name: "night", Durations: durations(), Params: map[string]string{
		"managers": "PMGRS01", "leads": "directors", "support_leads": "support", "boss": "dana@example.com", "patience": "10m",
	}}
	if diff := cmp.Diff([]provision.Record{night}, p.Flows); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	sentence := "The flow large isn't provisioned, because the demo has no value for its seats. Start the demo with --param seats=…."
	if diff := cmp.Diff(map[string]string{"large": sentence}, p.missing); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if steps := guide([]string{"night"}, []string{sentence}, false); steps[0].Text != sentence || !strings.HasPrefix(steps[1].Text, "Ask, by night:") {
		t.Errorf("the guide begins with %q", steps[:2])
	}
	p, err = ofProgram(rules, map[string]string{"seats": "40", "managers": otherSchedule})
	if err != nil || len(p.Flows) != 2 || p.Flows[1].Params["seats"] != "40" || p.Flows[0].Params["managers"] != otherSchedule {
		t.Errorf("with --param: %+v, %v", p.Flows, err)
	}
	for want, given := range map[string]map[string]string{
		"--param: no flow of this program has the parameter chairs":                  {"chairs": "4"},
		`provisioning the flow large: params: seats is "many", which isn't a number`: {"seats": "many"},
	} {
		if _, err := ofProgram(rules, given); err == nil || err.Error() != want {
			t.Errorf("%v: %v", given, err)
		}
	}
}

// TestAKeptStoreGoesOn with rules that have other parameters by now. What was
// changed over the API stays.
func TestAKeptStoreGoesOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.db")
	listener, err := listenLoopback(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for i, one := range []struct {
		params flows.Params
		given  map[string]string
		want   string // of its flow; or the error
		told   string
	}{
		{flows.Params{"managers": flows.Schedule}, nil, "version 1: managers=PMGRS01", ""},
		{flows.Params{"managers": flows.Schedule}, map[string]string{"managers": otherSchedule}, "version 1: managers=PMGRS01", ""},
		{flows.Params{"managers": flows.Schedule, "seats": flows.Number}, nil, "the flow night was provisioned before its rules had seats, for which the demo has no value: start it with --param seats=…", ""},
		{flows.Params{"managers": flows.Schedule, "seats": flows.Number}, map[string]string{"seats": "40"}, "version 2: managers=PMGRS01, seats=40", "It is provisioned with managers=PMGRS01, seats=40."},
		{nil, nil, "version 3: none", "It is provisioned with none."},
	} {
		p, err := ofProgram([]flows.Flow{asks("night", one.params)}, one.given)
		if err != nil {
			t.Fatal(err)
		}
		var told bytes.Buffer
		got := ""
		if _, err := begin(t.Context(), file, p, one.given, &customers{listener: listener}, &told); err != nil {
			got = err.Error()
		} else {
			got = provisioned(t, file)
		}
		if got != one.want || !strings.Contains(told.String(), one.told) || (one.told == "") != (told.Len() == 0) {
			t.Errorf("start %d: %s; it told %q", i+1, got, &told)
		}
	}
}

// provisioned is the flow night in the store.
func provisioned(t *testing.T, file string) string {
	t.Helper()
	db, err := bolt.OpenReadOnly(t.Context(), file, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ledger, err := store.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	f, err := ledger.Flow(t.Context(), "night")
	if err != nil || f.Origin != store.FromAPI || f.By != by {
		t.Fatalf("%+v, %v", f, err)
	}
	return "version " + string(rune('0'+f.Version)) + ": " + listed(f.Params)
}

// TestAKeptStoreKnowsItsPeople when the workspace is made again, and nothing else
// in it has an id that was given before.
func TestAKeptStoreKnowsItsPeople(t *testing.T) {
	var before [2]string
	for i, store := range []string{"demo.db", "demo.db", "other.db"} {
		ws, ola, err := newWorkspace("http://127.0.0.1:1", store, true)
		if err != nil {
			t.Fatal(err)
		}
		now := [2]string{ola.ID(), ws.AddPerson("Pat Late", "pat@example.com").ID()}
		if (now[0] == before[0]) != (i == 1) || now[1] == before[1] {
			t.Errorf("%s, workspace %d: %q after %q", store, i+1, now, before)
		}
		before = now
		ws.Close()
	}
}
