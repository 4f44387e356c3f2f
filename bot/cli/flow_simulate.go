package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/table"
)

type simulateCommand struct {
	Flow      string `placeholder:"NAME" help:"The flow to ask; not needed if the program has one."`
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
	Past       map[string]int    `placeholder:"WHAT=NUMBER" help:"What the requester asked before: requests=3;approved=2;denied=1."`
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
	flow, err := p.flow(s.Flow)
	if err != nil {
		return err
	}
	facts, err := s.known(flow, p)
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
	if missing := table.Missing(one.Facts, one.Outcome); missing != nil {
		return fmt.Errorf("the flow %s reads what isn't given: %s; give it with %s", flow.Name, missing, remedy(*missing))
	}
	return nil
}

// known are the facts that the flags give.
func (s *simulateCommand) known(flow flows.Flow, p Program) (facts flows.Facts, err error) {
	if facts.Params, err = s.params(flow, p); err != nil {
		return facts, err
	}
	if len(s.Set) > 0 {
		facts.Fields = map[string]any{}
	}
	for name, value := range s.Set {
		if err := setField(facts.Fields, name, value); err != nil {
			return facts, fmt.Errorf("--set: %w", err)
		}
	}
	facts.Groups = memberships(s.InGroup, s.NotInGroup)
	facts.OnCall = memberships(s.OnCall, s.NotOnCall)
	if s.Past != nil {
		facts.Past = &flows.Past{Requests: s.Past["requests"], Approved: s.Past["approved"], Denied: s.Past["denied"]}
		for what := range s.Past {
			if what != "requests" && what != "approved" && what != "denied" {
				return facts, fmt.Errorf("--past: %q is none of requests, approved and denied", what)
			}
		}
	}
	if facts.Time = s.Time; facts.Time.IsZero() {
		facts.Time = time.Now().Truncate(time.Second)
	}
	return facts, nil
}

// params are the provisioned flow's, and those of the flags.
func (s *simulateCommand) params(flow flows.Flow, p Program) (map[string]string, error) {
	params := map[string]string{}
	if s.Flows != "" {
		data, err := os.ReadFile(s.Flows)
		if err != nil {
			return nil, fmt.Errorf("--flows: %w", err)
		}
		rules, err := p.rules()
		if err != nil {
			return nil, err
		}
		provisioned, err := provision.ReadFile(data, rules)
		if err != nil {
			return nil, fmt.Errorf("--flows, the file %s: %w", s.Flows, err)
		}
		for _, one := range provisioned {
			if one.Rules() == flow.Name {
				maps.Copy(params, one.Params)
			}
		}
	}
	for name := range s.Param {
		if _, declared := flow.Params[name]; !declared {
			return nil, fmt.Errorf("--param: the flow %s has no %s", flow.Name, name)
		}
	}
	maps.Copy(params, s.Param)
	return params, nil
}

// memberships are both lists as facts know them.
func memberships(in, notIn []string) map[string]bool {
	known := map[string]bool{}
	for _, name := range in {
		known[name] = true
	}
	for _, name := range notIn {
		known[name] = false
	}
	return known
}

// setField sets a field to what people write: text, unless the field's name
// says :flag or :number, as in the header of a CSV file of accounts.
func setField(fields map[string]any, name, value string) error {
	name, kind, said := strings.Cut(name, ":")
	if name == "is_assigned" && !said {
		kind = "flag" // it is of every account
	}
	switch kind {
	case "":
		fields[name] = value
		return nil
	case "flag":
		switch value {
		case "yes", "true":
			fields[name] = true
			return nil
		case "no", "false":
			fields[name] = false
			return nil
		}
		return fmt.Errorf("%s is %q: write yes or no", name, value)
	case "number":
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%s is %q: write a number", name, value)
		}
		fields[name] = number
		return nil
	}
	return fmt.Errorf("%s is of the kind %q: write %[1]s, %[1]s:flag or %[1]s:number", name, kind)
}

// simulate looks up the account, and evaluates the flow. The fields of one
// that are known already come before the directory's.
func simulate(ctx context.Context, flow flows.Flow, one simulation, directory accounts.Directory) (simulation, error) {
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
	one.Outcome = flows.Evaluate(flow, one.Facts)
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

// remedy is the flag that gives a fact.
func remedy(fact flows.Fact) string {
	switch fact.Kind {
	case flows.OnCallFact:
		return "--on-call=" + fact.Name + " or --not-on-call=" + fact.Name
	case flows.GroupFact:
		return "--in-group=" + fact.Name + " or --not-in-group=" + fact.Name
	case flows.PastFact:
		return "--past=requests=0"
	case flows.FieldFact:
		return "--account and --accounts, or --set=" + fact.Name + "=…"
	case flows.ParamFact:
		return "--param=" + fact.Name + "=…"
	case flows.TimeFact:
	}
	return "--time"
}
