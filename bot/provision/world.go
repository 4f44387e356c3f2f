package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// RotaDays is how far ahead a rota is looked at.
const RotaDays = 14

const (
	gapsNamed  = 5
	sampleSize = 25 // each is looked up by itself
)

// Check says what the flow lacks in the world: what will never work, and what may
// mend.
func (w *World) Check(ctx context.Context, rule flows.Flow, f store.Flow, now time.Time) (wrong, warnings []Problem) {
	var plan Plan
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	w.check(ctx, &plan, rule, f, now)
	return plan.Errors, plan.Warnings
}

// check asks the world for everything that the flow needs, and notes what it
// lacks. What will never work is an error; what may mend is a warning.
func (w *World) check(ctx context.Context, plan *Plan, rule flows.Flow, f store.Flow, now time.Time) {
	for _, name := range slices.Sorted(maps.Keys(rule.Params)) {
		field := "params." + name
		switch rule.Params[name] {
		case flows.Schedule:
			w.checkSchedule(ctx, plan, field, f.Params[name], now)
		case flows.UserGroup:
			w.checkGroup(ctx, plan, field, f.Params[name])
		case flows.Email:
			w.checkPerson(ctx, plan, field, f.Params[name])
		case flows.Text, flows.Number, flows.Duration:
		}
	}
	for _, named := range []struct {
		field  string
		groups []string
	}{{"requesters", f.Requesters}, {"viewers", f.Policy.Viewers}, {"revokers", f.Policy.Revokers}} {
		for _, handle := range named.groups {
			w.checkMembers(ctx, plan, named.field, handle)
		}
	}
	w.checkScopes(ctx, plan, rule, f)
	if f.Command != "" {
		plan.warn("command", "Slack tells no bot which commands its app has, so this can't be checked: see that the app's manifest has %s (understudy manifest --command %s prints it)", f.Command, f.Command)
	}
	w.checkFields(ctx, plan, rule, f, now)
}

func (p *Plan) stop(field, format string, args ...any) {
	p.Errors = append(p.Errors, problem(field, format, args...))
}

func (p *Plan) warn(field, format string, args ...any) {
	p.Warnings = append(p.Warnings, problem(field, format, args...))
}

func (w *World) checkSchedule(ctx context.Context, plan *Plan, field, schedule string, now time.Time) {
	rota, err := w.People.Rota(ctx, schedule, now, now.AddDate(0, 0, RotaDays))
	switch {
	case errors.Is(err, people.ErrUnknown), errors.Is(err, people.ErrToken):
		plan.stop(field, "%v", err)
		return
	case err != nil:
		plan.warn(field, "the schedule %s couldn't be looked at now: %v", schedule, err)
		return
	}
	if len(rota.Gaps) > 0 {
		var texts []string
		for _, gap := range rota.Gaps[:min(len(rota.Gaps), gapsNamed)] {
			texts = append(texts, fmt.Sprintf("%s to %s", stamp(gap.From), stamp(gap.Until)))
		}
		if more := len(rota.Gaps) - gapsNamed; more > 0 {
			texts = append(texts, fmt.Sprintf("and %s more", counted(more, "time")))
		}
		plan.warn(field, "nobody is on call in %s (%s) at some times of the next %d days: %s; requests go to the route's OrElse then, or are refused",
			rota.Name, schedule, RotaDays, strings.Join(texts, ", "))
	}
	for _, u := range rota.Unusable {
		plan.warn(field, "%s is on call in %s within the next %d days and can't be asked: %s", u.Name, rota.Name, RotaDays, u.Why)
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2 Jan 15:04 UTC") }

// checkMembers is for a group whose members are only ever compared with somebody:
// none of them is looked up, however many they are.
func (w *World) checkMembers(ctx context.Context, plan *Plan, field, handle string) {
	switch members, err := w.People.Members(ctx, handle); {
	case errors.Is(err, people.ErrUnknown):
		plan.stop(field, noGroup, handle)
	case err != nil:
		plan.warn(field, "the user group @%s couldn't be looked at now: %v", handle, err)
	case members == 0:
		plan.warn(field, "nobody is in the user group @%s", handle)
	}
}

const noGroup = "Slack has no user group @%s, or it is disabled: create it, or name another"

func (w *World) checkGroup(ctx context.Context, plan *Plan, field, handle string) {
	crew, err := w.People.Group(ctx, handle)
	switch {
	case errors.Is(err, people.ErrUnknown):
		plan.stop(field, noGroup, strings.TrimPrefix(handle, "@"))
	case err != nil:
		plan.warn(field, "the user group @%s couldn't be looked at now: %v", handle, err)
	case len(crew.People) == 0:
		plan.warn(field, "nobody in the user group @%s can ask or decide now", handle)
	}
}

func (w *World) checkPerson(ctx context.Context, plan *Plan, field, email string) {
	user, err := w.People.ByEmail(ctx, email)
	switch {
	case errors.Is(err, people.ErrUnknown):
		plan.stop(field, "nobody in Slack has the e-mail %s", email)
	case err != nil:
		plan.warn(field, "%s couldn't be looked up now: %v", email, err)
	case user.Barred != "":
		plan.warn(field, "%s can't decide: %s", email, user.Barred)
	}
}

// checkFields runs the rules over a sample of accounts, and counts which of the
// fields that they read are missing.
func (w *World) checkFields(ctx context.Context, plan *Plan, rule flows.Flow, f store.Flow, now time.Time) {
	sample, err := w.Accounts.Search(ctx, "", "", sampleSize)
	switch {
	case err != nil:
		plan.warn("accounts", "the account directory couldn't be asked: %v", err)
		return
	case len(sample) == 0:
		plan.warn("accounts", "the account directory has no account to try the rules on")
		return
	}
	refusals := map[string]int{}
	for _, listed := range sample {
		account, err := w.Accounts.Get(ctx, listed.ID, "") // a search needn't answer all that rules read
		if err != nil {
			plan.warn("accounts", "the account %s couldn't be looked up: %v", listed.ID, err)
			return
		}
		for why := range refused(rule, f, account, now) {
			refusals[why]++
		}
	}
	for _, why := range slices.Sorted(maps.Keys(refusals)) {
		plan.warn("accounts", "%d of %s tried would be refused: %s", refusals[why], counted(len(sample), "account"), why)
	}
}

// refused are the ways in which the rules can't decide about an account, whoever
// asks: facts about the requester are tried both ways.
func refused(rule flows.Flow, f store.Flow, account accounts.Account, now time.Time) map[string]bool {
	why := map[string]bool{}
	for _, assigned := range []bool{false, true} {
		facts := flows.Facts{Time: now, Params: f.Params, Fields: account.Facts("")}
		facts.Fields["is_assigned"] = assigned
		for _, outcome := range outcomes(rule, facts, mostGuesses) {
			if outcome.Result == flows.Refused {
				why[outcome.Why] = true
			}
		}
	}
	return why
}

// mostGuesses bounds how many facts about a requester are tried both ways.
const mostGuesses = 4

// outcomes are what the rules may say, whatever the facts that aren't gathered.
func outcomes(rule flows.Flow, facts flows.Facts, guesses int) []flows.Outcome {
	o := flows.Evaluate(rule, facts)
	if o.Result != flows.NeedsFact || guesses == 0 {
		return []flows.Outcome{o}
	}
	var all []flows.Outcome
	for _, is := range []bool{false, true} {
		next := facts
		switch o.Needs.Kind {
		case flows.OnCallFact:
			next.OnCall = guessed(facts.OnCall, o.Needs.Name, is)
		case flows.GroupFact:
			next.Groups = guessed(facts.Groups, o.Needs.Name, is)
		case flows.PastFact:
			next.Past = &flows.Past{}
		case flows.FieldFact, flows.ParamFact, flows.TimeFact:
			return []flows.Outcome{o}
		}
		all = append(all, outcomes(rule, next, guesses-1)...)
	}
	return all
}

func guessed(known map[string]bool, name string, is bool) map[string]bool {
	next := maps.Clone(known)
	if next == nil {
		next = map[string]bool{}
	}
	next[name] = is
	return next
}
