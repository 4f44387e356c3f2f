package slacksim

import (
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answer is a call's good answer, without "ok".
type answer map[string]any

// apiError is a call's bad answer.
type apiError struct {
	code     string
	messages []string // response_metadata.messages
	more     map[string]any
}

func (e *apiError) Error() string { return e.code }

func no(code string) error { return &apiError{code: code} }

// serveAPI answers a Web API call.
func (ws *Workspace) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	token, a, err := readCall(r)
	if err != nil {
		respond(w, http.StatusOK, map[string]any{"ok": false, "error": "invalid_form_data"})
		return
	}
	fault := ws.faultFor(name, a)
	if ws.refused(w, r, name, a, fault) {
		return
	}
	ws.grants(w, token)
	good, err := ws.call(name, token, a)
	if fault.kind == loseAnswer {
		ws.note(r, name, a, "answer lost")
		panic(http.ErrAbortHandler) // done, and the connection is cut
	}
	if err != nil {
		ws.note(r, name, a, err.Error())
		respond(w, http.StatusOK, badAnswer(err))
		return
	}
	ws.note(r, name, a, "")
	good["ok"] = true
	respond(w, http.StatusOK, good)
}

// refused answers a call whose fault keeps it from being done.
func (ws *Workspace) refused(w http.ResponseWriter, r *http.Request, name string, a args, fault Fault) bool {
	switch fault.kind {
	case rateLimited:
		ws.note(r, name, a, "ratelimited")
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(fault.wait.Seconds()))))
		respond(w, http.StatusTooManyRequests, map[string]any{"ok": false, "error": "ratelimited"})
	case status:
		ws.note(r, name, a, strconv.Itoa(fault.status))
		w.WriteHeader(fault.status)
	case hang:
		ws.note(r, name, a, "hang")
		<-r.Context().Done()
	default:
		return false
	}
	return true
}

// grants says in the answer's header which scopes the token has, as Slack does.
func (ws *Workspace) grants(w http.ResponseWriter, token string) {
	switch {
	case ws.revocation(token) != "":
	case token == ws.botToken:
		w.Header().Set("X-Oauth-Scopes", strings.Join(ws.o.Scopes, ","))
	case token == ws.appToken:
		w.Header().Set("X-Oauth-Scopes", "connections:write")
	}
}

func (ws *Workspace) call(name, token string, a args) (answer, error) {
	m, known := methodNamed(name)
	if !known {
		return nil, &apiError{code: "unknown_method", more: map[string]any{"req_method": name}}
	}
	if err := ws.authorise(m, token); err != nil {
		return nil, err
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return m.call(ws, a)
}

func (ws *Workspace) authorise(m method, token string) error {
	why := ws.revocation(token)
	switch {
	case token == "":
		return no("not_authed")
	case why != "":
		return no(why)
	case token != ws.appToken && token != ws.botToken:
		return no("invalid_auth")
	case m.app != (token == ws.appToken):
		return no("not_allowed_token_type")
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if m.scope != "" && !slices.Contains(ws.o.Scopes, m.scope) {
		return &apiError{code: "missing_scope", more: map[string]any{"needed": m.scope, "provided": strings.Join(ws.o.Scopes, ",")}}
	}
	return nil
}

func badAnswer(err error) map[string]any {
	bad := map[string]any{"ok": false, "error": err.Error()}
	if e, ok := errors.AsType[*apiError](err); ok {
		maps.Copy(bad, e.more)
		if len(e.messages) > 0 {
			bad["response_metadata"] = map[string]any{"messages": e.messages}
		}
	}
	return bad
}

func respond(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(encoded(v)) // a client that has gone reads nothing
}

// Call is a Web API call that was answered.
type Call struct {
	Time   time.Time         `json:"time"`
	Method string            `json:"method"`
	Args   map[string]string `json:"args"`            // without the token
	Error  string            `json:"error,omitempty"` // empty if it was answered well
	Person string            `json:"-"`               // the id of the one person who would see what it does, if there is one
}

const callsKept = 10_000

func (ws *Workspace) note(r *http.Request, name string, a args, problem string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c := Call{Time: ws.now(), Method: name, Args: map[string]string{}, Error: problem, Person: ws.sees(r.PathValue("id"), a)}
	for key := range a {
		if key != "token" {
			c.Args[key] = a.text(key)
		}
	}
	if ws.calls = append(ws.calls, c); len(ws.calls) > callsKept {
		ws.calls = slices.Clone(ws.calls[callsKept/2:])
	}
	ws.announce()
}

// Calls are the latest Web API calls, oldest first.
func (ws *Workspace) Calls() []Call {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return slices.Clone(ws.calls)
}

// LatestCalls are the last n of them.
func (ws *Workspace) LatestCalls(n int) []Call {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return slices.Clone(ws.calls[max(0, len(ws.calls)-n):])
}
