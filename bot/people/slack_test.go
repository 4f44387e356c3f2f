package people_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/slack-go/slack"
)

// workspace is as much of Slack's Web API as people reads. Ids are given out
// in order: U001, U002 and so on.
type workspace struct {
	mu      sync.Mutex
	users   []*slack.User
	groups  []slack.UserGroup
	members map[string][]string
	calls   map[string]int
	limited int    // the next so many calls get 429
	wait    string // and this Retry-After
	refusal string // every call is refused with this
	status  int    // every call gets this status
	hang    bool   // every call waits until the client leaves
}

const (
	home     = "T0HOME"
	botToken = "xoxb-not-to-be-seen"
)

func (ws *workspace) add(name, email string, changes ...func(*slack.User)) *slack.User {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	u := &slack.User{ID: "U00" + string(rune('1'+len(ws.users))), TeamID: home, Name: strings.ToLower(name), TZ: "Europe/Oslo"}
	u.Profile.RealName, u.Profile.Email = name, email
	for _, change := range changes {
		change(u)
	}
	ws.users = append(ws.users, u)
	return u
}

// change alters what Slack says from now on.
func (ws *workspace) change(f func()) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	f()
}

func (ws *workspace) called(method string) int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.calls[method]
}

func (ws *workspace) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	if ws.calls == nil {
		ws.calls = map[string]int{}
	}
	ws.calls[method]++
	if ws.hang {
		<-r.Context().Done()
		return
	}
	if ws.limited > 0 {
		ws.limited--
		w.Header().Set("Retry-After", ws.wait)
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	if ws.status != 0 {
		w.WriteHeader(ws.status)
		return
	}
	answer := ws.answer(method, r)
	answer["ok"] = answer["error"] == nil
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (ws *workspace) answer(method string, r *http.Request) map[string]any {
	if ws.refusal != "" {
		return map[string]any{"error": ws.refusal, "needed": "users:read.email"}
	}
	switch method {
	case "users.info":
		return ws.user("user_not_found", func(u *slack.User) bool { return u.ID == r.FormValue("user") })
	case "users.lookupByEmail":
		return ws.user("users_not_found", func(u *slack.User) bool {
			return !u.Deleted && strings.EqualFold(u.Profile.Email, r.FormValue("email"))
		})
	case "usergroups.list":
		return map[string]any{"usergroups": ws.groups}
	case "usergroups.users.list":
		return map[string]any{"users": ws.members[r.FormValue("usergroup")]}
	}
	return map[string]any{"error": "unknown_method"}
}

func (ws *workspace) user(missing string, is func(*slack.User) bool) map[string]any {
	for _, u := range ws.users {
		if is(u) {
			return map[string]any{"user": u}
		}
	}
	return map[string]any{"error": missing}
}
