package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/table"
)

type simulateCommand struct {
	Flow      string `placeholder:"NAME" help:"The flow to ask, of the file of flows or of the program; not needed if there is one."`
	Account   string `placeholder:"ID" help:"The account that is asked for, of the account directory."`
	Requester string `placeholder:"EMAIL" help:"Who asks."`
	CSV       string `placeholder:"FILE" type:"path" help:"Many requests: a CSV file with the columns account and requester."`
	DirectorySettings
	Flows      string            `env:"UNDERSTUDY_FLOWS" placeholder:"FILE" help:"The provisioned flows, for their parameters."`
	Param      map[string]string `placeholder:"NAME=VALUE" help:"A parameter, instead of the file's."`
	Set        map[string]string `placeholder:"FIELD=VALUE" help:"A field of the account, instead of the directory's: customer_plan=free, vip:flag=yes, seats:number=40."`
	InGroup    []string          `placeholder:"HANDLE" help:"A user group that the requester is in."`
	NotInGroup []string          `placeholder:"HANDLE" help:"One that they aren't in."`
	OnCall     []string          `placeholder:"SCHEDULE" help:"A schedule in which the requester is on call."`
	NotOnCall  []string          `placeholder:"SCHEDULE" help:"One in which they aren't."`
	Past       map[string]int    `placeholder:"WHAT=NUMBER" help:"What the requester asked before: --past=requests=3 --past=approved=2 --past=denied=1."`
	Time       time.Time         `format:"2006-01-02T15:04:05Z07:00" placeholder:"2026-11-24T09:00:00Z" help:"When they ask; now, if it isn't given."`
	JSON       bool              `help:"Print a JSON object for each request."`
}

// simulation is one request that a flow was asked about.
type simulation struct {
	Flow      string        `json:"flow"`
	Account   string        `json:"account,omitempty"`
	Requester string        `json:"requester,omitempty"`
	Facts     flows.Facts   `json:"facts"`
	Outcome   flows.Outcome `json:"outcome"`
	Explain   string        `json:"explain"`
}

// Run asks the flow. What it reads and isn't given is an error that names it.
func (s *simulateCommand) Run(ctx context.Context, p Program, stdout io.Writer, log zerolog.Logger) (err error) {
	flow, err := s.choose(p)
	if err != nil {
		return err
	}
	facts, err := s.known(flow)
	if err != nil {
		return err
	}
	var directory accounts.Directory
	if s.Accounts != "" {
		if err := s.readDirectory(); err != nil {
			return err
		}
		if directory, err = s.source().Open(ctx, log); err != nil {
			return fmt.Errorf("UNDERSTUDY_ACCOUNTS: %w", err)
		}
		defer func() { err = errors.Join(err, directory.Close()) }()
	}
	if s.CSV != "" {
		return s.runAll(ctx, flow, facts, directory, stdout)
	}
	one, err := simulate(ctx, flow, simulation{Account: s.Account, Requester: s.Requester, Facts: facts}, directory)
	if err != nil {
		return err
	}
	if err := one.print(stdout, s.JSON); err != nil {
		return err
	}
	if err := flow.lacks(one.Facts, one.Outcome); err != nil {
		return err
	}
	if missing := table.Missing(one.Facts, one.Outcome); missing != nil {
		return fmt.Errorf("the flow %s reads what isn't given: %s; give it with %s", flow.Name, missing, remedy(*missing))
	}
	return nil
}

// simulate looks up the account, and evaluates the flow. The fields of one
// that are known already come before the directory's.
func simulate(ctx context.Context, flow asked, one simulation, directory accounts.Directory) (simulation, error) {
	one.Flow = flow.Name
	if one.Account != "" && directory != nil {
		if one.Requester == "" {
			return one, errors.New("--requester is missing: whether the account is assigned to them is a fact, too")
		}
		account, err := directory.Get(ctx, one.Account, one.Requester)
		if errors.Is(err, accounts.ErrNotFound) {
			one.Outcome = flows.Outcome{Result: flows.Refused, Why: "the account " + one.Account + " isn't in the account directory"}
			one.Explain = one.Outcome.Explain()
			return one, nil
		}
		if err != nil {
			return one, fmt.Errorf("--accounts: looking up %s: %w", one.Account, err)
		}
		set := one.Facts.Fields
		one.Facts.Fields = account.Facts(one.Requester)
		maps.Copy(one.Facts.Fields, set)
	}
	one.Outcome = flow.evaluate(one.Facts)
	one.Explain = one.Outcome.Explain()
	return one, nil
}

// print says the outcome, and what it follows from.
func (s simulation) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(s)
	}
	fmt.Fprintln(w, s.Explain)
	for _, read := range s.Outcome.Reads {
		fmt.Fprintf(w, "  %-12s %s\n", sourceOf(read.Fact.Kind), read)
	}
	return nil
}

// sourceOf is where a fact comes from, in a word.
func sourceOf(kind flows.FactKind) string {
	switch kind {
	case flows.FieldFact:
		return "account"
	case flows.ParamFact:
		return "parameter"
	case flows.OnCallFact:
		return "on-call"
	case flows.GroupFact:
		return "user group"
	case flows.PastFact:
		return "past"
	case flows.TimeFact:
		return "request"
	}
	return string(kind)
}
