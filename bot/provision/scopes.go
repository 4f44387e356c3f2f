package provision

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// checkScopes says which scopes the bot's token lacks. The flow can't run without
// those that its own groups and people are found by.
func (w *World) checkScopes(ctx context.Context, plan *Plan, rule flows.Flow, f store.Flow) {
	if len(w.Scopes) == 0 {
		return
	}
	const remedy = "add it at your app's page, OAuth & Permissions, and install the app again"
	answer, err := w.App.Ask(ctx)
	switch {
	case err != nil || !answer.OK:
		plan.warn("slack", "Slack doesn't say now which scopes the bot token has, so they weren't checked")
		return
	case answer.Scopes == nil:
		plan.warn("slack", "Slack doesn't say which scopes the bot token has: compare them with understudy manifest")
		return
	}
	needed := scopesOf(rule, f)
	for _, scope := range answer.Missing(w.Scopes) {
		if what := needed[scope]; what != "" {
			plan.stop("slack", "the bot token lacks the scope %s, without which nobody is found who is named by %s: %s", scope, what, remedy)
			continue
		}
		plan.warn("slack", "the bot token lacks the scope %s, which the bot needs for every flow: %s", scope, remedy)
	}
}

// scopesOf are the scopes that the flow needs more than others do, and for what.
func scopesOf(rule flows.Flow, f store.Flow) map[string]string {
	needed := map[string]string{}
	note := func(scope, what string) { needed[scope] = strings.TrimPrefix(needed[scope]+", "+what, ", ") }
	for _, name := range slices.Sorted(maps.Keys(rule.Params)) {
		switch rule.Params[name] {
		case flows.UserGroup:
			note("usergroups:read", name)
		case flows.Schedule, flows.Email:
			note("users:read.email", name)
		case flows.Text, flows.Number, flows.Duration:
		}
	}
	for _, list := range []struct {
		name   string
		groups []string
	}{{"requesters", f.Requesters}, {"viewers", f.Policy.Viewers}, {"revokers", f.Policy.Revokers}} {
		if len(list.groups) > 0 {
			note("usergroups:read", list.name)
		}
	}
	return needed
}
