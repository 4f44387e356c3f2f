// Package portal is the customers' app of the demo: a small billing portal with
// accounts, invoices and a button that does harm. It is what an app looks like
// that lets agents in by package gate: all that it has of that is in [New], in the
// three handlers that are wrapped there, and in mail.go, which writes to customers.
//
// Its members of staff are the people of the demo's workspace, and sign in by
// saying who they are: everybody who reaches the demo is everybody there.
package portal

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/grant/gate"
)

// Name is what flows call the portal, Title what its pages do.
const (
	Name  = "portal"
	Title = "Harbor Billing"
)

// Options are what a portal is made of.
type Options struct {
	Bot      string // its address
	Token    string // the portal's, of the role app
	Accounts accounts.Directory
	Staff    []Person
	Flow     string // by which staff ask within the portal
	// Secret is what the bot's webhooks are verified with. Nil hears of nothing.
	Secret func(context.Context) (string, error)
	Now    func() time.Time
	Log    *slog.Logger
}

// Person is a member of staff.
type Person struct{ Name, Email string }

// Portal is the app.
type Portal struct {
	http.Handler

	o    Options
	gate *gate.Gate

	mu     sync.Mutex
	staff  map[string]session
	voided map[string]bool // invoices, by account and number
	// letters are to customers, in the order in which they were written.
	letters []letter
}

// session is who is signed in, and when they said so.
type session struct {
	email string
	at    time.Time
}

// New makes the portal, and the gate before it.
func New(o Options) (*Portal, error) {
	p := &Portal{o: o, staff: map[string]session{}, voided: map[string]bool{}}
	var err error
	p.gate, err = gate.New(gate.Options{
		URL: o.Bot, App: Name, Token: o.Token, Now: o.Now, Log: o.Log,
		Staff: p.signedIn, SignIn: "/sign-in", SignedIn: p.proof, SignInAgain: "/sign-in", // it asks who they are each time
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.home)
	mux.HandleFunc("GET /sign-in", p.showSignIn)
	mux.HandleFunc("POST /sign-in", p.signIn)
	mux.HandleFunc("POST /sign-out", p.signOut)
	mux.HandleFunc("GET /mail", p.mail)
	mux.HandleFunc("POST "+WebhookPath, p.hear)
	mux.HandleFunc("POST /invoices/{invoice}/void", p.void)
	mux.Handle("GET /export", p.gate.Dangerous(http.HandlerFunc(p.export)))
	mux.Handle("POST /password", p.gate.Never(http.HandlerFunc(p.password)))
	mux.Handle("GET /accounts/{account}", p.gate.RequireGrant(o.Flow, func(r *http.Request) string { return r.PathValue("account") }, http.HandlerFunc(p.home)))
	p.Handler = p.gate.Wrap(http.NewCrossOriginProtection().Handler(mux))
	return p, nil
}

// Run listens to the bot until ctx ends.
func (p *Portal) Run(ctx context.Context) { p.gate.Run(ctx) }

const sessionCookie = "portal_session"

func (p *Portal) signedIn(r *http.Request) string { return p.session(r).email }

// proof is when and how they proved who they are: by saying so.
func (p *Portal) proof(r *http.Request) (at time.Time, how []string) {
	return p.session(r).at, []string{"user"}
}

func (p *Portal) session(r *http.Request) session {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return session{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.staff[cookie.Value]
}

func (p *Portal) showSignIn(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, "sign-in.html", http.StatusOK, map[string]any{"Next": gate.Local(r.FormValue("next"))})
}

func (p *Portal) signIn(w http.ResponseWriter, r *http.Request) {
	email := r.PostFormValue("email")
	for _, person := range p.o.Staff {
		if person.Email != email {
			continue
		}
		id := rand.Text()
		p.forget(r) // whoever has a copy of the session of before has nothing of this one
		p.mu.Lock()
		p.staff[id] = session{email, p.o.Now()}
		p.mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // it is served to this machine, without TLS
		http.Redirect(w, r, gate.Local(r.PostFormValue("next")), http.StatusSeeOther)                                              //nolint:gosec // Local sees to it
		return
	}
	p.show(w, r, "notice.html", http.StatusForbidden, map[string]any{"Title": "Nobody of ours", "Text": "No member of staff has this address."})
}

func (p *Portal) signOut(w http.ResponseWriter, r *http.Request) {
	p.forget(r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// forget ends the session that the request comes with.
func (p *Portal) forget(r *http.Request) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		p.mu.Lock()
		delete(p.staff, cookie.Value)
		p.mu.Unlock()
	}
}

// home is what the customer sees, whoever acts as them; and for staff as
// themselves, whom they could help.
func (p *Portal) home(w http.ResponseWriter, r *http.Request) {
	acting, email := gate.From(r.Context()), p.signedIn(r)
	switch {
	case acting != nil:
		p.account(w, r, acting.Subject.ID, acting.Subject.Name)
	case email != "":
		found, err := p.o.Accounts.Search(r.Context(), "", email, mostListed)
		if err != nil {
			p.fail(w, r, err)
			return
		}
		p.show(w, r, "staff.html", http.StatusOK, map[string]any{"Accounts": found, "Staff": p.named(email)})
	default:
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	}
}

const mostListed = 12

func (p *Portal) account(w http.ResponseWriter, r *http.Request, id, name string) {
	found, err := p.o.Accounts.Get(r.Context(), id, "")
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, "account.html", http.StatusOK, map[string]any{
		"ID": id, "Name": name, "Plan": found.Plan, "Invoices": p.invoices(id), "Said": said(r.FormValue("done")),
	})
}

// said is what became of the last click.
func said(done string) string {
	return map[string]string{"void": "The invoice is void.", "password": "The password was changed."}[done]
}

func (p *Portal) named(email string) string {
	for _, person := range p.o.Staff {
		if person.Email == email {
			return person.Name
		}
	}
	return email
}

// void does harm: it is what read-only access is not for.
func (p *Portal) void(w http.ResponseWriter, r *http.Request) {
	acting := gate.From(r.Context())
	if acting == nil {
		p.nobody(w, r)
		return
	}
	p.mu.Lock()
	p.voided[acting.Subject.ID+"/"+r.PathValue("invoice")] = true
	p.mu.Unlock()
	http.Redirect(w, r, "/?done=void", http.StatusSeeOther)
}

// export only looks, and yet carries all of a customer's data away.
func (p *Portal) export(w http.ResponseWriter, r *http.Request) {
	acting := gate.From(r.Context())
	if acting == nil {
		p.nobody(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="invoices.csv"`)
	fmt.Fprintln(w, "number,date,amount,state")
	for _, one := range p.invoices(acting.Subject.ID) {
		fmt.Fprintf(w, "%s,%s,%s,%s\n", one.Number, one.Date, one.Amount, one.State)
	}
}

func (p *Portal) password(w http.ResponseWriter, r *http.Request) { p.nobody(w, r) }

// nobody answers staff who act as nobody but themselves.
func (p *Portal) nobody(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, "notice.html", http.StatusForbidden, map[string]any{"Title": "For customers", "Text": "You're signed in as a member of staff, and not as a customer. Nothing was done."})
}

func (p *Portal) fail(w http.ResponseWriter, r *http.Request, err error) {
	p.o.Log.ErrorContext(r.Context(), "reading the accounts", "error", err)
	p.show(w, r, "notice.html", http.StatusBadGateway, map[string]any{"Title": "Not now", "Text": "The accounts can't be read just now. Try again in a moment."})
}

//go:embed pages
var pages embed.FS

var templates = template.Must(template.ParseFS(pages, "pages/*.html")) //nolint:gochecknoglobals // read once, and never changed

func (p *Portal) show(w http.ResponseWriter, r *http.Request, page string, status int, data map[string]any) {
	data["People"], data["Who"] = p.o.Staff, p.signedIn(r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	if err := templates.ExecuteTemplate(w, page, data); err != nil {
		p.o.Log.ErrorContext(r.Context(), "writing a page of the portal", "error", err)
	}
}
