package doctor

import (
	"context"
)

// accounts asks the directory for an account.
func (e *examination) accounts(ctx context.Context) {
	if e.Closed != nil {
		e.note(Wrong, "account directory", "UNDERSTUDY_ACCOUNTS: %v", e.Closed)
	}
	if e.World == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	found, err := e.World.Accounts.Search(ctx, "", "", 1)
	switch {
	case err != nil:
		e.note(Wrong, "account directory", "%v; understudy directory check looks closer", err)
	case len(found) == 0:
		e.note(Warning, "account directory", "it answers, and has no account: nobody can ask for anything; see UNDERSTUDY_ACCOUNTS")
	default:
		e.note(Fine, "account directory", "it answers")
	}
}

// flows asks the world for what each flow of the file needs, as a plan does.
func (e *examination) flows(ctx context.Context) {
	if e.World == nil {
		return
	}
	for _, f := range e.Flows {
		wrong, warnings := e.World.Check(ctx, e.Rules[f.Rules()], f, e.Now())
		for _, p := range wrong {
			e.note(Wrong, "flow "+f.Name, "%v", p)
		}
		for _, p := range warnings {
			e.note(Warning, "flow "+f.Name, "%v", p)
		}
		if len(wrong)+len(warnings) == 0 {
			e.note(Fine, "flow "+f.Name, "its schedules, groups and people are there, and the accounts tried have its fields")
		}
	}
}
