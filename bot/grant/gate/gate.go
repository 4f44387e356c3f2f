// Package gate lets support agents act as customers in an app, as long as
// Understudy says that they may. It is middleware for net/http:
//
//	g, err := gate.New(gate.Options{
//		URL: "https://understudy.example.com", App: "portal", Token: os.Getenv("UNDERSTUDY_TOKEN"),
//		Staff: func(r *http.Request) string { return sessions.Of(r).StaffEmail },
//	})
//	go g.Run(ctx)
//	http.ListenAndServe(address, g.Wrap(app))
//
// A handler of the app asks [From] who acts for whom. Everything else is done
// before it is called: an agent comes in by a link, is limited and shown a
// banner, and is out when the grant ends.
//
// Nothing is kept here that another process of the app would have to know. The
// grant's token is in a cookie of its own, which is of use only to whoever is
// signed in as the agent that it names. What the bot tells of ended grants is in
// memory, and is told anew to each process.
//
// Whatever isn't certain lets nobody act: then a request that would change
// something is refused, instead of being done as the agent themselves.
package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/bot/loopback"
)

// Options say which app it is. All but those with a default are required.
type Options struct {
	URL   string // the bot's address; https, or on this machine
	App   string // the name that flows give the app
	Token string // the app's token, from understudy token create --role app

	// Staff is the e-mail address of who is signed in to the app as a member of
	// staff; empty if nobody is.
	Staff func(*http.Request) string
	// SignIn is where they sign in, a path that takes next. The default is /login.
	SignIn string
	// SignedIn is when and how they last proved who they are, the time zero if that
	// isn't known: auth_time and amr, where the app has them from OpenID Connect. Nil
	// says that it never is; then no flow opens the app that wants a fresh sign-in.
	SignedIn func(*http.Request) (at time.Time, how []string)
	// SignInAgain is where they prove it anew though they are signed in, a path that
	// takes next, and max_age: how old the proof may be then, in seconds. Without it
	// they have to find their way by themselves.
	SignInAgain string
	// Home is where an agent begins who acts as a customer. The default is /.
	Home string
	// IsStaff says whether an account is a member of staff, as whom nobody may
	// act. Nil says that no account is.
	IsStaff func(ctx context.Context, account string) bool
	// Quiet keeps what agents do from the bot.
	Quiet bool
	// Issuer is what tokens are made in the name of. The default is what the bot says.
	Issuer string
	// Transport carries what is asked of the bot. Nil means [http.DefaultTransport].
	Transport http.RoundTripper
	// Now is the app's clock. Nil means [time.Now].
	Now func() time.Time
	// Log is told what went wrong. Nil means [slog.Default].
	Log *slog.Logger
}

// Gate is the middleware.
type Gate struct {
	Options
	bot     *bot
	keys    *keys
	running *running
	deeds   *deeds
	renewal renewals
}

// Path is what all paths of the gate begin with.
const Path = "/understudy/"

// New makes the middleware. It asks the bot nothing before it is used.
func New(o Options) (*Gate, error) {
	address, err := url.Parse(o.URL)
	switch {
	case err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http":
		return nil, fmt.Errorf("the gate's URL is %q: give the bot's address", o.URL)
	case address.Scheme == "http" && !loopback.Is(address.Hostname()):
		return nil, fmt.Errorf("the gate's URL is %q: the app's token would cross the network for all to read; give one with https", o.URL)
	case o.App == "" || o.Token == "" || o.Staff == nil:
		return nil, errors.New("the gate needs the app's name, its token, and a function that says who is signed in")
	}
	o.SignIn, o.Home = cmp.Or(o.SignIn, "/login"), cmp.Or(o.Home, "/")
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	b := &bot{url: strings.TrimSuffix(o.URL, "/"), token: o.Token, http: &http.Client{Transport: o.Transport, CheckRedirect: stay}}
	return &Gate{Options: o, bot: b, keys: &keys{bot: b, issuer: o.Issuer}, running: newRunning(), deeds: newDeeds()}, nil
}

// stay follows no redirect, which would take the app's token elsewhere. The bot makes none.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Run listens to the bot, and tells it what agents did, until ctx ends. Without
// it an agent whose grant ended is out when their token is over, five minutes
// later at most, and nothing is told.
func (g *Gate) Run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.report(ctx)
	}()
	g.listen(ctx)
	<-done
}

// Wrap is the app behind the gate.
func (g *Gate) Wrap(app http.Handler) http.Handler {
	own := g.pages()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		acting, problem := g.acting(w, r)
		if problem != nil && whole(r) && !ahead(r) {
			g.forget(w, r) // not before somebody sees it: until then what they send they mean as the customer
		}
		switch {
		case strings.HasPrefix(r.URL.Path, Path):
			own.ServeHTTP(w, r.WithContext(with(r.Context(), acting)))
		case problem != nil:
			g.over(w, r, problem)
		case acting == nil:
			app.ServeHTTP(w, r)
		default:
			g.serve(w, r, acting, app)
		}
	})
}

// acting is as whom the request acts; nil if as nobody else. A problem says why
// somebody who acted doesn't any more: then the request isn't to be served.
func (g *Gate) acting(w http.ResponseWriter, r *http.Request) (*Acting, *Problem) {
	raw := cookieOf(r, tokenCookie)
	if raw == "" {
		return nil, nil
	}
	claims, err := g.keys.read(r.Context(), raw)
	if err == nil {
		err = claims.CheckSource(claims.Issuer, g.App) // whose issuer the keys are of
	}
	if err != nil || token.FoldEmail(claims.Actor.Subject) != token.FoldEmail(g.Staff(r)) {
		return nil, &Problem{Title: "No access", Detail: "You don't act as a customer here any more, because somebody else signed in, or because it can't be verified. Nothing was done.", Status: http.StatusForbidden}
	}
	if g.running.over(claims.Case, claims.IssuedAt.Time()) {
		return nil, ended(claims)
	}
	now := g.Now()
	if claims.Expiry.Time().Sub(now) < renewal {
		claims, err = g.renew(w, r, raw, claims)
		if problem, ok := errors.AsType[*Problem](err); ok && problem.Status < http.StatusInternalServerError {
			return nil, ended(claims)
		}
		if err != nil { // the bot doesn't answer: the token is good to its end
			g.Log.WarnContext(r.Context(), "having a grant go on", "error", err, "case", claims.Case)
		}
	}
	if err := claims.Check(claims.Issuer, g.App, now); err != nil {
		return nil, ended(claims)
	}
	return actingOf(claims), nil
}

// renewal is how long before a token's end it is renewed.
const renewal = time.Minute

func ended(c token.Claims) *Problem {
	return &Problem{Title: "Access ended", Detail: "Your access to " + c.Name + " has ended. What you do from now on, you do as yourself.", Status: http.StatusForbidden}
}

// serve has the app serve an agent who acts as a customer.
func (g *Gate) serve(w http.ResponseWriter, r *http.Request, acting *Acting, app http.Handler) {
	if acting.ReadOnly() && !harmless(r) {
		g.refuse(w, r, acting, "Read-only", "You may look at everything of "+acting.Subject.Name+", and change nothing. Nothing was done.")
		return
	}
	page := g.page(w, r, acting)
	status := http.StatusInternalServerError // if the app breaks
	if !g.Quiet && !harmless(r) {
		defer func() { g.deeds.add(cookieOf(r, tokenCookie), deedOf(r, status, g.Now())) }()
	}
	ctx, done := g.running.serve(r.Context(), acting.Case, acting.issued, acting.Until.Sub(g.Now())+token.Leeway)
	defer done()
	app.ServeHTTP(page, plainly(r).WithContext(with(ctx, acting)))
	page.finish()
	status = page.status()
}

// harmless says whether a request changes nothing, by what HTTP says of methods.
// What a socket that is opened would be used for, nobody knows.
func harmless(r *http.Request) bool {
	for _, header := range []string{"Upgrade", "X-Http-Method-Override", "X-Http-Method", "X-Method-Override"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	return looks(r.Method)
}

func looks(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// plainly is the request without what would have the app answer with less than
// the whole page, which the banner couldn't be in.
func plainly(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	for _, header := range []string{"Accept-Encoding", "Range", "If-Range", "If-None-Match", "If-Modified-Since"} {
		r.Header.Del(header)
	}
	return r
}
