package gate

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pages are the gate's own.
func (g *Gate) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"open", g.open)
	mux.HandleFunc("POST "+Path+"end", g.end)
	mux.HandleFunc("POST "+Path+"ask", g.ask)
	mux.HandleFunc("GET "+Path+"wait", g.wait)
	own := http.NewCrossOriginProtection().Handler(mux) // and each form has a mark besides
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer") // a path may have a code in it
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		own.ServeHTTP(w, r)
	})
}

// open takes a link's code.
func (g *Gate) open(w http.ResponseWriter, r *http.Request) {
	if ahead(r) {
		w.WriteHeader(http.StatusServiceUnavailable) // of which a browser keeps nothing, and asks again
		return
	}
	email := g.Staff(r)
	if email == "" {
		g.signIn(w, r)
		return
	}
	g.letIn(w, r, g.Home, redemption{Code: r.FormValue("code"), Email: email})
}

// ahead says whether nobody has clicked yet: a program looks at what is behind a
// link, or a browser at what might be clicked. The code isn't used up by that.
func ahead(r *http.Request) bool {
	purpose := r.Header.Get("Sec-Purpose") + r.Header.Get("Purpose") + r.Header.Get("X-Purpose") + r.Header.Get("X-Moz")
	return r.Method != http.MethodGet || purpose != ""
}

func (g *Gate) signIn(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, g.SignIn+"?next="+url.QueryEscape(Local(r.URL.RequestURI())), http.StatusSeeOther)
}

// letIn has somebody act as the customer whom a grant is for.
func (g *Gate) letIn(w http.ResponseWriter, r *http.Request, next string, redeeming redemption) {
	if acting := From(r.Context()); acting != nil {
		g.show(w, notice{
			Title: "You act as " + acting.Subject.Name, Status: http.StatusConflict,
			Detail: "Nobody acts as two customers at a time, so nothing was opened. End the access to " + acting.Subject.Name + " first, then click Open as … in Slack again.",
			Mark:   g.formMark(acting.Actor.Email), End: true,
		})
		return
	}
	redeeming.signedIn = g.signedIn(r)
	o, err := g.bot.redeem(r.Context(), redeeming)
	if problem, ok := errors.AsType[*Problem](err); ok && problem.Type == typeFresh {
		g.signInAgain(w, r, problem)
		return
	}
	if err != nil {
		g.fail(w, r, err)
		return
	}
	if g.IsStaff != nil && g.IsStaff(r.Context(), o.Grant.Subject.ID) {
		if err := g.bot.revoke(r.Context(), o.Token); err != nil {
			g.Log.ErrorContext(r.Context(), "ending a grant for a member of staff", "error", err, "case", o.Grant.Case)
		}
		g.show(w, notice{Title: "Not a customer", Status: http.StatusForbidden, Detail: o.Grant.Subject.Name + " is a member of staff, as whom nobody may act. Nothing was opened, and the access is ended."})
		return
	}
	if _, err := g.keys.readOwn(r.Context(), o.Token); err != nil {
		g.fail(w, r, err)
		return
	}
	g.running.began(o.Grant.Case)
	g.set(w, r, tokenCookie, o.Token)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// end ends the grant: the agent is done.
func (g *Gate) end(w http.ResponseWriter, r *http.Request) {
	raw := cookieOf(r, tokenCookie)
	if !g.ofOwnForm(r) {
		g.show(w, foreignForm())
		return
	}
	if raw != "" {
		g.deeds.now()
		acting := From(r.Context())
		if err := g.bot.revoke(r.Context(), raw); err != nil {
			g.Log.ErrorContext(r.Context(), "ending a grant", "error", err)
			g.forget(w, r)
			g.show(w, notice{Title: "Ended here only", Status: http.StatusBadGateway, Detail: "You don't act as a customer in this browser any more. Understudy didn't answer, so the access itself goes on to its end: end it in Slack."})
			return
		}
		if acting != nil {
			g.running.end(acting.Case, g.Now()) // the stream tells it too, in a moment
		}
	}
	g.forget(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func foreignForm() notice {
	return notice{Title: "Nothing was done", Status: http.StatusForbidden, Detail: "This didn't come from a page that you have open here as yourself. Go back, load it again, and try once more."}
}

// RequireGrant is a handler for agents who act as the account that the request is
// about. Who doesn't yet is asked why, and waits there until it is decided.
func (g *Gate) RequireGrant(flow string, account func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		acting, wanted := From(r.Context()), account(r)
		switch email := g.Staff(r); {
		case acting != nil && acting.Subject.ID == wanted:
			next.ServeHTTP(w, r)
		case acting != nil:
			g.refuse(w, r, acting, "Another customer's", "You act as "+acting.Subject.Name+". End that first. Nothing was done.")
		case email == "":
			g.signIn(w, r)
		case r.Method != http.MethodGet:
			g.show(w, notice{Title: "No access yet", Status: http.StatusForbidden, Detail: "This needs an access to the customer that you don't have. Nothing was done. Open the page, and ask for it there."})
		default:
			g.show(w, notice{
				Title: "Ask for access", Status: http.StatusForbidden, Detail: "You need access to " + wanted + ". Say why; whoever decides reads it, and this page goes on by itself.",
				Mark: g.formMark(email), Ask: true, Flow: flow, Account: wanted, Next: r.URL.RequestURI(),
			})
		}
	})
}

// ask starts a request from within the app.
func (g *Gate) ask(w http.ResponseWriter, r *http.Request) {
	email := g.Staff(r)
	switch {
	case email == "":
		http.Redirect(w, r, g.SignIn, http.StatusSeeOther)
		return
	case !g.ofOwnForm(r):
		g.show(w, foreignForm())
		return
	}
	s, err := g.bot.ask(r.Context(), r.PostFormValue("flow"), r.PostFormValue("account"), r.PostFormValue("reason"), email)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	g.set(w, r, askedCookie, g.asked(s.Case, email))
	http.Redirect(w, r, Path+"wait?"+url.Values{"case": {s.Case}, "next": {Local(r.PostFormValue("next"))}}.Encode(), http.StatusSeeOther)
}

// Local is the path if it is one of this app, and / if it is anything else: an app's
// page for signing in leads nowhere else with the next that it is given.
func Local(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}

// waitAgain is how often the page looks whether it is decided.
const waitAgain = 2 * time.Second

// wait shows how a request stands, until it is decided.
func (g *Gate) wait(w http.ResponseWriter, r *http.Request) {
	id, next, email := r.FormValue("case"), Local(r.FormValue("next")), g.Staff(r)
	if email == "" {
		g.signIn(w, r)
		return
	}
	if !g.hasAsked(r, id) {
		g.show(w, notice{Title: "Not your request", Status: http.StatusForbidden, Detail: "Only who asked sees how a request stands here. Yours are in Slack, on the App Home of Understudy."})
		return
	}
	s, err := g.bot.standing(r.Context(), id)
	switch {
	case err != nil:
		g.fail(w, r, err)
	case s.Over:
		detail := "Your request for " + s.Subject.Name + " is over (" + strings.ReplaceAll(s.Status, "_", " ") + ")."
		if s.Why != "" {
			detail += " The reason: " + s.Why + "."
		}
		g.show(w, notice{Title: "No access", Status: http.StatusForbidden, Detail: detail})
	case s.Status == "active" && s.Slack:
		g.show(w, notice{Title: "Open it from Slack", Status: http.StatusOK, Detail: "Your request for " + s.Subject.Name + " was made in Slack, and is approved. Click Open as " + s.Subject.Name + " there."})
	case s.Status == "active":
		g.letIn(w, r, next, redemption{Case: id, Email: email})
	default:
		detail := "It is being found out who decides your request for " + s.Subject.Name + "."
		if len(s.Asked) > 0 {
			detail = "Your request for " + s.Subject.Name + " is being decided. Asked: " + strings.Join(s.Asked, ", ") + "."
		}
		g.show(w, notice{Title: "Waiting for approval", Status: http.StatusOK, Detail: detail + " This page goes on by itself.", Again: waitAgain})
	}
}

// fail says why the bot opened nothing.
func (g *Gate) fail(w http.ResponseWriter, r *http.Request, err error) {
	if problem, ok := errors.AsType[*Problem](err); ok && problem.Status < http.StatusInternalServerError && problem.Status != http.StatusUnauthorized {
		g.show(w, notice{Title: problem.Title, Detail: problem.Detail, Status: problem.Status})
		return
	}
	g.Log.ErrorContext(r.Context(), "asking the bot", "error", err)
	g.show(w, notice{Title: "Understudy doesn't answer", Status: http.StatusBadGateway, Detail: "Whether you may act as this customer can't be known now, so nothing was opened. Try again in a moment; if it keeps failing, tell the people who run this app."})
}

// refuse answers what an agent may not do.
func (g *Gate) refuse(w http.ResponseWriter, r *http.Request, a *Acting, title, detail string) {
	g.Log.InfoContext(r.Context(), "refused to who acts as a customer", "case", a.Case, "method", r.Method, "path", r.URL.Path)
	g.show(w, notice{Title: title, Detail: detail, Status: http.StatusForbidden, Banner: template.HTML(g.banner(a))}) //nolint:gosec // the banner is a template's, escaped
}

// over answers the first request after an access ended. It isn't served as the
// agent's own: they meant to do it as the customer.
func (g *Gate) over(w http.ResponseWriter, r *http.Request, p *Problem) {
	status := p.Status
	if looks(r.Method) {
		status = http.StatusOK // a page, which says so, in the place of the one that was asked for
	}
	if r.Method == http.MethodGet && !whole(r) {
		status = http.StatusForbidden
	}
	w.Header().Set("Cache-Control", "no-store")
	g.show(w, notice{Title: p.Title, Detail: p.Detail, Status: status, Back: r.Method == http.MethodGet})
}

// notice is one of the gate's pages.
type notice struct {
	Title, Detail string
	Status        int
	Mark          string // of its form
	End, Ask      bool   // which form
	Flow, Account string
	Next          string
	Again         time.Duration
	Back          bool // a link to where they are themselves
	SignIn        string
	Banner        template.HTML
}

// AgainSeconds is how soon the page loads itself again.
func (n notice) AgainSeconds() int { return int(n.Again / time.Second) }

var noticeHTML = template.Must(template.New("notice").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title>
{{if .Again}}<meta http-equiv="refresh" content="{{.AgainSeconds}}">{{end}}
<style>body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1d1c1d}main{max-width:34em;margin:12vh auto;padding:0 24px}h1{font-size:24px}textarea{width:100%;box-sizing:border-box;font:inherit;padding:8px}button{font:inherit;padding:8px 20px;margin-top:12px}</style></head>
<body>{{.Banner}}<main><h1>{{.Title}}</h1><p>{{.Detail}}</p>
{{if .End}}<form method="post" action="` + Path + `end"><input type="hidden" name="understudy_csrf" value="{{.Mark}}"><button>End now</button></form>{{end}}
{{if .Ask}}<form method="post" action="` + Path + `ask"><input type="hidden" name="understudy_csrf" value="{{.Mark}}"><input type="hidden" name="flow" value="{{.Flow}}"><input type="hidden" name="account" value="{{.Account}}"><input type="hidden" name="next" value="{{.Next}}">
<label for="reason">Reason</label><textarea id="reason" name="reason" rows="4" maxlength="500" required autofocus></textarea><button>Ask</button></form>{{end}}
{{if .SignIn}}<p><a href="{{.SignIn}}">Sign in once more</a></p>{{end}}
{{if .Back}}<p><a href="/">Go on as yourself</a></p>{{end}}
</main></body></html>
`))

func (g *Gate) show(w http.ResponseWriter, n notice) {
	var b bytes.Buffer
	if err := noticeHTML.Execute(&b, n); err != nil {
		g.Log.Error("writing a page", "error", err) // the template is constant
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(n.Status)
	_, _ = w.Write(b.Bytes()) // whoever has gone needs no page
}
