// Package token is what lets an agent act as a customer in an app: a JSON Web
// Token in the shape of RFC 8693, signed with Ed25519 (RFC 8037).
//
// Its sub is the customer's account and its act.sub is the agent, by the e-mail
// address that the app knows its own staff by. It is for one app, its aud; it
// belongs to one opening of the app, its sid, by one case; and it lives for
// minutes, so that a grant's end is known everywhere soon, even where nothing
// tells of it. It carries no may_act: an agent passes nothing on.
//
// There is one algorithm and one type. What a token's header says about either
// is compared with them, and never followed.
//
// The package knows no bot and no store, because apps import it.
package token

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// Algorithm is the only one.
	Algorithm = jose.EdDSA
	// Type is every token's typ, so that no other JSON Web Token is taken for one.
	Type = "understudy-grant+jwt"
	// Life is how long a token is good for, if its grant is.
	Life = 5 * time.Minute
	// Leeway is how far the clocks of an app and the bot may differ.
	Leeway = 30 * time.Second
)

// The scopes of a token.
const (
	ScopeReadOnly = "read_only"
	ScopeFull     = "full"
)

// Claims are what a token says.
type Claims struct {
	jwt.Claims

	Actor   Actor  `json:"act"`
	Name    string `json:"name"`  // the customer's, for people
	Scope   string `json:"scope"` // ScopeReadOnly or ScopeFull
	Case    string `json:"case"`
	Session string `json:"sid"`
	Flow    string `json:"flow"`
	Reason  string `json:"reason,omitempty"` // that the agent gave; empty where the flow hides it
	// Until is the grant's end, which is later than the token's.
	Until *jwt.NumericDate `json:"until"`
}

// Actor is the agent.
type Actor struct {
	Subject string `json:"sub"` // an e-mail address
	Name    string `json:"name,omitempty"`
}

// FoldEmail is the address as the bot compares it: without the case of the letters
// a to z, and with nothing else changed.
func FoldEmail(email string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, email)
}

// ErrInvalid says that a token isn't one, or isn't good for what it was shown for.
var ErrInvalid = errors.New("the token isn't valid")

// Sign makes a token with this key.
func Sign(key jose.JSONWebKey, claims Claims) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: Algorithm, Key: key}, (&jose.SignerOptions{}).WithType(Type))
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

// Read reads a token that one of these keys signed. That it was signed doesn't
// mean that it is good for anything now, which [Claims.Check] says.
func Read(raw string, keys jose.JSONWebKeySet) (claims Claims, err error) {
	parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{Algorithm})
	if err != nil {
		return claims, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(parsed.Headers) != 1 || parsed.Headers[0].ExtraHeaders[jose.HeaderType] != Type {
		return claims, fmt.Errorf("%w: it is of another type", ErrInvalid)
	}
	// A key or an address of one that the token brings along is of no interest.
	found := keys.Key(parsed.Headers[0].KeyID)
	if len(found) != 1 || found[0].KeyID == "" || found[0].Algorithm != string(Algorithm) {
		return claims, fmt.Errorf("%w: %w", ErrInvalid, ErrKey)
	}
	if err := parsed.Claims(found[0].Public(), &claims); err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return claims, claims.whole()
}

// ErrKey says that a token names a key that isn't known: a verifier fetches the
// keys again, once in a while.
var ErrKey = errors.New("it is signed with a key that isn't known")

// whole refuses what no token of the bot lacks.
func (c Claims) whole() error {
	switch {
	case c.Subject == "" || c.Actor.Subject == "" || c.Case == "" || c.Session == "" || c.ID == "" || c.Issuer == "" || len(c.Audience) != 1,
		c.Expiry == nil || c.IssuedAt == nil || c.NotBefore == nil || c.Until == nil, !slices.Contains([]string{ScopeReadOnly, ScopeFull}, c.Scope):
		return fmt.Errorf("%w: it lacks what a token says", ErrInvalid)
	case c.Subject == c.Actor.Subject:
		return fmt.Errorf("%w: nobody acts for themselves", ErrInvalid)
	}
	return nil
}

// Check says whether the token is good for this app now, by the clock of whoever
// asks.
func (c Claims) Check(issuer, app string, now time.Time) error {
	if err := c.CheckSource(issuer, app); err != nil {
		return err
	}
	if err := c.ValidateWithLeeway(jwt.Expected{Time: now}, Leeway); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if !now.Before(c.Until.Time().Add(Leeway)) {
		return fmt.Errorf("%w: its grant has ended", ErrInvalid)
	}
	return nil
}

// CheckSource says whether the token was made by this bot for this app, however
// long ago.
func (c Claims) CheckSource(issuer, app string) error {
	if issuer == "" || app == "" || c.Issuer != issuer || !slices.Equal(c.Audience, jwt.Audience{app}) {
		return fmt.Errorf("%w: it is of another bot or for another app", ErrInvalid)
	}
	return nil
}
