package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

// envelope is what an app gets over a socket.
type envelope struct {
	ID      string          `json:"envelope_id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

func (e envelope) text(t testing.TB, key string) string {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		t.Fatal(err)
	}
	text, _ := p[key].(string)
	return text
}

// call calls a Web API method with JSON, as the bot.
func call(t testing.TB, ws *Workspace, name string, arguments map[string]any) map[string]any {
	t.Helper()
	return callAs(t, ws, ws.BotToken(), name, arguments)
}

func callAs(t testing.TB, ws *Workspace, token, name string, arguments map[string]any) map[string]any {
	t.Helper()
	code, _, found := post(t, ws.APIURL()+name, token, arguments)
	if code != http.StatusOK {
		t.Fatalf("%s: status %d, want 200", name, code)
	}
	return found
}

// post posts JSON. It answers with status 0 where the connection was cut.
func post(t testing.TB, url, token string, arguments map[string]any) (code int, header http.Header, found map[string]any) {
	t.Helper()
	if arguments == nil {
		arguments = map[string]any{}
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(encoded(arguments)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, nil
	}
	defer answer.Body.Close()
	_ = json.NewDecoder(answer.Body).Decode(&found) // some answers aren't JSON
	return answer.StatusCode, answer.Header, found
}

// wire is one of a tiny app's sockets.
type wire struct {
	t      *testing.T
	socket *websocket.Conn
}

// dial opens a socket as an app does, and takes its hello.
func dial(t *testing.T, ws *Workspace) *wire {
	t.Helper()
	opened := callAs(t, ws, ws.AppToken(), "apps.connections.open", nil)
	url, _ := opened["url"].(string)
	socket, _, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatalf("dialing %q: %v", url, err)
	}
	t.Cleanup(func() { _ = socket.CloseNow() })
	w := &wire{t, socket}
	if hello := w.next(); hello.Type != "hello" {
		t.Fatalf("the first frame is %q, want hello", hello.Type)
	}
	return w
}

func (w *wire) next() (e envelope) {
	_, data, err := w.socket.Read(w.t.Context())
	if err != nil {
		w.t.Errorf("reading a frame: %v", err)
		return e
	}
	if err := json.Unmarshal(data, &e); err != nil {
		w.t.Errorf("reading a frame: %v", err)
	}
	return e
}

func (w *wire) ack(e envelope, payload any) {
	frame := map[string]any{"envelope_id": e.ID}
	if payload != nil {
		frame["payload"] = payload
	}
	if err := w.socket.Write(w.t.Context(), websocket.MessageText, encoded(frame)); err != nil {
		w.t.Errorf("writing an ack: %v", err)
	}
}

// during runs what a person does, while the app takes and acks one envelope.
func (w *wire) during(act func(), response any) envelope {
	w.t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); act() }()
	e := w.next()
	w.ack(e, response)
	<-done
	return e
}

func words(text string) map[string]any { return map[string]any{"type": "plain_text", "text": text} }

func para(text string) map[string]any { return map[string]any{"type": "section", "text": words(text)} }

// sampleModal is a modal with an input of each kind that a form here has.
func sampleModal() map[string]any {
	option := map[string]any{"text": words("One"), "value": "1"}
	return map[string]any{
		"type": "modal", "callback_id": "form", "title": words("Form"), "submit": words("Send"), "close": words("Cancel"), "notify_on_close": true,
		"blocks": []any{
			map[string]any{"type": "input", "block_id": "why", "label": words("Why"), "element": map[string]any{"type": "plain_text_input", "action_id": "why"}},
			map[string]any{"type": "input", "block_id": "how", "label": words("How"), "element": map[string]any{
				"type": "static_select", "action_id": "how", "options": []any{option}, "initial_option": option,
			}},
		},
	}
}

func card() []any {
	return []any{para("Decide"), map[string]any{"type": "actions", "block_id": "b", "elements": []any{
		map[string]any{"type": "button", "action_id": "yes", "text": words("Yes"), "value": "v", "style": "primary"},
	}}}
}
