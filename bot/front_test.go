package bot_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"

	"github.com/understudyhq/understudy/store"
)

// ServeHTTP takes the bot's calls to Slack, in this life.
func (m *mortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.isDead() {
		_ = m.end()
		return
	}
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		m.story.ws.ServeHTTP(w, r)
		return
	}
	e := readErrand(r)
	name := m.named(e)
	if m.strikes(name, m.doom.call, false) {
		_ = m.end()
		return
	}
	m.story.witness(e)
	answer := httptest.NewRecorder()
	m.story.ws.ServeHTTP(answer, r)
	m.answered(name, answer.Body.Bytes())
	if m.strikes(name, m.doom.call, true) {
		_ = m.end()
		return
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // a bot that died meanwhile reads nothing
}

// named notes the call, and names it by its method and the card it is for.
func (m *mortal) named(e errand) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := e.method
	if card := e.card(); card != "" {
		name += " " + card
	} else if card := m.cards[e.args["channel"]+"/"+e.args["ts"]]; card != "" {
		name += " " + card
	}
	m.calls = append(m.calls, name)
	return name
}

// answered remembers that a call was, and whose card a message is.
func (m *mortal) answered(name string, body []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.called[name]++
	var a struct{ Channel, TS string }
	if _, card, posted := strings.Cut(name, "chat.postMessage "); posted && json.Unmarshal(body, &a) == nil {
		m.cards[a.Channel+"/"+a.TS] = card
	}
}

// errand is a call of the Web API.
type errand struct {
	method string
	args   map[string]string
}

// readErrand reads the call, and leaves it as it was.
func readErrand(r *http.Request) errand {
	body, _ := io.ReadAll(r.Body) // a call that breaks off has fewer arguments
	r.Body = io.NopCloser(bytes.NewReader(body))
	e := errand{path.Base(r.URL.Path), map[string]string{}}
	var object map[string]any
	if json.Unmarshal(body, &object) == nil {
		for key, value := range object {
			text, ok := value.(string)
			if !ok {
				data, _ := json.Marshal(value) // it came from JSON
				text = string(data)
			}
			e.args[key] = text
		}
		return e
	}
	form, _ := url.ParseQuery(string(body))
	for key := range form {
		e.args[key] = form.Get(key)
	}
	return e
}

// card is the kind of the card that is posted, if any.
func (e errand) card() string {
	var metadata struct {
		Payload struct{ Card store.CardID } `json:"event_payload"`
	}
	if json.Unmarshal([]byte(e.args["metadata"]), &metadata) != nil {
		return ""
	}
	_, kind, _ := metadata.Payload.Card.Parts()
	return string(kind)
}
