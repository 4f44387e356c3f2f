package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Token is what lets a program use the API. Only the hash of its secret is kept.
type Token struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"` // for people: who or what uses it
	Role  Role      `json:"role"`
	App   string    `json:"app,omitempty"` // whose token it is, for the role of an app
	Hash  string    `json:"hash"`
	By    string    `json:"by"` // who made it
	Since time.Time `json:"since"`
}

// Role is what a token lets do.
type Role string

// The roles. Each may do what those before it may.
const (
	Read    Role = "read"    // look at flows and cases, and plan
	Operate Role = "operate" // provision flows
	Admin   Role = "admin"   // make and revoke tokens
	// ForApp is apart from them: let agents into one app. No other role may.
	ForApp Role = "app"
)

// Allows says whether the role includes the other. An unknown one includes none.
func (r Role) Allows(other Role) bool {
	rank := map[Role]int{Read: 1, Operate: 2, Admin: 3}
	return r == ForApp && other == ForApp || rank[other] > 0 && rank[r] >= rank[other]
}

// HashToken is how a token's secret is kept. The secret is random and long, so
// that a plain hash can't be searched.
func HashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// AddToken keeps a new token.
func (l *Ledger) AddToken(ctx context.Context, t Token) error {
	err := l.update(ctx, func(tx Tx) error { return put(tx, tokenKey(t.Hash), t) })
	if err != nil {
		return fmt.Errorf("keeping the token %s: %w", t.Name, err)
	}
	return nil
}

// Token is the token with this secret, or ErrNotFound.
func (l *Ledger) Token(ctx context.Context, secret string) (t Token, err error) {
	err = l.engine.View(ctx, func(tx Tx) error {
		found, err := get(tx, tokenKey(HashToken(secret)), &t)
		if err == nil && !found {
			err = fmt.Errorf("the token: %w", ErrNotFound)
		}
		return err
	})
	return t, err
}

// Tokens are all tokens.
func (l *Ledger) Tokens(ctx context.Context) (all []Token, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		all, err = readTokens(tx)
		return err
	})
	return all, err
}

func readTokens(tx Tx) (all []Token, err error) {
	for entry, err := range under(tx, "token/") {
		if err != nil {
			return nil, fmt.Errorf("listing tokens: %w", err)
		}
		var t Token
		if err := json.Unmarshal(entry.Value, &t); err != nil {
			return nil, fmt.Errorf("reading a token: %w: %w", ErrCorrupt, err)
		}
		all = append(all, t)
	}
	return all, nil
}

// RevokeToken forgets the token of this id, or is ErrNotFound. It lets nobody do
// anything from then on.
func (l *Ledger) RevokeToken(ctx context.Context, id string) error {
	err := l.update(ctx, func(tx Tx) error {
		all, err := readTokens(tx)
		if err != nil {
			return err
		}
		for _, t := range all {
			if t.ID == id {
				return tx.Delete(tokenKey(t.Hash))
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return fmt.Errorf("revoking the token %s: %w", id, err)
	}
	return nil
}
