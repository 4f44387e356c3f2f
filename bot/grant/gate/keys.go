package gate

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/understudyhq/understudy/bot/grant/token"
)

const (
	// fetchAgain is how long keys are at hand before they are fetched again, and
	// fetchPause how long it takes at least until the next time, so that tokens
	// of invented keys cost the bot nothing.
	fetchAgain = time.Hour
	fetchPause = 30 * time.Second
)

// keys are the bot's public ones, at hand.
type keys struct {
	bot *bot

	mu      sync.Mutex
	issuer  string
	set     jose.JSONWebKeySet
	fetched time.Time
	dropped bool // the set isn't to be used any more
	tried   time.Time
}

// read reads a token that a browser brought.
func (k *keys) read(ctx context.Context, raw string) (token.Claims, error) {
	return k.readWith(ctx, raw, fetchPause)
}

// readOwn reads a token that the bot itself has just given, so that its key is
// worth asking for.
func (k *keys) readOwn(ctx context.Context, raw string) (token.Claims, error) {
	return k.readWith(ctx, raw, 0)
}

func (k *keys) readWith(ctx context.Context, raw string, pause time.Duration) (token.Claims, error) {
	issuer, set := k.atHand(ctx, fetchAgain, fetchPause)
	claims, err := token.Read(raw, set)
	if errors.Is(err, token.ErrKey) {
		issuer, set = k.atHand(ctx, 0, pause)
		claims, err = token.Read(raw, set)
	}
	if err == nil && (issuer == "" || claims.Issuer != issuer) {
		err = token.ErrInvalid
	}
	return claims, err
}

// stale has the keys fetched before they are used again: the bot said that they
// have changed.
func (k *keys) stale() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fetched, k.tried, k.dropped = time.Time{}, time.Time{}, true
}

// atHand are the keys, fetched again if they are older than that, and weren't
// asked for just now. While the bot doesn't answer, the old ones do.
func (k *keys) atHand(ctx context.Context, old, pause time.Duration) (issuer string, set jose.JSONWebKeySet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if k.fetched.IsZero() {
		pause = min(pause, time.Second)
	}
	if now.Sub(k.fetched) < old || !k.dropped && now.Sub(k.tried) < pause {
		return k.issuer, k.set
	}
	k.tried = now
	set, err := k.bot.keys(ctx)
	if err == nil && k.issuer == "" {
		k.issuer, err = k.bot.issuer(ctx)
	}
	if err == nil {
		k.set, k.fetched, k.dropped = set, now, false
	}
	if k.dropped {
		return k.issuer, jose.JSONWebKeySet{}
	}
	return k.issuer, k.set
}
