package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// Start brings the store's flows to what a starting program has: those of its
// file become what the file says, and those that aren't in it any more end. The
// others keep their record; where the program has other rules for one than it
// was provisioned with, it becomes a version of its own, so that no case is
// decided by rules that it doesn't name. Without a file, file is nil and what
// once came from one stays.
//
// The error names each flow that can't run, and what to do.
func Start(ctx context.Context, ledger *store.Ledger, file []store.Flow, rules map[string]flows.Flow, now time.Time) error {
	known, err := ledger.Flows(ctx)
	if err != nil {
		return err
	}
	if err := Startable(known, file, rules); err != nil {
		return err
	}
	for _, f := range file {
		if _, err := ledger.Provision(ctx, f, store.AnyVersion, now); err != nil {
			return err
		}
	}
	for _, f := range known {
		switch {
		case in(file, f.Name):
		case file != nil && f.Origin == store.FromFile:
			err = ledger.DeleteFlow(ctx, f.Name, store.AnyVersion, "the file of flows, which doesn't have it any more", true, now)
		case f.Fingerprint != rules[f.Rules()].Fingerprint():
			f.Fingerprint, f.By = rules[f.Rules()].Fingerprint(), "a program with other rules"
			_, err = ledger.Provision(ctx, f, store.AnyVersion, now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Startable says why a program with these rules and this file can't start on a
// store with the known flows, nil if it can.
func Startable(known, file []store.Flow, rules map[string]flows.Flow) error {
	var problems []error
	for _, f := range known {
		inFile := in(file, f.Name)
		switch {
		case inFile && f.Origin == store.FromAPI:
			problems = append(problems, fmt.Errorf("the flow %s is in the file of flows, and was provisioned over HTTP as well: take it out of the file, or delete it first (understudy flow delete %s)", f.Name, f.Name))
		case inFile, file != nil && f.Origin == store.FromFile:
		default:
			for _, p := range checkAgain(f, rules) {
				problems = append(problems, fmt.Errorf("the flow %s, provisioned by %s, can't run in this program: %w; start a program that has its rules, or delete or change the flow there", f.Name, cmp.Or(f.By, "a file"), p))
			}
		}
	}
	return errors.Join(problems...)
}

// checkAgain is what doesn't hold any more of a flow that was provisioned
// before, maybe by another program.
func checkAgain(f store.Flow, rules map[string]flows.Flow) []Problem {
	_, problems := Of(f).Flow(rules)
	return problems
}

func in(all []store.Flow, name string) bool {
	return slices.ContainsFunc(all, func(f store.Flow) bool { return f.Name == name })
}
