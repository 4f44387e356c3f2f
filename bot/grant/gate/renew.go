package gate

import (
	"context"
	"net/http"
	"sync"

	"github.com/understudyhq/understudy/bot/grant/token"
)

// renewals are the tokens that are being renewed, so that a page's many requests
// ask once.
type renewals struct {
	mu      sync.Mutex
	flights map[string]*flight
}

type flight struct {
	done chan struct{}
	raw  string
	err  error
}

// renew has the bot say that the grant goes on, and gives the browser the new
// token. After an error the claims are the old ones.
func (g *Gate) renew(w http.ResponseWriter, r *http.Request, raw string, old token.Claims) (token.Claims, error) {
	fresh, err := g.renewal.once(r.Context(), raw, func(ctx context.Context) (string, error) {
		o, err := g.bot.refresh(ctx, raw)
		return o.Token, err
	})
	if err != nil {
		return old, err
	}
	claims, err := g.keys.readOwn(r.Context(), fresh)
	if err != nil || claims.Case != old.Case || claims.Actor != old.Actor || claims.Subject != old.Subject {
		return old, &Problem{Title: "No access", Detail: "What Understudy answered isn't the same grant.", Status: http.StatusForbidden}
	}
	g.set(w, r, tokenCookie, fresh)
	return claims, nil
}

func (all *renewals) once(ctx context.Context, raw string, ask func(context.Context) (string, error)) (string, error) {
	all.mu.Lock()
	if all.flights == nil {
		all.flights = map[string]*flight{}
	}
	f, flies := all.flights[raw]
	if !flies {
		f = &flight{done: make(chan struct{})}
		all.flights[raw] = f
	}
	all.mu.Unlock()
	if flies {
		select {
		case <-f.done:
			return f.raw, f.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	f.raw, f.err = ask(context.WithoutCancel(ctx)) // which others wait for
	all.mu.Lock()
	delete(all.flights, raw)
	all.mu.Unlock()
	close(f.done)
	return f.raw, f.err
}
