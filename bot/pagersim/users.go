package pagersim

import (
	"net/http"
	"strings"
)

// getUser answers GET /users/{id}.
func (s *Service) getUser(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.user(r.PathValue("id"))
	if u == nil || u.removed {
		refuse(w, notFound())
		return
	}
	reply(w, http.StatusOK, map[string]fullUser{"user": u.full()})
}

// listUsers answers GET /users. A query matches a part of the name or of the
// e-mail, without case.
func (s *Service) listUsers(w http.ResponseWriter, r *http.Request) {
	p, err := pageOf(r.URL.Query())
	if err != nil {
		refuse(w, invalid(err.Error()))
		return
	}
	users, p := cut(s.matching(r.URL.Query().Get("query")), p)
	reply(w, http.StatusOK, struct {
		Users []fullUser `json:"users"`
		page
	}{users, p})
}

func (s *Service) matching(query string) []fullUser {
	s.mu.Lock()
	defer s.mu.Unlock()
	query = strings.ToLower(query)
	users := []fullUser{}
	for _, u := range s.users {
		if !u.removed && strings.Contains(strings.ToLower(u.name+"\n"+u.email), query) {
			users = append(users, u.full())
		}
	}
	return users
}
