package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/store"
)

// Token is a token as it is listed. Only its maker is shown the secret, once.
type Token struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Role   store.Role `json:"role"`
	App    string     `json:"app,omitempty"` // whose token it is, for the role app
	By     string     `json:"by"`
	Since  time.Time  `json:"since"`
	Secret string     `json:"secret,omitempty"`
	// RevokedBy is who revoked it, and RevokedAt when: absent if nobody did.
	RevokedBy string    `json:"revoked_by,omitempty"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

// NewToken asks for a token.
type NewToken struct {
	Name string     `json:"name"`
	Role store.Role `json:"role"`
	// App is the name that flows give the app, for the role app.
	App string `json:"app,omitempty"`
}

const longestName = 100

// firstToken is what the token is called that no store has.
const firstToken = "the first token"

func tokenOf(t store.Token) Token {
	return Token{ID: t.ID, Name: t.Name, Role: t.Role, App: t.App, By: t.By, Since: t.Since, RevokedBy: t.RevokedBy, RevokedAt: t.RevokedAt}
}

func (v *V1) listTokens(ctx context.Context, c call) (int, any, error) {
	all, err := v.tokens(ctx, c)
	list := make([]Token, len(all))
	for i, t := range all {
		list[i] = tokenOf(t)
	}
	return http.StatusOK, map[string][]Token{"tokens": list}, err
}

// tokens are the store's, and the log names those that can't be read.
func (v *V1) tokens(ctx context.Context, c call) ([]store.Token, error) {
	all, damaged, err := c.ledger.Tokens(ctx)
	for _, problem := range damaged {
		v.Log.Error().Err(problem).Msg("a token that can't be read lets nobody do anything")
	}
	return all, err
}

func (v *V1) createToken(ctx context.Context, c call) (int, any, error) {
	var wanted NewToken
	if err := c.read(&wanted); err != nil {
		return 0, nil, err
	}
	switch {
	case wanted.Name == "" || len(wanted.Name) > longestName || !provision.Printable(wanted.Name):
		return 0, nil, wrong("name", "say who or what will use the token, in 1 to 100 bytes and on one line")
	case !wanted.Role.Allows(store.Read) && wanted.Role != store.ForApp:
		return 0, nil, wrong("role", `it isn't "read", "operate", "admin" or "app"`)
	case (wanted.Role == store.ForApp) != (wanted.App != "") || len(wanted.App) > longestName || !provision.Printable(wanted.App):
		return 0, nil, wrong("app", "name the app, as flows do, for a token of the role app, and for no other")
	}
	all, err := v.tokens(ctx, c)
	if err != nil {
		return 0, nil, err
	}
	// What a token does is kept under its name, so that two of one name couldn't be told apart.
	if wanted.Name == firstToken || slices.ContainsFunc(all, func(t store.Token) bool { return t.Name == wanted.Name && !t.Revoked() }) {
		return 0, nil, wrong("name", "there is a token of this name: revoke that one first, or give this one another name")
	}
	secret := store.NewTokenSecret()
	t := store.Token{
		ID: uuid.NewString(), Name: wanted.Name, Role: wanted.Role, App: wanted.App, Hash: store.HashToken(secret), By: c.by.Name, Since: v.Now().UTC(),
	}
	if err := c.ledger.AddToken(ctx, t); err != nil {
		return 0, nil, err
	}
	v.Log.Info().Str("token", t.ID).Str("name", t.Name).Str("role", string(t.Role)).Str("by", t.By).Msg("a token was made")
	made := tokenOf(t)
	made.Secret = secret
	return http.StatusCreated, made, nil
}

func (v *V1) revokeToken(ctx context.Context, c call) (int, any, error) {
	id := c.PathValue("token")
	err := c.ledger.RevokeToken(ctx, id, c.by.Name, v.Now())
	if err == nil {
		v.Log.Info().Str("token", id).Str("by", c.by.Name).Msg("a token was revoked")
	}
	return http.StatusNoContent, nil, err
}
