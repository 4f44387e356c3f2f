package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// stagehand provisions flows before the first bot starts, so that whoever opens
// the page finds them. They are as those of the API, and change over it.
type stagehand struct {
	ledger *store.Ledger
	rules  map[string]flows.Flow
	given  map[string]string // parameters
	portal *customers
	told   io.Writer
}

// by is who provisions them.
const by = "the demo"

// begin provisions what the play has and the store hasn't. In a store that was
// kept, rules may have other parameters by now than when their flow was
// provisioned: those are set anew. It returns the names of the flows that there are.
func begin(ctx context.Context, path string, p Play, given map[string]string, c *customers, told io.Writer) (names []string, err error) {
	db, err := bolt.Open(ctx, path, bolt.Options{})
	if err != nil {
		return nil, fmt.Errorf("--store: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ledger, err := store.Open(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("--store: %w", err)
	}
	s := stagehand{ledger: ledger, rules: map[string]flows.Flow{}, given: given, portal: c, told: told}
	for _, rule := range p.Rules {
		s.rules[rule.Name] = rule
	}
	if err := c.admit(ctx, ledger); err != nil {
		return nil, err
	}
	known, err := ledger.Flows(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range known {
		names = append(names, f.Name)
		if err := s.refit(ctx, f); err != nil {
			return nil, err
		}
	}
	for _, record := range p.Flows {
		if slices.Contains(names, record.Name) {
			continue
		}
		names = append(names, record.Name)
		if err := s.provision(ctx, record, store.FromAPI); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// refit gives a flow the parameters that its rules have by now.
func (s stagehand) refit(ctx context.Context, f store.Flow) error {
	rule, known := s.rules[f.Rules()]
	if !known {
		return nil // the bot says that it can't run
	}
	params := maps.Clone(s.given)
	if params == nil {
		params = map[string]string{}
	}
	maps.Copy(params, f.Params)
	fitted, missing := fill(rule, params)
	if len(missing) > 0 {
		return fmt.Errorf("the flow %s was provisioned before its rules had %s, for which the demo has no value: start it with %s", f.Name, strings.Join(missing, " and "), flags(missing))
	}
	if maps.Equal(fitted, f.Params) {
		return s.provision(ctx, provision.Of(f), f.Origin) // the portal has another address
	}
	fmt.Fprintf(s.told, "\n  The rules of the flow %s have other parameters than before. It is provisioned with %s.\n", f.Name, listed(fitted))
	record := provision.Of(f)
	record.Params = fitted
	return s.provision(ctx, record, f.Origin)
}

func (s stagehand) provision(ctx context.Context, record provision.Record, origin store.Origin) error {
	flow, problems := s.portal.fit(record).Flow(s.rules)
	if len(problems) > 0 {
		return fmt.Errorf("provisioning the flow %s: %w", record.Name, joined(problems))
	}
	flow.Origin, flow.By = origin, by
	_, err := s.ledger.Provision(ctx, flow, store.AnyVersion, time.Now())
	return err
}

func listed(params map[string]string) string {
	if len(params) == 0 {
		return "none"
	}
	var each []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		each = append(each, name+"="+params[name])
	}
	return strings.Join(each, ", ")
}
