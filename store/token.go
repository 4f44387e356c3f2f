package store

import (
	"context"
	"crypto/rand"
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
	// RevokedBy is who revoked it, and RevokedAt when: zero if nobody did.
	RevokedBy string    `json:"revoked_by,omitempty"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	// Sum is the hash of all the others: a flipped bit must not make a role.
	Sum string `json:"sum"`
}

// Revoked says whether the token lets nobody do anything any more.
func (t Token) Revoked() bool { return !t.RevokedAt.IsZero() }

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

// NewTokenSecret is a token's secret, of 260 random bits.
func NewTokenSecret() string { return "ust_" + rand.Text() + rand.Text() }

// HashToken is how a token's secret is kept. The secret is random and long, so
// that a plain hash can't be searched.
func HashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// AddToken keeps a new token.
func (l *Ledger) AddToken(ctx context.Context, t Token) error {
	err := l.update(ctx, func(tx Tx) error { return putToken(tx, t) })
	if err != nil {
		return fmt.Errorf("keeping the token %s: %w", t.Name, err)
	}
	return nil
}

func putToken(tx Tx, t Token) (err error) {
	if t.Sum, err = t.sum(); err != nil {
		return err
	}
	return put(tx, tokenKey(t.Hash), t)
}

func (t Token) sum() (string, error) {
	t.Sum = ""
	text, err := json.Marshal(t)
	return chainHash("", text), err
}

// parseToken reads a token's row, which has to be as it was written.
func parseToken(entry Entry) (t Token, err error) {
	if err := json.Unmarshal(entry.Value, &t); err != nil {
		return Token{}, fmt.Errorf("reading the token of %s: %w: %w", entry.Key, ErrCorrupt, err)
	}
	sum, err := t.sum()
	if err == nil && (sum != t.Sum || tokenKey(t.Hash) != entry.Key) {
		err = fmt.Errorf("%s was changed after it was written: %w", entry.Key, ErrCorrupt)
	}
	return t, err
}

// Token is the token with this secret, or ErrNotFound. A revoked one isn't found.
func (l *Ledger) Token(ctx context.Context, secret string) (t Token, err error) {
	key := tokenKey(HashToken(secret))
	err = l.engine.View(ctx, func(tx Tx) error {
		value, err := tx.Get(key)
		if err != nil {
			return fmt.Errorf("reading %s: %w", key, err)
		}
		if value != nil {
			t, err = parseToken(Entry{Key: key, Value: value})
		}
		if err == nil && (value == nil || t.Revoked()) {
			err = fmt.Errorf("the token: %w", ErrNotFound)
		}
		return err
	})
	if err != nil {
		return Token{}, err
	}
	return t, nil
}

// Tokens are all tokens, also those that were revoked. Damaged says which can't be
// read: they let nobody do anything, and keep nobody from the others.
func (l *Ledger) Tokens(ctx context.Context) (all []Token, damaged []error, err error) {
	err = l.engine.View(ctx, func(tx Tx) (err error) {
		all, damaged, err = readTokens(tx)
		return err
	})
	return all, damaged, err
}

func readTokens(tx Tx) (all []Token, damaged []error, err error) {
	for entry, err := range under(tx, "token/") {
		if err != nil {
			return nil, nil, fmt.Errorf("listing tokens: %w", err)
		}
		t, err := parseToken(entry)
		if err != nil {
			damaged = append(damaged, err)
			continue
		}
		all = append(all, t)
	}
	return all, damaged, nil
}

// RevokeToken revokes the token of this id, or is ErrNotFound, also if it was
// revoked before. It lets nobody do anything from then on, and stays as a record.
func (l *Ledger) RevokeToken(ctx context.Context, id, by string, now time.Time) error {
	err := l.update(ctx, func(tx Tx) error {
		all, _, err := readTokens(tx)
		if err != nil {
			return err
		}
		for _, t := range all {
			if t.ID == id && !t.Revoked() {
				t.RevokedBy, t.RevokedAt = by, now.UTC()
				return putToken(tx, t)
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return fmt.Errorf("revoking the token %s: %w", id, err)
	}
	return nil
}

// checkTokens checks that every token is as it was written.
func (r *Report) checkTokens(tx Tx) error {
	_, damaged, err := readTokens(tx)
	for _, problem := range damaged {
		r.problem("%v; it lets nobody do anything: make another one", problem)
	}
	return err
}
