package pagersim

import (
	"net/http"
	"strings"
)

// getSchedule answers GET /schedules/{id}. Entries are rendered only for a
// client that gives since or until, as PagerDuty's document says.
func (s *Service) getSchedule(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.schedule(r.PathValue("id"))
	if c == nil {
		refuse(w, notFound())
		return
	}
	query := r.URL.Query()
	when, err := windowOf(query, s.now())
	if err != nil {
		refuse(w, invalid(err.Error()))
		return
	}
	full := s.full(c)
	if query.Has("since") || query.Has("until") {
		full.FinalSchedule.Entries = s.entries(c, when)
	}
	reply(w, http.StatusOK, map[string]fullSchedule{"schedule": full})
}

// listSchedules answers GET /schedules. A query matches a part of the name,
// without case. Shifts aren't told.
func (s *Service) listSchedules(w http.ResponseWriter, r *http.Request) {
	p, err := pageOf(r.URL.Query())
	if err != nil {
		refuse(w, invalid(err.Error()))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	query := strings.ToLower(r.URL.Query().Get("query"))
	matching := []fullSchedule{}
	for _, c := range s.schedules {
		if strings.Contains(strings.ToLower(c.name), query) {
			matching = append(matching, s.full(c))
		}
	}
	schedules, p := cut(matching, p)
	reply(w, http.StatusOK, struct {
		Schedules []fullSchedule `json:"schedules"`
		page
	}{schedules, p})
}

// listScheduleUsers answers GET /schedules/{id}/users: who is on call in the
// window, each once, whether or not a policy uses the schedule.
func (s *Service) listScheduleUsers(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.schedule(r.PathValue("id"))
	if c == nil {
		refuse(w, notFound())
		return
	}
	when, err := windowOf(r.URL.Query(), s.now())
	if err != nil {
		refuse(w, invalid(err.Error()))
		return
	}
	users := []fullUser{}
	for _, u := range s.people(s.shifts(c, when)) {
		if !u.removed {
			users = append(users, u.full())
		}
	}
	reply(w, http.StatusOK, map[string][]fullUser{"users": users})
}

func (s *Service) full(c *schedule) fullSchedule {
	full := fullSchedule{
		reference:            refer("schedule", "schedules", c.id, c.name),
		Name:                 c.name,
		TimeZone:             "Etc/UTC",
		EscalationPolicies:   []reference{},
		Users:                []reference{},
		Teams:                []any{},
		ScheduleLayers:       []any{},
		OverridesSubschedule: subschedule{"Overrides", []entry{}},
		FinalSchedule:        subschedule{"Final Schedule", []entry{}},
	}
	for _, p := range c.policies {
		full.EscalationPolicies = append(full.EscalationPolicies, p.reference())
	}
	for _, u := range s.people(c.shifts) {
		full.Users = append(full.Users, u.reference())
	}
	return full
}

// entries are cut at the window, as PagerDuty's are unless a client asks for
// what overflows it.
func (s *Service) entries(c *schedule, when window) []entry {
	entries := []entry{}
	for _, shift := range s.shifts(c, when) {
		from, until := maxTime(shift.From, when.since), when.until
		if !shift.Until.IsZero() && shift.Until.Before(until) {
			until = shift.Until
		}
		entries = append(entries, entry{stamp(from), stamp(until), s.user(shift.User).reference()})
	}
	return entries
}

// people are those of the shifts, each once, in the order of the shifts.
func (s *Service) people(shifts []Shift) []*user {
	seen := map[string]bool{}
	var people []*user
	for _, shift := range shifts {
		u := s.user(shift.User)
		if u != nil && !seen[u.id] {
			seen[u.id] = true
			people = append(people, u)
		}
	}
	return people
}
