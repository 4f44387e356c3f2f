package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody is more than any call of an app has.
const maxBody = 4 << 20

// args are a call's arguments: text from a form, anything from JSON.
type args map[string]any

// text is an argument as text.
func (a args) text(name string) string {
	switch v := a[name].(type) {
	case string:
		return v
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	default:
		return string(encoded(v))
	}
}

func (a args) flag(name string) bool { return a.text(name) == "true" || a.text(name) == "1" }

// object is an argument that is JSON: in a form it's a text that holds JSON.
func (a args) object(name string) (any, error) {
	text, ok := a[name].(string)
	if !ok {
		return a[name], nil
	}
	if text == "" {
		return nil, nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, &apiError{code: "invalid_arguments", messages: []string{"[ERROR] " + name + " isn't JSON"}}
	}
	return v, nil
}

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

// method is a Web API method.
type method struct {
	scope string // empty if any bot token will do
	app   bool   // wants the app-level token
	call  func(*Workspace, args) (answer, error)
}

func methodNamed(name string) (method, bool) {
	switch name {
	case "auth.test":
		return method{call: (*Workspace).authTest}, true
	case "apps.connections.open":
		return method{app: true, call: (*Workspace).connectionsOpen}, true
	case "chat.postMessage":
		return method{scope: "chat:write", call: (*Workspace).postMessage}, true
	case "chat.update":
		return method{scope: "chat:write", call: (*Workspace).updateMessage}, true
	case "chat.postEphemeral":
		return method{scope: "chat:write", call: (*Workspace).postEphemeral}, true
	case "conversations.history":
		return method{scope: "im:history", call: (*Workspace).history}, true
	case "conversations.open":
		return method{scope: "im:write", call: (*Workspace).openConversation}, true
	case "conversations.list":
		return method{scope: "channels:read", call: (*Workspace).listConversations}, true
	case "views.open":
		return method{call: (*Workspace).viewsOpen}, true
	case "views.push":
		return method{call: (*Workspace).viewsPush}, true
	case "views.update":
		return method{call: (*Workspace).viewsUpdate}, true
	case "views.publish":
		return method{call: (*Workspace).viewsPublish}, true
	case "users.info":
		return method{scope: "users:read", call: (*Workspace).usersInfo}, true
	case "users.list":
		return method{scope: "users:read", call: (*Workspace).usersList}, true
	case "users.lookupByEmail":
		return method{scope: "users:read.email", call: (*Workspace).lookupByEmail}, true
	case "usergroups.list":
		return method{scope: "usergroups:read", call: (*Workspace).groupsList}, true
	case "usergroups.users.list":
		return method{scope: "usergroups:read", call: (*Workspace).groupMembers}, true
	case "team.info":
		return method{call: (*Workspace).teamInfo}, true
	case "bots.info":
		return method{scope: "users:read", call: (*Workspace).botInfo}, true
	}
	return method{}, false
}

// serveAPI answers a Web API call.
func (ws *Workspace) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	token, a, err := readCall(r)
	if err != nil {
		respond(w, http.StatusOK, map[string]any{"ok": false, "error": "invalid_form_data"})
		return
	}
	fault := ws.faultFor(name)
	if ws.refused(w, r, name, a, fault) {
		return
	}
	good, err := ws.call(name, token, a)
	if fault.kind == loseAnswer {
		ws.note(name, a, "answer lost")
		panic(http.ErrAbortHandler) // done, and the connection is cut
	}
	if err != nil {
		ws.note(name, a, err.Error())
		respond(w, http.StatusOK, badAnswer(err))
		return
	}
	ws.note(name, a, "")
	good["ok"] = true
	respond(w, http.StatusOK, good)
}

// refused answers a call whose fault keeps it from being done.
func (ws *Workspace) refused(w http.ResponseWriter, r *http.Request, name string, a args, fault Fault) bool {
	switch fault.kind {
	case rateLimited:
		ws.note(name, a, "ratelimited")
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(fault.wait.Seconds()))))
		respond(w, http.StatusTooManyRequests, map[string]any{"ok": false, "error": "ratelimited"})
	case status:
		ws.note(name, a, strconv.Itoa(fault.status))
		w.WriteHeader(fault.status)
	case hang:
		ws.note(name, a, "hang")
		<-r.Context().Done()
	default:
		return false
	}
	return true
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
	switch {
	case token == "":
		return no("not_authed")
	case token != ws.appToken && token != ws.botToken:
		return no("invalid_auth")
	case m.app != (token == ws.appToken):
		return no("not_allowed_token_type")
	case m.scope != "" && !slices.Contains(ws.o.Scopes, m.scope):
		return &apiError{code: "missing_scope", more: map[string]any{"needed": m.scope, "provided": strings.Join(ws.o.Scopes, ",")}}
	}
	return nil
}

// readCall reads the token and the arguments of a form or a JSON body.
func readCall(r *http.Request) (token string, a args, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return "", nil, err
	}
	token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, err = parseArgs(r.Header.Get("Content-Type"), r.URL.RawQuery, body)
	if inBody := a.text("token"); inBody != "" {
		token = inBody
	}
	return token, a, err
}

func parseArgs(contentType, query string, body []byte) (args, error) {
	a := args{}
	if strings.HasPrefix(contentType, "application/json") {
		if len(body) > 0 {
			if err := json.Unmarshal(body, &a); err != nil {
				return args{}, fmt.Errorf("reading JSON: %w", err)
			}
		}
		return a, nil
	}
	for _, text := range []string{query, string(body)} {
		values, err := url.ParseQuery(text)
		if err != nil {
			return args{}, fmt.Errorf("reading a form: %w", err)
		}
		for name := range values {
			a[name] = values.Get(name)
		}
	}
	return a, nil
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
}

const callsKept = 10_000

func (ws *Workspace) note(name string, a args, problem string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c := Call{Time: ws.now(), Method: name, Args: map[string]string{}, Error: problem}
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
