package api

import (
	"context"
	"net/http"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// This file lets somebody ask from within an app, and lets the app show how it
// stands.

// Asking is a request that somebody makes in an app.
type Asking struct {
	App        string `json:"-"` // that it is made in, by the token
	Flow       string `json:"flow"`
	Account    string `json:"account"` // its id in the account directory
	Reason     string `json:"reason"`
	Duration   string `json:"duration,omitempty"` // one that the flow offers; empty for its default
	StaffEmail string `json:"staff_email"`
}

// Refusal is why nothing was asked, by the field that is wrong: a sentence for
// whoever asked.
type Refusal struct{ Field, Text string }

func (r *Refusal) Error() string { return r.Field + ": " + r.Text }

// Standing is how a request stands, for the app that it opens.
type Standing struct {
	Case     string          `json:"case"`
	Status   approval.Status `json:"status"`
	Over     bool            `json:"over"` // nothing more comes of it
	Subject  Subject         `json:"subject"`
	Asked    []string        `json:"asked"`          // the names of who may decide and hasn't
	Why      string          `json:"why,omitempty"`  // that it ended so
	Until    time.Time       `json:"until,omitzero"` // the grant's end, or by when to open it
	AskedAt  time.Time       `json:"asked_at"`
	Decision string          `json:"decision,omitempty"` // by whom or what it was allowed
	// FromSlack says that it was asked there, and is opened from there.
	FromSlack bool `json:"from_slack"`
}

func standing(c approval.Case) Standing {
	s := Standing{Case: c.ID, Status: c.Status, Over: c.Status.Over(), Subject: Subject{c.Account.ID, c.Account.Name}, Asked: []string{}, AskedAt: c.AskedAt, FromSlack: c.AskedIn == ""}
	for _, a := range c.Undecided() {
		s.Asked = append(s.Asked, a.Name)
	}
	if c.Status == approval.Pending && c.SelfApproved() {
		s.Asked = append(s.Asked, c.Requester.Name)
	}
	if c.Status == approval.Pending && c.AwaitsCustomer() {
		s.Asked = append(s.Asked, c.Account.Customer().Name)
	}
	if c.Closed != nil {
		s.Why = c.Closed.Why
	}
	if c.Grant != nil {
		s.Until = c.Grant.Until
		s.Decision = c.Outcome.Why
	}
	for _, a := range c.Approvals {
		s.Decision = a.By.Name
	}
	return s
}

func (v *V1) ask(ctx context.Context, c call) (int, any, error) {
	var a Asking
	if err := c.read(&a); err != nil {
		return 0, nil, err
	}
	a.App = c.by.App
	asked, err := v.Ask(ctx, a)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, standing(asked), nil
}

// readStanding says nothing of cases that open another app.
func (v *V1) readStanding(ctx context.Context, c call) (int, any, error) {
	found, err := c.ledger.Case(ctx, c.PathValue("case"))
	if err != nil {
		return 0, nil, err
	}
	if found.Flow.App == nil || found.Flow.App.Name != c.by.App {
		return 0, nil, problem(http.StatusNotFound, typeMissing, "Not found", "No request of this id opens the app "+c.by.App+".")
	}
	return http.StatusOK, standing(found), nil
}
