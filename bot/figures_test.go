package bot_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/accounts/accountstest"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

const (
	customersOfAll = 1_000_000
	looksOfAll     = 300
	requestsOfAll  = 13 * accountstest.Teams
)

// measures skips a test that takes minutes and whose figures need a quiet machine.
func measures(t *testing.T) {
	t.Helper()
	if os.Getenv("UNDERSTUDY_FIGURES") == "" {
		t.Skip("it measures for minutes: UNDERSTUDY_FIGURES=1 runs it, with -v, on a quiet machine")
	}
}

// TestFigures measures what people wait for, with a million customers, eight
// teams of an agent and two managers on call each, and a store on disk; and right
// after each the same with an app that answers at once with what it has in hand
// (bare), which is what the simulator itself takes:
//
//	UNDERSTUDY_FIGURES=1 go test ./bot -run TestFigures -v
func TestFigures(t *testing.T) {
	measures(t)
	ours, other := newTown(t), newTown(t)
	ours.engine = onDisk(t)
	loaded := ours.load()
	ours.stage()
	ours.every = 700 * time.Millisecond // Slack takes 100 updates of forms a minute
	other.stageBare(other.bare())
	var table strings.Builder
	fmt.Fprint(&table, "| from → to, p50 / p99 | Understudy | bare | ratio at p50 |\n|---|---|---|---|\n")
	theirs := other.waits()
	for i, wait := range ours.waits() {
		a, b := wait.measure(), theirs[i].measure()
		fmt.Fprintf(&table, "| %s | %s | %s | %.1f |\n", wait.what, a, b, float64(a.p50)/float64(b.p50))
	}
	t.Logf("%d customers: %s; %d requests and %d of the rest, %d cores, %s %s\n%s", customersOfAll, loaded, requestsOfAll, looksOfAll, runtime.NumCPU(), runtime.GOOS, runtime.Version(), &table)
}

// onDisk is a store in a file.
func onDisk(t *testing.T) store.Engine {
	t.Helper()
	engine, err := bolt.Open(t.Context(), filepath.Join(t.TempDir(), "understudy.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}

// wait is something that people wait for.
type wait struct {
	what    string
	measure func() percentiles
}

type percentiles struct{ p50, p99 time.Duration }

func spread(all []time.Duration) percentiles {
	slices.Sort(all)
	return percentiles{all[len(all)/2], all[len(all)*99/100]}
}

func (p percentiles) String() string {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f / %.1f ms", ms(p.p50), ms(p.p99))
}

// town is a world with teams.
type town struct {
	*world
	agents   [accountstest.Teams]*slacksim.Person
	managers [accountstest.Teams][2]*slacksim.Person
	every    time.Duration // how often somebody asks
	next     int           // account, in steps of the teams
}

func newTown(t *testing.T) *town {
	town := &town{world: newWorld(t, slacksim.Options{Calm: true}), every: 100 * time.Millisecond}
	for i := range accountstest.Teams {
		schedule := accountstest.Schedule(i)
		town.pager.AddSchedule(schedule, fmt.Sprintf("Team %d", i))
		town.agents[i] = town.ws.AddPerson(fmt.Sprintf("Agent %d", i), fmt.Sprintf("a%d@example.com", i))
		for j := range 2 {
			town.managers[i][j] = town.manager(fmt.Sprintf("Manager %d-%d", i, j), fmt.Sprintf("m%d-%d@example.com", i, j))
		}
		town.pager.SetOnCall(schedule, town.paging[town.managers[i][0]], town.paging[town.managers[i][1]])
	}
	town.provision(flows.Flow{Approvers: func(r flows.Request) flows.Route { return flows.OnCall(r.Text("schedule")) }})
	town.flow.Policy = approval.Policy{Timeout: 3 * time.Hour}
	return town
}

// load makes the account directory, and says what it takes.
func (w *town) load() string {
	path := filepath.Join(w.t.TempDir(), "accounts.jsonl")
	if err := os.WriteFile(path, []byte(accountstest.Lines(customersOfAll)), 0o600); err != nil {
		w.t.Fatal(err)
	}
	before, began := heap(), time.Now()
	directory, err := accounts.OpenFile(w.t.Context(), path, w.log)
	if err != nil {
		w.t.Fatal(err)
	}
	took := time.Since(began)
	w.t.Cleanup(func() {
		if err := directory.Close(); err != nil {
			w.t.Error(err)
		}
	})
	w.accounts = directory
	return fmt.Sprintf("%d MiB of memory, read in %.1f s", (heap()-before)>>20, took.Seconds())
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// bare is the app that knows beforehand who is to be told of an account.
func (w *town) bare() *bare {
	team := func(account string) (i int) {
		if _, err := fmt.Sscanf(account, "acct_%d", &i); err != nil {
			panic(err) // it is an id of ours
		}
		return i % accountstest.Teams
	}
	b := &bare{form: view.Form{Flow: "impersonation", Durations: w.flow.Durations, Default: w.flow.Durations[0]}}
	var many []view.Option
	for i := range 50 {
		many = append(many, view.Option{ID: accountstest.ID(i), Name: fmt.Sprintf("Northwind bridge Labs %d", i), Plan: "pro"})
	}
	b.options = func(query string) []view.Option { // as many as there are
		switch {
		case strings.HasPrefix(query, "acct_"):
			return []view.Option{{ID: query, Name: query}}
		case query == unfindable:
			return nil
		}
		return many
	}
	b.told = func(account string) string { return "Goes to @" + w.managers[team(account)][0].Name() }
	b.asked = func(account string) []string {
		m := w.managers[team(account)]
		return []string{m[0].ID(), m[1].ID()}
	}
	return b
}

func (w *town) waits() []wait {
	waits := []wait{{"`/impersonate` → the form", w.opening}}
	for _, q := range []struct{ what, query string }{
		{"one letter", "c"}, {"the beginning of many names", "nor"}, {"the middle of a name", "ightwa"},
		{"two words, in any order", "labs north"}, {"an id", accountstest.ID(777_777)}, {"in vain", unfindable},
	} {
		waits = append(waits, wait{fmt.Sprintf("search: %s, `%s` → the options", q.what, q.query), func() percentiles { return w.searching(q.query) }})
	}
	return append(waits,
		wait{"an account is picked → the form says what will come of it", w.picking},
		wait{"the form is sent → both managers have the card, 1 at a time", func() percentiles { return w.asking(1) }},
		wait{fmt.Sprintf("the same, %d at the same instant", accountstest.Teams), func() percentiles { return w.asking(accountstest.Teams) }})
}

// unfindable is in no name and no id.
const unfindable = "zzqqx"

func (w *town) opening() percentiles {
	var took []time.Duration
	for range looksOfAll {
		began := time.Now()
		w.kim.Types("/impersonate")
		modal := w.kim.Modal()
		took = append(took, time.Since(began))
		modal.Close()
	}
	return spread(took)
}

func (w *town) searching(query string) percentiles {
	w.kim.Types("/impersonate")
	modal := w.kim.Modal()
	defer modal.Close()
	var took []time.Duration
	for range looksOfAll {
		began := time.Now()
		modal.Options("Account", query)
		took = append(took, time.Since(began))
	}
	return spread(took)
}

// picking picks accounts of the teams in turn, so that each changes the form.
func (w *town) picking() percentiles {
	w.kim.Types("/impersonate")
	modal := w.kim.Modal()
	defer modal.Close()
	var took []time.Duration
	for i := range looksOfAll {
		found := modal.Find("Account", accountstest.ID(i))
		began := time.Now()
		found.Pick().WaitText("@" + w.managers[i%accountstest.Teams][0].Name())
		took = append(took, time.Since(began))
	}
	return spread(took)
}

// asking has so many agents of different teams ask at the same instant.
func (w *town) asking(atOnce int) percentiles {
	pause := time.NewTicker(w.every * time.Duration(atOnce))
	defer pause.Stop()
	var mu sync.Mutex
	var took []time.Duration
	for i := 0; len(took) < requestsOfAll; i += atOnce {
		var forms [accountstest.Teams]*slacksim.Modal
		for j := range atOnce {
			team := (i + j) % accountstest.Teams
			w.agents[team].Types("/impersonate " + accountstest.ID(w.next+i+j))
			forms[team] = w.agents[team].Modal().Fill("Reason", "the invoice page fails")
		}
		<-pause.C
		var all sync.WaitGroup
		for team, form := range forms {
			if form == nil {
				continue
			}
			first, second := w.managers[team][0].Inbox(), w.managers[team][1].Inbox()
			before := [2]int{first.Len(), second.Len()}
			all.Go(func() {
				began := time.Now()
				form.Submit()
				first.After(before[0])
				second.After(before[1])
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(began))
			})
		}
		all.Wait()
		for _, form := range forms {
			if form != nil {
				form.Close()
			}
		}
	}
	w.next += requestsOfAll
	return spread(took)
}
