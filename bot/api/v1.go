package api

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// V1 is the API under /v1, which openapi.json describes. Every request has a
// bearer token, whose role says what it may do; every error is a [Problem].
type V1 struct {
	// Ledger is the store; nil while it isn't this process's.
	Ledger func() *store.Ledger
	// World is asked by plans. Nil asks nobody.
	World *provision.World
	Rules map[string]flows.Flow
	// AdminToken is the first token's secret, empty if there is none.
	AdminToken string
	// OfFile says that the program has a file of flows, which alone changes them.
	OfFile bool
	// Keys sign what apps get, in the name of Issuer: the address by which apps
	// reach the bot, without a slash at its end.
	Keys   *grant.Keyring
	Issuer string
	// Ask begins a case for somebody in an app. The error is a *[Refusal] if they
	// can mend it.
	Ask func(context.Context, Asking) (approval.Case, error)
	// Committed is told what an app did to a case. Nil tells nobody.
	Committed func(store.Result)
	Now       func() time.Time
	Log       zerolog.Logger

	listening listening
}

// most is how large a request's body may be, in bytes.
const most = 1 << 20

// call is one request by somebody who may make it.
type call struct {
	*http.Request
	ledger *store.Ledger
	by     store.Token
	header http.Header // of the answer
}

// Handler serves the API.
func (v *V1) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, route := range v.routes() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { v.serve(w, r, route) })
	}
	v.wellKnown(mux)
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		problem(http.StatusNotFound, typeMissing, "Not found", fmt.Sprintf("The API has no %s %s; its description is at /v1/openapi.json.", r.Method, r.URL.Path)).write(w, v.Log)
	})
	mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, json.RawMessage(openapi), v.Log)
	})
	return mux
}

type answer func(context.Context, call) (status int, value any, err error)

// route is what answers one kind of request, and who may make it.
type route struct {
	role   store.Role
	answer answer
	// stream is instead of answer, for what has no end.
	stream func(context.Context, call, http.ResponseWriter) error
}

func (v *V1) routes() map[string]route {
	look := func(a answer) route { return route{role: store.Read, answer: a} }
	operate := func(a answer) route { return route{role: store.Operate, answer: a} }
	admin := func(a answer) route { return route{role: store.Admin, answer: a} }
	app := func(a answer) route { return route{role: store.ForApp, answer: a} }
	return map[string]route{
		"GET /v1/flows":                      look(v.listFlows),
		"POST /v1/flows":                     operate(v.createFlow),
		"GET /v1/flows/{flow}":               look(v.readFlow),
		"PUT /v1/flows/{flow}":               operate(v.updateFlow),
		"DELETE /v1/flows/{flow}":            operate(v.deleteFlow),
		"GET /v1/flows/{flow}/versions":      look(v.flowVersions),
		"POST /v1/plan":                      look(v.plan),
		"GET /v1/cases":                      look(v.listCases),
		"GET /v1/cases/{case}":               look(v.readCase),
		"GET /v1/schedules":                  look(v.listSchedules),
		"GET /v1/schedules/{schedule}":       look(v.readSchedule),
		"GET /v1/tokens":                     admin(v.listTokens),
		"POST /v1/tokens":                    admin(v.createToken),
		"DELETE /v1/tokens/{token}":          admin(v.revokeToken),
		"POST /v1/keys":                      admin(v.rotateKeys),
		"GET /v1/keys/webhook/{app}":         admin(v.webhookSecret),
		"GET /v1/webhooks":                   look(v.listWebhooks),
		"POST /v1/webhooks/replay":           operate(v.replayWebhooks),
		"POST /v1/webhooks/{webhook}/replay": operate(v.replayWebhook),
		"POST /v1/cases":                     app(v.ask),
		"GET /v1/cases/{case}/standing":      app(v.readStanding),
		"POST /v1/grants/redeem":             app(v.redeem),
		"POST /v1/grants/refresh":            app(v.refresh),
		"POST /v1/grants/deeds":              app(v.keepDeeds),
		"GET /v1/grants/stream":              {role: store.ForApp, stream: v.stream},
		"POST /v1/introspect":                app(v.introspect),
		"POST /v1/revoke":                    app(v.revoke),
	}
}

func (v *V1) serve(w http.ResponseWriter, r *http.Request, to route) {
	r.Body = http.MaxBytesReader(w, r.Body, most)
	status, value, err := v.answer(r, to, w)
	if err != nil {
		p := v.problem(err)
		if p.Status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", p.challenge())
		}
		p.write(w, v.Log)
		return
	}
	switch {
	case to.stream != nil: // it has written by itself
		return
	case status == http.StatusNoContent:
		w.WriteHeader(status)
		return
	}
	write(w, status, value, v.Log)
}

func (v *V1) answer(r *http.Request, to route, w http.ResponseWriter) (int, any, error) {
	ledger := v.Ledger()
	if ledger == nil {
		return 0, nil, notReady()
	}
	by, err := v.token(r, ledger)
	if err != nil {
		return 0, nil, err
	}
	if !by.Role.Allows(to.role) {
		if to.role == store.ForApp {
			return 0, nil, problem(http.StatusForbidden, typeRole, "Forbidden", fmt.Sprintf("The token %s has the role %s, and this is for apps alone. Nothing was opened. Use the app's own token; understudy token create --role app --app NAME makes one.", by.Name, by.Role))
		}
		return 0, nil, problem(http.StatusForbidden, typeRole, "Forbidden", fmt.Sprintf("The token %s has the role %s, and this needs %s. Nothing was changed. Use a token of that role; understudy token create makes one.", by.Name, by.Role, to.role))
	}
	c := call{r, ledger, by, w.Header()}
	if to.stream != nil {
		return 0, nil, to.stream(r.Context(), c, w)
	}
	return to.answer(r.Context(), c)
}

// token is whose token the request bears.
func (v *V1) token(r *http.Request, ledger *store.Ledger) (store.Token, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return store.Token{}, problem(http.StatusUnauthorized, typeAuth, "No token", "The request bears no token: send it as “Authorization: Bearer …”.")
	}
	if v.AdminToken != "" && subtle.ConstantTimeCompare([]byte(store.HashToken(secret)), []byte(store.HashToken(v.AdminToken))) == 1 {
		return store.Token{Name: firstToken, Role: store.Admin}, nil
	}
	t, err := ledger.Token(r.Context(), secret)
	if errors.Is(err, store.ErrNotFound) {
		return t, problem(http.StatusUnauthorized, typeAuth, "Unknown token", "This token isn't known, or was revoked. Ask whoever has an admin token for another one.")
	}
	return t, err
}

// problem is what a client is told of an error. Its cause stays in the log.
func (v *V1) problem(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if conflict, ok := errors.AsType[*store.FlowConflictError](err); ok {
		p := problem(http.StatusPreconditionFailed, typeConflict, "Changed meanwhile", fmt.Sprintf("Nothing was changed, because %v. Read it again, and plan again.", conflict))
		p.Current = conflict.Now.Version
		return p
	}
	if open, ok := errors.AsType[*store.OpenCasesError](err); ok {
		return problem(http.StatusConflict, TypeOpenCases, "Cases are open", fmt.Sprintf("The flow wasn't deleted, because %v. They go on to their ends as they began; ask again with open_cases=keep, or wait.", open))
	}
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		p := wrong(refusal.Field, refusal.Text)
		p.Title, p.Detail = "Nothing was asked", refusal.Text
		return p
	}
	if errors.Is(err, store.ErrClosed) { // since this request began
		return notReady()
	}
	if errors.Is(err, store.ErrNotFound) {
		return problem(http.StatusNotFound, typeMissing, "Not found", "There is nothing under this name: "+err.Error()+".")
	}
	if errors.Is(err, context.Canceled) { // the client has gone, and reads no answer
		return problem(http.StatusServiceUnavailable, typeStarting, "Cancelled", "The request was taken back before it was done. Whether anything was changed isn't known: read it again.")
	}
	v.Log.Error().Err(err).Msg("a request to the API")
	return problem(http.StatusInternalServerError, typeInside, "It failed", "The bot couldn't do this, and its log says why. Whether anything was changed isn't known: read it again.")
}

func notReady() *Problem {
	return problem(http.StatusServiceUnavailable, typeStarting, "Not ready", "The bot is starting, or is handing its store over to another process. Nothing was changed. Try again in a moment.")
}

// read reads the call's body, strictly.
func (c call) read(into any) error {
	data, err := io.ReadAll(c.Body)
	if err != nil {
		return problem(http.StatusRequestEntityTooLarge, typeRequest, "Too large", fmt.Sprintf("The request couldn't be read, or is larger than %d bytes.", most))
	}
	if err := provision.ReadStrictly(data, into); err != nil {
		return problem(http.StatusBadRequest, typeRequest, "Not understood", "The request's body isn't the JSON that is expected here: "+err.Error()+".")
	}
	return nil
}

// Unprotected answers in the place of the API where a token would cross a
// network for all to read.
func Unprotected(log zerolog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem(http.StatusForbidden, typePlain, "No TLS", "The API isn't served here, because this address has no TLS and can be reached from other machines. If you sent a token, revoke it. Set UNDERSTUDY_TLS_CERT and UNDERSTUDY_TLS_KEY, or UNDERSTUDY_PLAIN_API if something in front of the bot has TLS.").write(w, log)
	})
}
