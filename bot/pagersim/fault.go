package pagersim

import (
	"net/http"
	"strconv"
)

// faults are the switches that are on.
type faults struct {
	down    bool
	limited int // calls that are still answered 429
	failing int // calls that are still answered with status
	status  int
	hang    chan struct{} // closed when the hanging ends; nil if it doesn't hang
}

// resetAfter is what a rate-limited call is told to wait, in seconds.
const resetAfter = 1

// Down takes the service away: a load balancer answers 503 in HTML, as it does
// when nothing stands behind it.
func (s *Service) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.down = down
}

// RateLimit answers the next n calls with 429.
func (s *Service) RateLimit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.limited = n
}

// Fail answers the next n calls with this status and PagerDuty's error body.
func (s *Service) Fail(n, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.failing, s.faults.status = n, status
}

// Hang lets calls wait for an answer until it's switched off or the client
// goes away.
func (s *Service) Hang(hang bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if hang == (s.faults.hang != nil) {
		return
	}
	if hang {
		s.faults.hang = make(chan struct{})
		return
	}
	close(s.faults.hang)
	s.faults.hang = nil
}

// References makes rows of /oncalls hold references to users even for a client
// that asks for include[]=users.
func (s *Service) References(only bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.terse = only
}

// disturb applies the switches and says whether the call has had its answer.
func (s *Service) disturb(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	now := s.faults
	s.faults.limited = max(0, now.limited-1)
	if now.limited == 0 {
		s.faults.failing = max(0, now.failing-1)
	}
	s.mu.Unlock()

	if now.hang != nil && !waited(r, now.hang) {
		return true
	}
	switch {
	case now.down:
		unavailable(w)
	case now.limited > 0:
		w.Header().Set("Ratelimit-Reset", strconv.Itoa(resetAfter))
		refuse(w, rateLimited())
	case now.failing > 0:
		refuse(w, failure{now.status, 2000, http.StatusText(now.status), nil})
	default:
		return false
	}
	return true
}

func waited(r *http.Request, over <-chan struct{}) bool {
	select {
	case <-over:
		return true
	case <-r.Context().Done():
		return false
	}
}

func unavailable(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusServiceUnavailable)
	// Nobody reads on after a failed write, so there is nobody to tell.
	_, _ = w.Write([]byte("<html><body><h1>503 Service Unavailable</h1></body></html>\n"))
}
