package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/slackapp"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// Plan says what provisioning a record would do, and what speaks against it.
type Plan struct {
	Action Action `json:"action"`
	// Base is the version that would be changed, 0 if there is none.
	Base    int      `json:"base"`
	Record  Record   `json:"record"`
	Changes []Change `json:"changes"`
	// Errors stop it. Warnings don't.
	Errors   []Problem `json:"errors"`
	Warnings []Problem `json:"warnings"`
	// Replay is how past cases would have been decided; nil after errors.
	Replay *Replay `json:"replay,omitempty"`
}

// Action is what provisioning would do.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Keep   Action = "none"
)

// Change is a field of a record that would be another.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"` // empty if it wasn't set
	After  string `json:"after"`  // empty if it wouldn't be
}

// Planner says what provisioning would do.
type Planner struct {
	Ledger *store.Ledger
	Rules  map[string]flows.Flow
	// World is asked what a record needs. Nil asks nobody.
	World *World
	// Window says which past cases are replayed, and ReplayTime how long that may
	// take; zero is 15 seconds.
	Window     Window
	ReplayTime time.Duration
	// Unreplayed leaves the past cases out.
	Unreplayed bool
	Now        func() time.Time
}

// World is where a flow's facts and people come from.
type World struct {
	People   *people.Directory
	Accounts accounts.Directory
	// App is asked which scopes the bot's token has, of those that the bot needs.
	// Without them it isn't.
	App    slackapp.App
	Scopes []string
}

// planTime is how long the world is asked, at most.
const planTime = 20 * time.Second

// Plan checks the record against the program and the world, and replays past
// cases through it. It changes nothing.
func (p *Planner) Plan(ctx context.Context, r Record) (Plan, error) {
	plan := Plan{Action: Create, Record: r, Changes: []Change{}, Errors: []Problem{}, Warnings: []Problem{}}
	now, err := p.Ledger.Flow(ctx, r.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return plan, err
	default:
		plan.Action, plan.Base = Update, now.Version
	}
	flow, problems := r.Flow(p.Rules)
	if len(problems) > 0 {
		plan.Errors = problems
		return plan, nil
	}
	plan.Record = Of(flow)
	before := Record{}
	if plan.Base > 0 {
		before = Of(now)
	}
	plan.Changes = Changes(before, plan.Record)
	if plan.Base > 0 && now.Fingerprint != flow.Fingerprint {
		plan.Changes = append(plan.Changes, RulesChanged(now.Fingerprint, flow.Fingerprint))
	}
	if plan.Action == Update && len(plan.Changes) == 0 {
		plan.Action = Keep
	}
	if err := p.checkRoom(ctx, &plan, flow); err != nil {
		return plan, err
	}
	rule := p.Rules[flow.Rules()]
	if err := p.checkApp(ctx, &plan, flow.App); err != nil {
		return plan, err
	}
	plan.checkCustomers(rule, flow.App)
	if p.World != nil {
		asking, cancel := context.WithTimeout(ctx, planTime)
		p.World.check(asking, &plan, rule, flow, p.Now())
		cancel()
	}
	if len(plan.Errors) > 0 || p.Unreplayed {
		return plan, nil
	}
	plan.Replay, err = p.replay(ctx, rule, flow, plan.Base == 0)
	return plan, err
}

// Changes are the fields that differ, by name. A record without a name has none.
func Changes(before, after Record) []Change {
	found := []Change{}
	was, is := fields(before), fields(after)
	for _, field := range slices.Sorted(maps.Keys(union(was, is))) {
		before, had := was[field]
		after, has := is[field]
		if before != after || had != has {
			found = append(found, Change{field, before, after})
		}
	}
	return found
}

// RulesChanged says that a flow has other rules, by the beginnings of their
// fingerprints.
func RulesChanged(before, after string) Change {
	const enough = 12
	return Change{"rules", before[:min(enough, len(before))], after[:min(enough, len(after))]}
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// fields are the fields that a record sets, as text; the entries of a map each
// by itself, and also those that are empty.
func fields(r Record) map[string]string {
	texts := map[string]string{}
	set := func(name, text string) {
		if text != "" {
			texts[name] = text
		}
	}
	record := reflect.ValueOf(r)
	for i := range record.NumField() {
		name, _, _ := strings.Cut(record.Type().Field(i).Tag.Get("json"), ",")
		switch value := record.Field(i).Interface().(type) {
		case string:
			set(name, value)
		case []string:
			set(name, strings.Join(value, ", "))
		case map[string]string:
			for key, text := range value {
				texts[name+"."+key] = text
			}
		case *App:
			maps.Copy(texts, value.fields())
		}
	}
	return texts
}

// Summary says the plan in one line: "214 past requests, 3 would change".
func (r *Replay) Summary() string {
	if r == nil {
		return ""
	}
	if r.Cases == 0 {
		return "no past requests to compare with"
	}
	text := fmt.Sprintf("%s, %d would change", counted(r.Cases, "past request"), len(r.Changed)+r.MoreChanged)
	if n := len(r.Unknown) + r.MoreUnknown; n > 0 {
		text += fmt.Sprintf(", %d can't be told", n)
	}
	if r.Cut {
		text += ", and there are more, which weren't tried"
	}
	return text
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
