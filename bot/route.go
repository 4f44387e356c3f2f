package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

const (
	// tries is how often routing tries again in the time of its patience.
	tries = 40
	// mostFacts bounds the restarts of one evaluation.
	mostFacts = 50
)

// route finds out who decides the case, and says what to commit. It runs after
// the submission was acked, from the store, as often as it takes.
func (b *Bot) route(ctx context.Context, c approval.Case) store.Change {
	command, err := b.ruling(ctx, c)
	if rule, ok := command.(approval.Rule); ok && rule.Ruling.Outcome.Result == flows.Asked {
		rule.Found.Background, err = b.background(ctx, c, rule.Ruling)
		command = rule
	}
	if err == nil {
		return store.Change{Case: c.ID, Command: command}
	}
	b.Log.Warn().Err(err).Str("case", c.ID).Msg("routing has to wait")
	why := waitingFor(err)
	if c.Delay != "" && b.Now().Sub(c.DelayedAt) > b.Patience {
		return store.Change{Case: c.ID, Command: approval.Refuse{Why: why + " for too long"}}
	}
	return store.Change{Case: c.ID, Command: approval.Delay{Why: why}, Again: b.Now().Add(b.Patience / tries)}
}

// unanswered is a service that routing needs and that doesn't answer.
type unanswered struct {
	service string
	err     error
}

func (u *unanswered) Error() string { return u.service + " doesn't answer: " + u.err.Error() }
func (u *unanswered) Unwrap() error { return u.err }

func waitingFor(err error) string {
	if u, ok := errors.AsType[*unanswered](err); ok {
		return u.service + " hasn't answered"
	}
	return "the bot's store hasn't answered"
}

// ruling is the command that ends routing. An error is worth another try.
func (b *Bot) ruling(ctx context.Context, c approval.Case) (approval.Command, error) {
	rules, known := b.Rules[c.Flow.Rules()]
	if !known || rules.Fingerprint() != c.Flow.Fingerprint {
		return approval.Refuse{Why: "the rules changed while this request was being decided"}, nil
	}
	flow, err := b.Ledger.FlowVersion(ctx, c.Flow)
	if err != nil {
		return nil, err
	}
	requester, err := b.People.ByID(ctx, c.Requester.ID)
	switch {
	case errors.Is(err, people.ErrUnknown):
		return approval.Refuse{Why: "the requester isn't a member of this workspace"}, nil
	case err != nil:
		return nil, &unanswered{"Slack", err}
	case requester.Barred != "":
		return approval.Refuse{Why: "the requester may not ask: " + requester.Barred}, nil
	}
	why, err := b.mayAsk(ctx, flow, requester)
	switch {
	case err != nil:
		return nil, err
	case why != "":
		return approval.Refuse{Why: why}, nil
	}
	account, err := b.Accounts.Get(ctx, c.Account.ID, requester.Email)
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return approval.Refuse{Why: "the account " + c.Account.ID + " isn't in the account directory"}, nil
	case err != nil:
		return nil, &unanswered{"the account directory", err}
	}
	ruling, err := b.evaluate(ctx, rules, c, requester, account, flow.Params)
	if err != nil {
		return nil, err
	}
	return b.ruled(ctx, c, ruling)
}

// evaluate runs the rules, gathering each fact that they stop for.
func (b *Bot) evaluate(ctx context.Context, rules flows.Flow, c approval.Case, requester people.User, account accounts.Account, params map[string]string) (approval.Ruling, error) {
	ruling := approval.Ruling{
		Account: approval.Account{ID: account.ID, Name: account.Name, Plan: account.Plan},
		Facts:   flows.Facts{Time: c.AskedAt, Params: params, Fields: account.Facts(requester.Email)},
	}
	for range mostFacts {
		ruling.Outcome = flows.Evaluate(rules, ruling.Facts)
		if ruling.Outcome.Result != flows.NeedsFact {
			return ruling, nil
		}
		err := b.gather(ctx, *ruling.Outcome.Needs, c, &ruling.Facts)
		unknowable, isUnknowable := errors.AsType[*unknowable](err)
		switch {
		case isUnknowable:
			ruling.Outcome.Result, ruling.Outcome.Why = flows.Refused, unknowable.why
			return ruling, nil
		case errors.Is(err, people.ErrUnknown):
			ruling.Outcome.Result = flows.Refused
			ruling.Outcome.Why = fmt.Sprintf("the rules read whether the requester is %s, which doesn't exist", ruling.Outcome.Needs)
			return ruling, nil
		case err != nil:
			return ruling, err
		}
	}
	ruling.Outcome = flows.Outcome{Result: flows.Refused, Why: fmt.Sprintf("the rules read more than %d facts", mostFacts), Reads: ruling.Outcome.Reads}
	return ruling, nil
}

// gather looks up one fact about the requester. The error is a
// people.ErrUnknown for a group or a schedule that doesn't exist.
func (b *Bot) gather(ctx context.Context, fact flows.Fact, c approval.Case, facts *flows.Facts) error {
	switch fact.Kind {
	case flows.OnCallFact:
		crew, err := b.People.OnCall(ctx, fact.Name)
		if err != nil {
			return &unanswered{"the on-call service", err}
		}
		facts.OnCall, err = with(facts.OnCall, fact, crew, c.Requester)
		return err
	case flows.GroupFact:
		is, err := b.People.InGroup(ctx, fact.Name, c.Requester.ID)
		if err != nil {
			return &unanswered{"Slack", err}
		}
		facts.Groups = noted(facts.Groups, fact, is)
	case flows.PastFact:
		past, err := b.Ledger.Past(ctx, c.Requester.ID, c.ID)
		if err != nil {
			return err
		}
		facts.Past = &past
	case flows.FieldFact, flows.ParamFact, flows.TimeFact:
		return fmt.Errorf("the rules need %s, which was given to them", fact)
	}
	return nil
}

// unknowable is a fact that no further try will bring.
type unknowable struct{ why string }

func (u *unknowable) Error() string { return u.why }

// freshEnough is how old an answer may be that a rule decides by. People can
// be asked by an older one; nothing is allowed by it.
const freshEnough = time.Minute

// with notes whether the person is one of the crew. Somebody in it whom Slack
// doesn't know might be the person.
func with(m map[string]bool, fact flows.Fact, crew people.Crew, person approval.Person) (map[string]bool, error) {
	if crew.Age > freshEnough {
		return m, &unanswered{"the on-call service", errOldAnswer}
	}
	is := slices.ContainsFunc(crew.People, func(u people.User) bool { return u.ID == person.ID })
	stranger := slices.IndexFunc(crew.Unusable, func(u people.Unusable) bool { return u.Stranger })
	if !is && stranger >= 0 {
		u := crew.Unusable[stranger]
		return m, &unknowable{fmt.Sprintf("whether the requester is %s can't be known, because of %s: %s", fact, u.Name, u.Why)}
	}
	return noted(m, fact, is), nil
}

func noted(m map[string]bool, fact flows.Fact, is bool) map[string]bool {
	if m == nil {
		m = map[string]bool{}
	}
	m[fact.Name] = is
	return m
}

var errOldAnswer = errors.New("only an old answer is known")

// ruled turns a ruling into a command, finding the people that it asks.
func (b *Bot) ruled(ctx context.Context, c approval.Case, ruling approval.Ruling) (approval.Command, error) {
	if ruling.Outcome.Result != flows.Asked {
		return approval.Rule{Ruling: ruling}, nil
	}
	route := *ruling.Outcome.Route
	if c.Route != nil {
		route = *c.Route // nobody of the first route could be reached
	}
	c.Account = ruling.Account // its name: a form's preview knows the id alone
	search := b.resolve(ctx, c, route)
	if search.empty() && search.slack != nil {
		return nil, &unanswered{"Slack", search.slack}
	}
	if search.empty() {
		return approval.Refuse{Ruling: ruling, Why: search.why(), Unreachable: search.found.Unreachable}, nil
	}
	return approval.Rule{Ruling: ruling, Found: search.found}, nil
}
