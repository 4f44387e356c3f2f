package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// Case is one request and what came of it.
type Case struct {
	ID          string           `json:"id"`
	Status      approval.Status  `json:"status"`
	Flow        CaseFlow         `json:"flow"`
	Requester   approval.Person  `json:"requester"`
	Account     approval.Account `json:"account"`
	Reason      string           `json:"reason"`
	Duration    string           `json:"duration"`
	AskedAt     time.Time        `json:"asked_at"`
	UpdatedAt   time.Time        `json:"updated_at"`
	Explanation string           `json:"explanation,omitempty"` // what the rules read and said
	// Approvals are the people who said yes, Grant is what it gave.
	Approvals []approval.Approval `json:"approvals"`
	Grant     *approval.Grant     `json:"grant,omitempty"`
	Closed    *approval.Closing   `json:"closed,omitempty"`
	// Facts are what the rules read, and Events all that happened: of one case only.
	Facts  *flows.Facts     `json:"facts,omitempty"`
	Events []approval.Event `json:"events,omitempty"`
}

// CaseFlow is the version of a flow that a case was asked under.
type CaseFlow struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version int    `json:"version"`
}

func caseOf(c approval.Case) Case {
	shown := Case{
		ID: c.ID, Status: c.Status, Flow: CaseFlow{c.Flow.ID, c.Flow.Name, c.Flow.Version}, Requester: c.Requester,
		Account: c.Account, Reason: c.Reason, Duration: c.Duration.String(), AskedAt: c.AskedAt, UpdatedAt: c.UpdatedAt,
		Approvals: c.Approvals, Grant: c.Grant, Closed: c.Closed,
	}
	if c.Outcome.Result != "" {
		shown.Explanation = c.Outcome.Explain()
	}
	if shown.Approvals == nil {
		shown.Approvals = []approval.Approval{}
	}
	return shown
}

const (
	defaultPage = 50
	longestPage = 500
	scanPage    = 500
	scanMost    = 20_000 // cases looked at for one page
)

// listCases pages through cases in the order in which they were asked. What
// follows a page is asked for with its next, which is empty at the end.
func (v *V1) listCases(ctx context.Context, c call) (int, any, error) {
	query := c.URL.Query()
	limit := defaultPage
	if text := query.Get("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > longestPage {
			return 0, nil, problem(http.StatusBadRequest, typeRequest, "Not understood", "limit isn't a number from 1 to 500.")
		}
	}
	found := []Case{}
	after := query.Get("after")
	for looked := 0; looked < scanMost; looked += scanPage {
		page, err := c.ledger.Cases(ctx, after, scanPage)
		if err != nil {
			return 0, nil, err
		}
		for _, one := range page {
			after = one.ID
			if !matches(one, query.Get) {
				continue
			}
			if found = append(found, caseOf(one)); len(found) == limit {
				return http.StatusOK, casePage{found, after}, nil
			}
		}
		if len(page) < scanPage {
			return http.StatusOK, casePage{Cases: found}, nil
		}
	}
	return http.StatusOK, casePage{found, after}, nil
}

type casePage struct {
	Cases []Case `json:"cases"`
	Next  string `json:"next,omitempty"`
}

func matches(c approval.Case, query func(string) string) bool {
	for name, value := range map[string][]string{
		"status": {string(c.Status)}, "flow": {c.Flow.Name, c.Flow.ID}, "account": {c.Account.ID},
		"requester": {c.Requester.ID, c.Requester.Email},
	} {
		if wanted := query(name); wanted != "" && wanted != value[0] && wanted != value[len(value)-1] {
			return false
		}
	}
	return true
}

func (v *V1) readCase(ctx context.Context, c call) (int, any, error) {
	found, err := c.ledger.Case(ctx, c.PathValue("case"))
	if err != nil {
		return 0, nil, err
	}
	events, err := c.ledger.Events(ctx, found.ID)
	shown := caseOf(found)
	shown.Facts, shown.Events = &found.Facts, events
	return http.StatusOK, shown, err
}
