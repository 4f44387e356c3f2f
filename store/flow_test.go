package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// TestACheckNoticesAnotherSchedule gives a case's flow other parameters, as
// somebody could who can write the store's file. Whoever makes the flow's own
// sum anew is betrayed by the cases, and who rewrites those by their events.
func TestACheckNoticesAnotherSchedule(t *testing.T) {
	for name, forge := range map[string]func(*testing.T, store.Engine, store.Flow) error{
		"the version alone": func(t *testing.T, e store.Engine, _ store.Flow) error {
			return rewrite(t, e, "flow-version/", `"P1"`, `"P2"`)
		},
		"the newest alone": func(t *testing.T, e store.Engine, _ store.Flow) error {
			return rewrite(t, e, "flow/", `"P1"`, `"P2"`)
		},
		"with its sum": func(t *testing.T, e store.Engine, pinned store.Flow) error {
			forged := pinned
			forged.Params = map[string]string{"manager_schedule": "P2"}
			if sumOf(t, pinned) != pinned.Sum {
				t.Error("the test's sum isn't the ledger's")
			}
			return errors.Join(rewrite(t, e, "flow", `"P1"`, `"P2"`), rewrite(t, e, "flow", pinned.Sum, sumOf(t, forged)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			engine := storetest.NewMemory()
			l := open(t, engine)
			flow, err := l.Provision(t.Context(), store.Flow{Name: "impersonation", Params: map[string]string{"manager_schedule": "P1"}, Policy: approval.Policy{Timeout: time.Hour}}, store.AnyVersion, noon)
			if err != nil {
				t.Fatal(err)
			}
			asked := submit("c1", "acct_1")
			command := asked.Command.(approval.Submit)
			command.Flow = flow.Pin()
			asked.Command = command
			must(t, l, asked, noon)
			sound(t, l)
			if err := forge(t, engine, flow); err != nil {
				t.Fatal(err)
			}
			report, err := l.Check(t.Context())
			if err != nil || !strings.Contains(strings.Join(report.Problems, "\n"), "flow") {
				t.Errorf("found %q, %v", report.Problems, err)
			}
			if _, err := l.FlowVersion(t.Context(), flow.Pin()); name != "the newest alone" && !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("FlowVersion: %v, want ErrCorrupt", err)
			}
		})
	}
}

// What earlier programs wrote, before flows had commands, origins and
// implementations.
const (
	olderFlow = `{"id":"dbb26308-d105-4c9c-992e-7b0d6663311c","name":"impersonation","version":1,"fingerprint":"abc","params":{"manager_schedule":"PMGRS01"},"durations":[900000000000,3600000000000],"policy":{"timeout":3600000000000,"remind":[300000000000],"warn":300000000000},"since":"2026-11-24T12:00:00Z","sum":"7a75a89a398e5fa8548afbcc61435718236c73de443498f600e4993315e01775"}`
	olderPin  = `{"id":"dbb26308-d105-4c9c-992e-7b0d6663311c","name":"impersonation","version":1,"fingerprint":"abc","policy":{"timeout":3600000000000,"remind":[300000000000],"warn":300000000000},"durations":[900000000000,3600000000000],"sum":"7a75a89a398e5fa8548afbcc61435718236c73de443498f600e4993315e01775"}`
)

// TestAnOlderProgramsFlow holds that a flow's sum, and what cases pin of it, stay
// what they were when a flow gets another field: it has to be left out if empty.
func TestAnOlderProgramsFlow(t *testing.T) {
	engine := storetest.NewMemory()
	l := open(t, engine)
	err := engine.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(
			tx.Put("flow/impersonation", []byte(olderFlow)),
			tx.Put("flow-version/dbb26308-d105-4c9c-992e-7b0d6663311c/00000001", []byte(olderFlow)))
	})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, l)
	f, err := l.Flow(t.Context(), "impersonation")
	if err != nil {
		t.Fatal(err)
	}
	pin, err := json.Marshal(f.Pin())
	if err != nil || string(pin) != olderPin {
		t.Errorf("it is pinned as %s, %v", pin, err)
	}
	if _, err := l.FlowVersion(t.Context(), f.Pin()); err != nil {
		t.Error(err)
	}
	same, err := l.Provision(t.Context(), f, store.AnyVersion, noon)
	if err != nil || same.Version != 1 {
		t.Errorf("the same flow has version %d now, %v", same.Version, err)
	}
}

// rewrite replaces a text in the values under a prefix.
func rewrite(t *testing.T, e store.Engine, prefix, old, with string) error {
	found := entries(t, e, prefix)
	return e.Update(t.Context(), func(tx store.Tx) error {
		for _, entry := range found {
			if err := tx.Put(entry.Key, bytes.ReplaceAll(entry.Value, []byte(old), []byte(with))); err != nil {
				return err
			}
		}
		return nil
	})
}

// sumOf is the sum that the ledger gives to a flow.
func sumOf(t *testing.T, f store.Flow) string {
	f.Sum = ""
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(append([]byte("\n"), text...)))
}
