package page_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// events is an open stream of the page, read one event at a time.
type events struct {
	t    *testing.T
	scan *bufio.Scanner
}

func (th *theatre) events(t *testing.T) *events {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, th.url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("events are %s", got)
	}
	scan := bufio.NewScanner(answer.Body)
	scan.Buffer(nil, 1<<20)
	return &events{t, scan}
}

// next is the next event's name and data.
func (e *events) next() (name, data string) {
	e.t.Helper()
	for e.scan.Scan() {
		line := e.scan.Text()
		switch {
		case strings.HasPrefix(line, "event: "):
			name = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			data = line[len("data: "):]
		case line == "" && name != "":
			return name, data
		}
	}
	e.t.Fatalf("the stream ended: %v", e.scan.Err())
	return "", ""
}

// until reads on to a screen of a person that is as wanted.
func (e *events) until(person string, wanted func(slacksim.Screen) bool) slacksim.Screen {
	e.t.Helper()
	for {
		name, data := e.next()
		var s slacksim.Screen
		if name != "screen" {
			continue
		}
		if err := json.Unmarshal([]byte(data), &s); err != nil {
			e.t.Fatal(err)
		}
		if s.Person.ID == person && wanted(s) {
			return s
		}
	}
}

// does posts an act and returns what is answered.
func (th *theatre) does(t *testing.T, action string, act map[string]any) (status int, answer map[string]any) {
	t.Helper()
	body, err := json.Marshal(act)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, th.url+"/do/"+action, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", th.url)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

// must is an act that works.
func (th *theatre) must(t *testing.T, action string, act map[string]any) map[string]any {
	t.Helper()
	status, answer := th.does(t, action, act)
	if status != http.StatusOK {
		t.Fatalf("%s: %d %v", action, status, answer)
	}
	return answer
}

func hasModal(s slacksim.Screen) bool   { return len(s.Modals) > 0 }
func hasMessage(s slacksim.Screen) bool { return len(s.Messages) > 0 }

func TestAStreamBeginsWithEverybody(t *testing.T) {
	th := open(t)
	e := th.events(t)
	name, data := e.next()
	if name != "people" || !strings.Contains(data, "Kim Berg") || !strings.Contains(data, "Mia Falk") {
		t.Errorf("first %s %s", name, data)
	}
	e.until(th.kim.ID, func(slacksim.Screen) bool { return true })
	e.until(th.mia.ID, func(slacksim.Screen) bool { return true })
	th.ws.AddPerson("Ola Nordmann", "ola@example.com")
	if name, data := e.next(); name != "people" || !strings.Contains(data, "Ola Nordmann") {
		t.Errorf("after somebody came: %s %s", name, data)
	}
}

func TestEveryActReachesTheApp(t *testing.T) {
	th := open(t)
	e := th.events(t)
	th.must(t, "command", map[string]any{"person": th.kim.ID, "text": "/lend"})
	view := e.until(th.kim.ID, hasModal).Modals[0].ID

	found := th.must(t, "suggest", map[string]any{"person": th.kim.ID, "view": view, "block": "which", "action": "which", "query": "gre"})
	options, _ := found["options"].([]any)
	if len(options) != 1 {
		t.Fatalf("suggestions %v", found)
	}
	values := func(why string) map[string]any {
		return map[string]any{
			"which":  map[string]any{"which": map[string]any{"type": "external_select", "selected_option": options[0]}},
			"why":    map[string]any{"why": map[string]any{"type": "plain_text_input", "value": why}},
			"handle": map[string]any{"until": map[string]any{"type": "radio_buttons", "selected_option": options[0]}},
		}
	}
	th.must(t, "submit", map[string]any{"person": th.kim.ID, "view": view, "values": values("for the beach")})
	s := e.until(th.kim.ID, func(s slacksim.Screen) bool { return hasModal(s) && len(s.Modals[0].Errors) > 0 })
	if got := s.Modals[0].Errors["why"]; got != "Not for the beach." {
		t.Errorf("the error is %q", got)
	}
	th.must(t, "submit", map[string]any{"person": th.kim.ID, "view": view, "values": values("for Bergen")})
	card := e.until(th.mia.ID, hasMessage).Messages[0]
	th.must(t, "press", map[string]any{"person": th.mia.ID, "message": card.TS, "block": "decide", "action": "lend"})
	e.until(th.kim.ID, func(s slacksim.Screen) bool {
		return hasMessage(s) && strings.Contains(s.Messages[0].Text, "Lent by <@"+th.mia.ID+">")
	})
}

func TestClosingAndHome(t *testing.T) {
	th := open(t)
	e := th.events(t)
	th.must(t, "command", map[string]any{"person": th.kim.ID, "text": "/lend"})
	view := e.until(th.kim.ID, hasModal).Modals[0].ID
	th.must(t, "close", map[string]any{"person": th.kim.ID, "view": view})
	e.until(th.kim.ID, func(s slacksim.Screen) bool { return !hasModal(s) })
	th.must(t, "home", map[string]any{"person": th.kim.ID})
	e.until(th.kim.ID, func(s slacksim.Screen) bool { return s.Home != nil })
}

func TestPlainTextGetsANote(t *testing.T) {
	th := open(t)
	for _, text := range []string{"hello", "", "  hello /lend"} {
		answer := th.must(t, "command", map[string]any{"person": th.kim.ID, "text": text})
		if note, _ := answer["note"].(string); !strings.Contains(note, "slash command") {
			t.Errorf("%q: %v", text, answer)
		}
	}
}

func TestWhatCantBeDoneIsSaid(t *testing.T) {
	th := open(t)
	for _, c := range []struct {
		action string
		act    map[string]any
	}{
		{"command", map[string]any{"person": "U0NOBODY", "text": "/lend"}},
		{"press", map[string]any{"person": th.kim.ID, "message": "1.000000", "block": "b", "action": "a"}},
		{"suggest", map[string]any{"person": th.kim.ID, "view": "V0", "block": "b", "action": "a"}},
		{"submit", map[string]any{"person": th.kim.ID, "view": "V0"}},
		{"home", map[string]any{"person": "U0NOBODY"}},
	} {
		status, answer := th.does(t, c.action, c.act)
		if said, _ := answer["error"].(string); status != http.StatusConflict || !strings.HasSuffix(said, ".") {
			t.Errorf("%s: %d %v", c.action, status, answer)
		}
	}
	if status, answer := th.does(t, "press", map[string]any{"person": 7}); status != http.StatusBadRequest {
		t.Errorf("nonsense: %d %v", status, answer)
	}
}
