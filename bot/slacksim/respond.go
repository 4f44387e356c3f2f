package slacksim

import (
	"io"
	"net/http"
)

// serveResponse takes what the app posts to a response URL.
func (ws *Workspace) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return // the app has gone
	}
	a, err := parseArgs("application/json", "", body)
	if err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	fault := ws.faultFor("response_url", nil)
	if ws.refused(w, r, "response_url", a, fault) {
		return
	}
	problem := ws.respondTo(r.PathValue("id"), a)
	ws.note(r, "response_url", a, problem)
	if fault.kind == loseAnswer {
		panic(http.ErrAbortHandler) // done, and the connection is cut
	}
	if problem != "" {
		http.Error(w, problem, http.StatusNotFound)
		return
	}
	_, _ = io.WriteString(w, "ok") // the app may have gone
}

func (ws *Workspace) respondTo(id string, a args) (problem string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	r := ws.responses[id]
	if r == nil || r.left == 0 || ws.now().After(r.ends) {
		return "expired_url"
	}
	r.left--
	m := &message{ts: ws.ts()}
	if a.text("response_type") != "in_channel" {
		m.only = r.who
	}
	if err := ws.fill(m, a); err != nil {
		return err.Error()
	}
	r.in.messages = append(r.in.messages, m)
	ws.announce()
	return ""
}
