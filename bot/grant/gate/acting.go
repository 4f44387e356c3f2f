package gate

import (
	"context"
	"net/http"
	"time"

	"github.com/understudyhq/understudy/bot/grant/token"
)

// Acting is an agent who acts as a customer.
type Acting struct {
	Subject Subject   // as whom
	Actor   Actor     // who
	Scope   string    // token.ScopeReadOnly or token.ScopeFull
	Reason  string    // why; empty where the flow hides it
	Case    string    // the request's id in Slack
	Until   time.Time // the grant's end

	issued time.Time // when the token was
}

// Subject is the customer.
type Subject struct{ ID, Name string }

// Actor is the agent.
type Actor struct{ Email, Name string }

// ReadOnly says whether they may only look.
func (a *Acting) ReadOnly() bool { return a.Scope != token.ScopeFull }

func actingOf(c token.Claims) *Acting {
	return &Acting{
		Subject: Subject{c.Subject, c.Name}, Actor: Actor{c.Actor.Subject, c.Actor.Name},
		Scope: c.Scope, Reason: c.Reason, Case: c.Case, Until: c.Until.Time(), issued: c.IssuedAt.Time(),
	}
}

type contextKey struct{}

func with(ctx context.Context, a *Acting) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// From is who acts as whom in a request; nil if everybody is themselves.
func From(ctx context.Context) *Acting {
	a, _ := ctx.Value(contextKey{}).(*Acting)
	return a
}

// Dangerous is a handler that changes something although its method only looks,
// or that shows what read-only access is not for.
func (g *Gate) Dangerous(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := From(r.Context()); a != nil && a.ReadOnly() {
			g.refuse(w, r, a, "Read-only", "This isn't for read-only access. Nothing was done.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Never is a handler for the customer alone: to nobody who acts as them, whatever
// their scope.
func (g *Gate) Never(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := From(r.Context()); a != nil {
			g.refuse(w, r, a, "Only for the customer", "Nobody who acts as a customer may do this. Nothing was done.")
			return
		}
		next.ServeHTTP(w, r)
	})
}
