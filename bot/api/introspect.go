package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// This file is what standards say of tokens: introspection (RFC 7662),
// revocation (RFC 7009), the keys (RFC 7517) and the document that says where
// they are (RFC 8414). Its requests are forms, as those want it.

// Introspection says of a token whether it is good now, and what it says. Of one
// that isn't, nothing is told.
type Introspection struct {
	Active    bool         `json:"active"`
	TokenType string       `json:"token_type,omitempty"`
	Issuer    string       `json:"iss,omitempty"`
	Subject   string       `json:"sub,omitempty"`
	Audience  string       `json:"aud,omitempty"`
	ID        string       `json:"jti,omitempty"`
	IssuedAt  int64        `json:"iat,omitempty"`
	NotBefore int64        `json:"nbf,omitempty"`
	Expiry    int64        `json:"exp,omitempty"`
	Scope     string       `json:"scope,omitempty"`
	Actor     *token.Actor `json:"act,omitempty"`
	Case      string       `json:"case,omitempty"`
	Session   string       `json:"sid,omitempty"`
	Until     int64        `json:"until,omitempty"`
}

func (v *V1) introspect(ctx context.Context, c call) (int, any, error) {
	raw, err := c.formToken()
	if err != nil {
		return 0, nil, err
	}
	claims, err := v.readToken(c, raw)
	if err == nil {
		err = claims.Check(v.Issuer, c.by.App, v.Now())
	}
	if errors.Is(err, token.ErrInvalid) {
		return http.StatusOK, Introspection{}, nil
	}
	if err != nil {
		return 0, nil, err
	}
	found, err := c.ledger.Case(ctx, claims.Case)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!found.Open(v.Now()) || !found.HasSession(claims.Session)) {
		return http.StatusOK, Introspection{}, nil
	}
	return http.StatusOK, Introspection{
		Active: true, TokenType: token.Type, Issuer: claims.Issuer, Subject: claims.Subject, Audience: c.by.App, ID: claims.ID,
		IssuedAt: int64(*claims.IssuedAt), NotBefore: int64(*claims.NotBefore), Expiry: int64(*claims.Expiry), Scope: claims.Scope,
		Actor: &claims.Actor, Case: claims.Case, Session: claims.Session, Until: found.Grant.Until.Unix(),
	}, err
}

// revoke ends the grant of a token: the agent is done, in all of the app's
// windows. A token that gives nothing is as good as revoked.
func (v *V1) revoke(ctx context.Context, c call) (int, any, error) {
	raw, err := c.formToken()
	if err != nil {
		return 0, nil, err
	}
	done := struct{}{}
	claims, err := v.readToken(c, raw)
	if errors.Is(err, token.ErrInvalid) {
		return http.StatusOK, done, nil
	}
	if err != nil {
		return 0, nil, err
	}
	found, err := c.ledger.Case(ctx, claims.Case)
	if errors.Is(err, store.ErrNotFound) || err == nil && !found.HasSession(claims.Session) {
		return http.StatusOK, done, nil
	}
	if err != nil {
		return 0, nil, err
	}
	_, err = v.do(ctx, c, store.Change{Case: found.ID, Command: approval.Release{By: found.Requester}})
	if _, rejected := errors.AsType[*approval.Rejection](err); rejected { // it is over already
		err = nil
	}
	return http.StatusOK, done, err
}

// formToken reads the token of a form, as the two RFCs send it.
func (c call) formToken() (string, error) {
	if err := c.ParseForm(); err != nil || c.PostForm.Get("token") == "" {
		return "", problem(http.StatusBadRequest, typeRequest, "No token", "The request has no token: send it as a form (application/x-www-form-urlencoded) with the field token.")
	}
	return c.PostForm.Get("token"), nil
}

// Metadata says where what apps need is.
type Metadata struct {
	Issuer             string   `json:"issuer"`
	Keys               string   `json:"jwks_uri"`
	Introspection      string   `json:"introspection_endpoint"`
	Revocation         string   `json:"revocation_endpoint"`
	ResponseTypes      []string `json:"response_types_supported"` // none: nobody signs in here
	GrantTypes         []string `json:"grant_types_supported"`    // none, either
	SigningAlgorithms  []string `json:"token_signing_alg_values_supported"`
	RedemptionEndpoint string   `json:"redemption_endpoint"`
}

// wellKnown serves what anybody may read.
func (v *V1) wellKnown(mux *http.ServeMux) {
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		keys, err := v.Keys.Public(v.Now())
		if err != nil {
			v.problem(err).write(w, v.Log)
			return
		}
		w.Header().Set("Content-Type", "application/jwk-set+json")
		write(w, http.StatusOK, keys, v.Log)
	})
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, Metadata{
			Issuer: v.Issuer, Keys: v.Issuer + "/.well-known/jwks.json", Introspection: v.Issuer + "/v1/introspect", Revocation: v.Issuer + "/v1/revoke",
			ResponseTypes: []string{}, GrantTypes: []string{}, SigningAlgorithms: []string{string(token.Algorithm)}, RedemptionEndpoint: v.Issuer + "/v1/grants/redeem",
		}, v.Log)
	})
}
