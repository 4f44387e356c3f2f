package compare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// waiting is a case that waits for a decision, with its managers' messages.
type waiting struct {
	ID        string   `json:"id"`
	Requester string   `json:"requester"`
	Account   string   `json:"account"`
	Reason    string   `json:"reason"`
	Cards     []posted `json:"cards"` // Mia's, Ola's
}

type posted struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

const reason = "the customer's invoice page fails, ticket 4711"

// past makes cases as the bot would have, and posts their messages.
type past struct {
	ledger *store.Ledger
	flow   store.Flow
	slack  *slack.Client
	people [3]approval.Person // the requester, and who decides
}

// togetherNow is how many cases are made at the same time.
const togetherNow = 32

// prepare fills the bot's store with waiting cases, posts their messages, and
// writes the other app's file.
func (s *stage) prepare(ctx context.Context, cases int) (err error) {
	db, err := bolt.Open(ctx, s.store(), bolt.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := newPast(ctx, db, slack.New(s.ws.BotToken(), slack.OptionAPIURL(s.ws.APIURL())), s.kim, s.mia, s.ola)
	if err != nil {
		return err
	}
	s.cases = make([]waiting, cases)
	failed := make([]error, togetherNow)
	var all sync.WaitGroup
	for worker := range togetherNow {
		all.Go(func() {
			for n := worker; n < cases && failed[worker] == nil; n += togetherNow {
				s.cases[n], failed[worker] = p.make(ctx, n)
			}
		})
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	data, err := json.Marshal(s.cases)
	if err != nil {
		return err
	}
	return os.WriteFile(s.file("cases.json"), data, 0o600)
}

func newPast(ctx context.Context, engine store.Engine, client *slack.Client, people ...*slacksim.Person) (*past, error) {
	ledger, err := store.Open(ctx, engine)
	if err != nil {
		return nil, err
	}
	read, err := provision.ReadFile([]byte(flowsFile), map[string]flows.Flow{flows.Impersonation.Name: flows.Impersonation})
	if err != nil {
		return nil, err
	}
	p := &past{ledger: ledger, slack: client}
	for i, one := range people {
		p.people[i] = approval.Person{ID: one.ID(), Name: one.Name()}
	}
	p.flow, err = ledger.Provision(ctx, read[0], store.AnyVersion, time.Now())
	return p, err
}

// make makes the case of one account: submitted, routed, and its cards shown.
func (p *past) make(ctx context.Context, n int) (waiting, error) {
	c, err := p.pend(ctx, n)
	if err != nil {
		return waiting{}, err
	}
	w := waiting{ID: c.ID, Requester: c.Requester.ID, Account: c.Account.Name, Reason: c.Reason}
	cards, err := p.ledger.CardsOf(ctx, c.ID)
	if err != nil {
		return w, err
	}
	shown := map[string]posted{}
	for _, card := range cards {
		_, kind, person := card.ID.Parts()
		message := view.ApproverCard(c, person)
		if kind == store.RequesterCard {
			message = view.RequesterCard(c)
		}
		card.Channel, card.Stamp, err = p.slack.PostMessageContext(ctx, person, slack.MsgOptionText(message.Text, false), slack.MsgOptionBlocks(message.Blocks...))
		if err != nil {
			return w, fmt.Errorf("posting a card: %w", err)
		}
		card.Hash = "shown"
		if err := p.ledger.Delivered(ctx, card, time.Now()); err != nil {
			return w, err
		}
		shown[person] = posted{card.Channel, card.Stamp}
	}
	for _, a := range c.Approvers {
		w.Cards = append(w.Cards, shown[a.ID])
	}
	return w, nil
}

// pend makes a case that waits for its managers.
func (p *past) pend(ctx context.Context, n int) (approval.Case, error) {
	now := time.Now()
	account := approval.Account{ID: fmt.Sprintf("acct_%d", n), Name: accountName(n), Plan: "enterprise"}
	facts := flows.Facts{Time: now, Params: p.flow.Params, Fields: map[string]any{"customer_plan": account.Plan, "is_assigned": false}}
	outcome := flows.Evaluate(flows.Impersonation, facts)
	if outcome.Route == nil {
		return approval.Case{}, fmt.Errorf("the rules say %s, and not whom to ask", outcome.Result)
	}
	found := approval.Found{Route: *outcome.Route}
	for _, manager := range p.people[1:] {
		found.Approvers = append(found.Approvers, approval.Approver{Person: manager, Leg: outcome.Route.Legs[0], Asked: true})
	}
	id := uuid.Must(uuid.NewV7()).String()
	_, err := p.ledger.Do(ctx, store.Change{Case: id, Command: approval.Submit{
		ID: id, Flow: p.flow.Pin(), Requester: p.people[0], Account: account, Reason: reason, Duration: 15 * time.Minute,
	}}, now)
	if err != nil {
		return approval.Case{}, err
	}
	result, err := p.ledger.Do(ctx, store.Change{Case: id, Command: approval.Rule{
		Ruling: approval.Ruling{Account: account, Facts: facts, Outcome: outcome}, Found: found,
	}}, now)
	return result.Case, err
}
