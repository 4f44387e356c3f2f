package provision

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/bot/loopback"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// App is the customer's app that a flow's grants open, as people write it.
type App struct {
	// Name is the audience of its tokens. URL is where a link leads: the address
	// at which the app's middleware takes the code.
	Name string `json:"name"`
	URL  string `json:"url"`
	// Title is what people call it, on cards and where a customer is asked. Empty
	// is its name.
	Title string `json:"title,omitempty"`
	// Scope is "read_only", which is the default, or "full".
	Scope string `json:"scope,omitempty"`
	// Clock says from when the time counts: "opening", which is the default, or
	// "approval".
	Clock string `json:"clock,omitempty"`
	// Confirm has the requester type the customer's name before a link is made.
	Confirm bool `json:"confirm,omitempty"`
	// FreshSignIn is how long ago the requester may have proved to the app who they
	// are when a link opens it, such as "5m". Empty doesn't ask.
	FreshSignIn string `json:"fresh_sign_in,omitempty"`
	// HideReason keeps the reason from the app.
	HideReason bool `json:"hide_reason,omitempty"`
	// Webhook is where the bot tells the app of its grants. Empty tells it nothing.
	Webhook string `json:"webhook,omitempty"`
}

const (
	clockOpening  = "opening"
	clockApproval = string(approval.FromApproval)
)

const (
	longestURL   = 500 // bytes
	longestTitle = 40  // characters; a button has it, and the customer's name besides
)

// A sign-in that may be older than a day's work isn't a fresh one.
const (
	shortestFresh = time.Minute
	longestFresh  = 12 * time.Hour
)

// readApp is nil where the flow opens none.
func (r Record) readApp() (app *approval.App, problems []Problem) {
	if r.App == nil {
		return nil, nil
	}
	a := *r.App
	if !flowName.MatchString(a.Name) {
		problems = append(problems, problem("app.name", "%q isn't a name of a-z, 0-9, - and _, of 63 characters at most", a.Name))
	}
	if !Printable(a.Title) || strings.TrimSpace(a.Title) != a.Title || utf8.RuneCountInString(a.Title) > longestTitle {
		problems = append(problems, problem("app.title", "%q isn't what people call an app: write %d visible characters at most, or leave it out", a.Title, longestTitle))
	}
	if why := unfitForApps(a.URL); why != "" {
		problems = append(problems, problem("app.url", "%q %s; write the https:// address at which the app takes the code", a.URL, why))
	}
	if why := unfitForApps(a.Webhook); a.Webhook != "" && why != "" {
		problems = append(problems, problem("app.webhook", "%q %s; write the https:// address at which the app hears of its grants, or leave it out", a.Webhook, why))
	}
	app = &approval.App{Name: a.Name, Title: a.Title, URL: a.URL, Confirm: a.Confirm, HideReason: a.HideReason, Webhook: a.Webhook}
	if fresh, err := time.ParseDuration(a.FreshSignIn); a.FreshSignIn != "" {
		if err != nil || fresh < shortestFresh || fresh > longestFresh || fresh%time.Second != 0 {
			problems = append(problems, problem("app.fresh_sign_in", `%q isn't a time of whole seconds between %s and %s, such as "5m"; leave it out if any sign-in will do`, a.FreshSignIn, short(shortestFresh), short(longestFresh)))
		}
		app.FreshSignIn = fresh
	}
	switch a.Scope {
	case "", token.ScopeReadOnly:
	case token.ScopeFull:
		app.Scope = approval.FullAccess
	default:
		problems = append(problems, problem("app.scope", "%q isn't %q or %q", a.Scope, token.ScopeReadOnly, token.ScopeFull))
	}
	switch a.Clock {
	case "", clockOpening:
	case clockApproval:
		app.Clock = approval.FromApproval
	default:
		problems = append(problems, problem("app.clock", "%q isn't %q or %q", a.Clock, clockOpening, clockApproval))
	}
	return app, problems
}

// unfitForApps says why neither a code nor a notice can be sent to this address,
// empty if they can.
func unfitForApps(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || !Printable(address) || len(address) > longestURL:
		return "isn't a web address of 500 bytes at most"
	case u.User != nil || u.Fragment != "" || u.Query().Has("code"):
		return "has a password, a fragment or a code of its own"
	case u.Scheme == "http" && loopback.Is(u.Hostname()):
		return ""
	case u.Scheme != "https":
		return "would send what is for the app alone over the network for all to read"
	}
	return ""
}

// ofApp is the record of an app, with nothing left to a default.
func ofApp(a *approval.App) *App {
	if a == nil {
		return nil
	}
	app := &App{Name: a.Name, Title: a.Title, URL: a.URL, Scope: grant.Scope(*a), Clock: clockOpening, Confirm: a.Confirm, HideReason: a.HideReason, Webhook: a.Webhook}
	if a.FreshSignIn > 0 {
		app.FreshSignIn = short(a.FreshSignIn)
	}
	if a.Clock == approval.FromApproval {
		app.Clock = clockApproval
	}
	return app
}

// fields are the app's, as text; nothing where there is no app.
func (a *App) fields() map[string]string {
	if a == nil {
		return nil
	}
	texts := map[string]string{
		"app.name": a.Name, "app.url": a.URL, "app.scope": a.Scope, "app.clock": a.Clock,
		"app.confirm": strconv.FormatBool(a.Confirm), "app.hide_reason": strconv.FormatBool(a.HideReason),
	}
	for name, text := range map[string]string{"app.title": a.Title, "app.webhook": a.Webhook, "app.fresh_sign_in": a.FreshSignIn} {
		if text != "" {
			texts[name] = text
		}
	}
	return texts
}

// checkApp warns where an app can't redeem what it is linked to with.
func (p *Planner) checkApp(ctx context.Context, plan *Plan, app *approval.App) error {
	if app == nil {
		return nil
	}
	all, _, err := p.Ledger.Tokens(ctx)
	if err != nil {
		return err
	}
	theirs := func(t store.Token) bool { return t.Role == store.ForApp && t.App == app.Name && !t.Revoked() }
	if !slices.ContainsFunc(all, theirs) {
		plan.warn("app.name", "no token lets the app %s in, so that its links open nothing: make one with understudy token create %s --role app --app %s", app.Name, app.Name, app.Name)
	}
	return nil
}

// checkCustomers warns where customers can't be asked whom the rules may ask, by
// their source.
func (p *Plan) checkCustomers(rule flows.Flow, app *approval.App) {
	asks := strings.Contains(rule.Source, "Customer()") || strings.Contains(rule.Source, "WithConsent()")
	if asks && (app == nil || app.Webhook == "") {
		p.warn("app.webhook", "the rules may ask the customer, whom only an app with a webhook can ask: without one such a request goes on to its route's OrElse, or is refused")
	}
}
