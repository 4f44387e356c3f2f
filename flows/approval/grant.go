package approval

import (
	"slices"
	"time"
)

// run says what follows for a grant that runs.
func (c Case) run(cmd Command, now time.Time) ([]Body, error) {
	if _, expire := cmd.(Expire); !expire && !now.Before(c.Grant.Until) {
		return nil, c.reject(TooLate)
	}
	switch cmd := cmd.(type) {
	case Warn:
		return c.whenDue(WarnTimer, now, Warned{})
	case Expire:
		return c.whenDue(ExpireTimer, now, GrantEnded{End: Expired})
	case Extend:
		switch {
		case !cmd.Until.After(c.Grant.Until):
			return nil, c.invalid("an extension that ends earlier")
		case cmd.By == "" || cmd.By == c.ID:
			return nil, c.invalid("an extension that no other case allowed")
		}
		return []Body{Extended{cmd.Until, cmd.By, c.newApprovers(cmd.Approvers, false, ByExtension, now)}}, nil
	case Merge:
		if cmd.Into == "" || cmd.Into != c.Extends {
			return nil, c.invalid("a grant that is merged into one that it doesn't extend")
		}
		return []Body{MergedGrant(cmd)}, nil
	case Open:
		return c.open(cmd, now)
	case Misuse:
		return []Body{Misused(cmd)}, nil
	case Bar:
		return []Body{GrantEnded{End: Revoked, Why: cmd.Why}}, nil
	case Release:
		if cmd.By.ID != c.Requester.ID {
			return nil, c.reject(NotTheRequester)
		}
		return []Body{GrantEnded{End: Released, By: cmd.By}}, nil
	case Revoke:
		return c.revoke(cmd)
	}
	return nil, c.invalid("%T", cmd)
}

// revoke is for approvers, and for the groups that the case's flow had as its
// revokers when it was asked.
func (c Case) revoke(r Revoke) ([]Body, error) {
	if _, approver := c.Approver(r.By.ID); approver {
		r.Group = "" // it isn't what lets them
	} else if r.By.ID == "" || r.Group == "" || !slices.Contains(c.Flow.Policy.Revokers, r.Group) {
		return nil, c.reject(NotAnApprover)
	}
	return []Body{GrantEnded{Revoked, r.By, r.Why, r.Group}}, nil
}
