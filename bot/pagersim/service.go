// Package pagersim is PagerDuty on loopback: the part of its REST API that says
// who is on call, for tests and for the demo.
//
// A [Service] is an [http.Handler]. It holds users, schedules and shifts, and
// answers GET /oncalls, /schedules, /schedules/{id}, /schedules/{id}/users,
// /users/{id} and /users as PagerDuty's API document describes them, so that the official
// client can't tell the difference. In particular it is as awkward as the real
// one: /oncalls has a row for each person, policy, level and shift; pages hold
// 100 rows at most; a start or an end may be null, which means always; a schedule
// that no escalation policy uses has no rows at all; and the user in a row is a
// bare reference unless the client asks for more.
//
// It never changes anything on request: everything but GET is refused. What goes
// wrong is a switch: [Service.Down], [Service.RateLimit], [Service.Fail],
// [Service.Hang] and [Service.References]. The same calls give the same answers,
// and a Service may be used from many goroutines.
package pagersim

import (
	"net/http"
	"sync"
	"time"
)

// Token is the API token that a Service accepts.
const Token = "pagersim-only"

// Service is an on-call service without a network of its own: it is an
// [http.Handler].
type Service struct {
	mux *http.ServeMux

	mu        sync.Mutex
	now       func() time.Time
	users     []*user
	schedules []*schedule
	calls     map[string]int
	faults    faults
	terse     bool
}

// New returns a Service without users and schedules.
func New() *Service {
	s := &Service{now: time.Now, calls: map[string]int{}, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /oncalls", s.listOnCalls)
	s.mux.HandleFunc("GET /schedules", s.listSchedules)
	s.mux.HandleFunc("GET /schedules/{id}", s.getSchedule)
	s.mux.HandleFunc("GET /schedules/{id}/users", s.listScheduleUsers)
	s.mux.HandleFunc("GET /users", s.listUsers)
	s.mux.HandleFunc("GET /users/{id}", s.getUser)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, notFound()) })
	return s
}

// ServeHTTP answers one call.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.count(r.URL.Path)
	if s.disturb(w, r) {
		return
	}
	if !authorized(r) {
		refuse(w, unauthorized())
		return
	}
	s.mux.ServeHTTP(w, r)
}

// SetClock replaces the service's clock, which is [time.Now].
func (s *Service) SetClock(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// Calls says how many calls have come in for a path, refused ones included.
// An empty path counts all.
func (s *Service) Calls(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if path != "" {
		return s.calls[path]
	}
	total := 0
	for _, n := range s.calls {
		total += n
	}
	return total
}

func (s *Service) count(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[path]++
}

func authorized(r *http.Request) bool {
	header := r.Header.Get("Authorization")
	return header == "Token token="+Token || header == "Bearer "+Token
}
