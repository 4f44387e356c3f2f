package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// This file is what an app's middleware asks: to let somebody in with a link's
// code, to go on for another five minutes, and to keep what was done.

// Redemption is a link's code, and whom the app has signed in; or, instead of a
// code, the case that they asked for in the app itself.
type Redemption struct {
	Code       string `json:"code,omitempty"`
	Case       string `json:"case,omitempty"`
	StaffEmail string `json:"staff_email"`
	SignIn
}

// Opening is what an app needs while somebody is in it.
type Opening struct {
	Token string `json:"token"`
	// ExpiresAt is the token's end, before which the app has it refreshed.
	ExpiresAt time.Time `json:"expires_at"`
	Grant     Grant     `json:"grant"`
}

// Grant is what a token says, for who has no library at hand.
type Grant struct {
	Case     string    `json:"case"`
	Session  string    `json:"session"`
	Flow     string    `json:"flow"`
	Subject  Subject   `json:"subject"`
	Actor    Actor     `json:"actor"`
	Scope    string    `json:"scope"`
	Reason   string    `json:"reason,omitempty"`
	OpenedAt time.Time `json:"opened_at"`
	Until    time.Time `json:"until"`
}

// Subject is the customer.
type Subject struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Actor is the agent.
type Actor struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

const (
	typeLink  = "urn:understudy:problem:link"
	typeOver  = "urn:understudy:problem:grant-over"
	typeFresh = "urn:understudy:problem:fresh-sign-in"
)

func (v *V1) redeem(ctx context.Context, c call) (int, any, error) {
	var r Redemption
	if err := c.read(&r); err != nil {
		return 0, nil, err
	}
	email := token.FoldEmail(strings.TrimSpace(r.StaffEmail))
	switch {
	case (r.Code == "") == (r.Case == ""):
		return 0, nil, wrong("code", "send what the link had as its code, or as case the request that was made in the app")
	case email == "" || len(email) > longestEmail || !provision.Printable(email):
		return 0, nil, wrong("staff_email", "it isn't the e-mail address of whom the app has signed in")
	}
	signedIn, err := r.read()
	if err != nil {
		return 0, nil, err
	}
	session := uuid.NewString()
	result, err := c.ledger.Redeem(ctx, store.Redemption{Hash: store.HashToken(r.Code), Case: r.Case, App: c.by.App, Email: email, Session: session, SignedIn: signedIn}, v.Now())
	v.committed(result)
	if err != nil {
		return 0, nil, refusedLink(err, signedIn, v.Now())
	}
	return v.opening(result.Case, session, email)
}

const longestEmail = 254

// refusedLink says why a link opens nothing. It tells who has a link and isn't
// its person no more than that.
func refusedLink(err error, signedIn approval.SignedIn, now time.Time) error {
	const again = " Click Open as … in Slack once more for a new one."
	rejection, rejected := errors.AsType[*approval.Rejection](err)
	switch {
	case errors.Is(err, store.ErrLinkMisuse):
		return problem(http.StatusForbidden, typeLink, "Not your link", "This link was made for somebody else, or for another app. It opens nothing any more, and the attempt was noted. If it is your own request, sign in here with the e-mail address that you have in Slack."+again)
	case errors.Is(err, store.ErrLinkOver):
		return problem(http.StatusGone, typeLink, "Link too old", "This link worked for two minutes, which are over. Nothing was opened."+again)
	case errors.Is(err, store.ErrNotFound):
		return problem(http.StatusNotFound, typeLink, "No such link", "This link was used already, or was replaced by a newer one, or the access has ended. Nothing was opened."+again)
	case rejected && rejection.Kind == approval.StaleSignIn:
		return notFresh(rejection.Case, signedIn, now)
	case rejected:
		return over(rejection.Case)
	}
	return err
}

// over says that a case gives nothing now.
func over(c approval.Case) *Problem {
	if c.Status == approval.Routing || c.Status == approval.Pending {
		return problem(http.StatusConflict, typeOver, "Not decided yet", "The request isn't decided yet, so nothing was opened. Who decides is in Slack.")
	}
	detail := "The access has ended, so nothing was opened. A new request is needed: type /impersonate in Slack."
	if c.Status == approval.Ended && c.Closed != nil && c.Grant.End == approval.Revoked {
		detail = "The access was revoked, so nothing was opened. Ask whoever revoked it, in Slack."
	}
	return problem(http.StatusGone, typeOver, "Access ended", detail)
}

// opening is a new token for an opening of the app.
func (v *V1) opening(c approval.Case, session, email string) (int, any, error) {
	now := v.Now()
	claims := grant.Claims(c, session, email, v.Issuer, now)
	raw, err := v.Keys.Sign(claims, now)
	if err != nil {
		return 0, nil, err
	}
	shown := Grant{
		Case: c.ID, Session: session, Flow: c.Flow.Name, Subject: Subject{c.Account.ID, c.Account.Name}, Actor: Actor{email, c.Requester.Name},
		Scope: claims.Scope, Reason: claims.Reason, OpenedAt: c.Grant.OpenedAt, Until: c.Grant.Until,
	}
	return http.StatusOK, Opening{raw, claims.Expiry.Time().UTC(), shown}, nil
}

// Refresh is a token that is to go on.
type Refresh struct {
	Token string `json:"token"`
}

// refresh gives a new token for one of before, even if that is over: an app may
// have been away. It asks the store, so that it says when the grant has ended.
func (v *V1) refresh(ctx context.Context, c call) (int, any, error) {
	var r Refresh
	if err := c.read(&r); err != nil {
		return 0, nil, err
	}
	claims, found, err := v.opened(ctx, c, r.Token)
	if err != nil {
		return 0, nil, err
	}
	if !found.Open(v.Now()) {
		return 0, nil, over(found)
	}
	return v.opening(found, claims.Session, claims.Actor.Subject)
}

// opened is the case of a token that this bot made for the caller's app, whether
// or not it still gives anything.
func (v *V1) opened(ctx context.Context, c call, raw string) (token.Claims, approval.Case, error) {
	claims, err := v.readToken(c, raw)
	if err != nil {
		return claims, approval.Case{}, problem(http.StatusBadRequest, typeRequest, "Not a token", fmt.Sprintf("What was sent isn't a token of this bot for the app %s: %v.", c.by.App, err))
	}
	found, err := c.ledger.Case(ctx, claims.Case)
	if err == nil && !found.HasSession(claims.Session) {
		err = over(found)
	}
	return claims, found, err
}

func (v *V1) readToken(c call, raw string) (token.Claims, error) {
	keys, err := v.Keys.Public(v.Now())
	if err != nil {
		return token.Claims{}, err
	}
	claims, err := token.Read(raw, keys)
	if err == nil {
		err = claims.CheckSource(v.Issuer, c.by.App)
	}
	return claims, err
}

// Deeds is what an agent did in the app.
type Deeds struct {
	Token string          `json:"token"`
	Deeds []approval.Deed `json:"deeds"`
}

// KeptDeeds says how many of them were kept. Full is whether the case takes no more.
type KeptDeeds struct {
	Kept int  `json:"kept"`
	Full bool `json:"full"`
}

const (
	mostDeeds     = 100 // in one call
	longestPath   = 300
	longestMethod = 20
)

// keepDeeds writes what was done into the case. An app sends it in batches, so
// that the last one may come when the grant is over.
func (v *V1) keepDeeds(ctx context.Context, c call) (int, any, error) {
	var d Deeds
	if err := c.read(&d); err != nil {
		return 0, nil, err
	}
	if len(d.Deeds) == 0 || len(d.Deeds) > mostDeeds {
		return 0, nil, wrong("deeds", fmt.Sprintf("send 1 to %d at a time", mostDeeds))
	}
	for i, one := range d.Deeds {
		path, _, _ := strings.Cut(one.Path, "?") // a query may hold what nobody needs to read for years
		if one.At.IsZero() || !isMethod(one.Method) || !strings.HasPrefix(path, "/") || len(path) > longestPath || !provision.Printable(path) || one.Status < 100 || one.Status > 599 {
			return 0, nil, wrong(fmt.Sprintf("deeds[%d]", i), "it isn't the time, the method, the path (of 300 bytes at most, without a query) and the status of a request")
		}
		d.Deeds[i].Path, d.Deeds[i].At = path, one.At.UTC()
	}
	claims, _, err := v.opened(ctx, c, d.Token)
	if err != nil {
		return 0, nil, err
	}
	result, err := v.do(ctx, c, store.Change{Case: claims.Case, Command: approval.Act{Session: claims.Session, Deeds: d.Deeds}})
	kept := 0
	for _, e := range result.Events {
		if acted, ok := e.Body.(approval.Acted); ok {
			kept += len(acted.Deeds)
		}
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, KeptDeeds{kept, result.Case.Grant.Deeds >= approval.MostDeeds}, nil
}

// isMethod takes any method in capitals. HTTP has no last one, and an app tells
// of what it was asked.
func isMethod(s string) bool {
	return s != "" && len(s) <= longestMethod && !strings.ContainsFunc(s, func(c rune) bool { return c < 'A' || c > 'Z' })
}

// do commits a change of a case, and tells of it.
func (v *V1) do(ctx context.Context, c call, change store.Change) (store.Result, error) {
	result, err := c.ledger.Do(ctx, change, v.Now())
	v.committed(result)
	return result, err
}

func (v *V1) committed(result store.Result) {
	if v.Committed != nil && len(result.Events) > 0 {
		v.Committed(result)
	}
}
