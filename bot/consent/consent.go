// Package consent is the page where a customer says whether somebody of support may
// sign in as them.
//
// A flow whose route has Customer or WithConsent asks them through their own app: the
// app is told consent.asked by its webhook, and hands the customer the link that
// this has. The link names the case, under a seal that only the bot's keys make.
// Whoever has it answers for the customer, so it is in no card, log or list: an app
// sends it to whom it would send a new password.
//
// Looking changes nothing, since programs follow links in e-mails before people do;
// an answer is a form that is sent. What it does is decided where all is (package
// approval), with the customer as one of the case's approvers: they agree, refuse,
// and end an access that they agreed to. The page says how the case stands for as
// long as it is in the store.
package consent

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// Page is the page.
type Page struct {
	// Ledger is the store; nil while it isn't this process's.
	Ledger func() *store.Ledger
	// IsSeal says whether this is the case's seal.
	IsSeal func(caseID, seal string) bool
	// Barred says whether whoever asks in this case may not act any more, as it is
	// looked up at every approval. An error says that nobody knows just now.
	Barred func(context.Context, approval.Case) (bool, error)
	// Committed is told what an answer came to.
	Committed func(store.Result)
	Now       func() time.Time
	Log       zerolog.Logger
}

// Handler serves the page at /consent/{case}/{seal}.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /consent/{case}/{seal}", p.look)
	mux.HandleFunc("POST /consent/{case}/{seal}", p.answer)
	mux.HandleFunc("/consent/", func(w http.ResponseWriter, _ *http.Request) { p.show(w, http.StatusNotFound, noLink()) })
	return mux
}

// Answer is what a customer says.
type Answer string

// The answers.
const (
	Agree  Answer = "agree"
	Refuse Answer = "refuse"
	End    Answer = "end" // the access that runs
)

var (
	errNoLink  = errors.New("no such link")
	errNoStore = errors.New("the store isn't this process's")
	errBarred  = errors.New("whoever asks may not act any more")
)

func (p *Page) look(w http.ResponseWriter, r *http.Request) {
	_, c, err := p.read(r)
	if err != nil {
		p.fail(w, r, c, err)
		return
	}
	p.show(w, http.StatusOK, stands(c, p.Now()))
}

// answer commits what the customer says, and leads back to the page, which says what
// came of it. An answer that comes too late changes nothing, as the page then says.
func (p *Page) answer(w http.ResponseWriter, r *http.Request) {
	ledger, c, err := p.read(r)
	if err != nil {
		p.fail(w, r, c, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, longestAnswer)
	command := commandOf(Answer(r.PostFormValue("answer")), c)
	if command == nil {
		p.show(w, http.StatusBadRequest, stands(c, p.Now()))
		return
	}
	result, err := p.do(r.Context(), ledger, c, command)
	if _, late := errors.AsType[*approval.Rejection](err); err != nil && !late {
		p.fail(w, r, c, err)
		return
	}
	if len(result.Events) > 0 {
		p.Log.Info().Str("case", c.ID).Str("answer", r.PostFormValue("answer")).Msg("a customer answered")
		p.Committed(result)
	}
	w.Header().Set("Location", r.PathValue("seal")) // relative: something in front may have put the page elsewhere
	w.WriteHeader(http.StatusSeeOther)
}

// do commits the answer. Like any approval, a customer's counts only for somebody who
// still has their account.
func (p *Page) do(ctx context.Context, ledger *store.Ledger, c approval.Case, command approval.Command) (store.Result, error) {
	if _, agrees := command.(approval.Approve); agrees && !c.Status.Over() && c.Status != approval.Active {
		barred, err := p.Barred(ctx, c)
		if err == nil && barred {
			err = errBarred
		}
		if err != nil {
			return store.Result{}, err
		}
	}
	return ledger.Do(ctx, store.Change{Case: c.ID, Command: command}, p.Now())
}

const longestAnswer = 1 << 10 // bytes

func commandOf(a Answer, c approval.Case) approval.Command {
	customer := c.Account.Customer()
	switch a {
	case Agree:
		return approval.Approve{By: customer}
	case Refuse:
		return approval.Deny{By: customer}
	case End:
		return approval.Revoke{By: customer}
	}
	return nil
}

// read is the case that the link is about: that whose access was prolonged, if it
// asked for no more than that. The store may be another process's a moment later.
func (p *Page) read(r *http.Request) (*store.Ledger, approval.Case, error) {
	id := r.PathValue("case")
	if !p.IsSeal(id, r.PathValue("seal")) {
		return nil, approval.Case{}, errNoLink
	}
	ledger := p.Ledger()
	if ledger == nil {
		return nil, approval.Case{}, errNoStore
	}
	c, err := asked(r.Context(), ledger, id)
	if err != nil || c.Grant == nil || c.Grant.End != approval.Merged {
		return ledger, c, err
	}
	base, err := asked(r.Context(), ledger, c.Extends)
	if hidesReason(c) {
		base.Reason = "" // the flow of before may not have hidden it
	}
	return ledger, base, err
}

// asked is the case, if its customer was asked.
func asked(ctx context.Context, ledger *store.Ledger, id string) (approval.Case, error) {
	c, err := ledger.Case(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return c, errNoLink
	}
	if _, is := c.Approver(approval.CustomerID); err == nil && !is {
		return c, errNoLink
	}
	return c, err
}

func (p *Page) fail(w http.ResponseWriter, r *http.Request, c approval.Case, err error) {
	switch {
	case errors.Is(err, errNoLink):
		p.show(w, http.StatusNotFound, noLink())
		return
	case errors.Is(err, errBarred):
		p.show(w, http.StatusForbidden, barred(c))
		return
	case r.Context().Err() == nil:
		p.Log.Error().Err(err).Str("case", r.PathValue("case")).Msg("a customer's answer")
	}
	said := notSaved()
	if errors.Is(err, store.ErrUnknown) {
		said = perhapsSaved()
	}
	p.show(w, http.StatusServiceUnavailable, said)
}
