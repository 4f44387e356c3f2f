package pagersim

import (
	"fmt"
	"slices"
	"time"
)

// Shift is a time in which somebody is on call. A zero From or Until leaves
// that side open.
type Shift struct {
	User        string // the id that AddUser gave
	From, Until time.Time
}

type user struct {
	id, name, email string
	removed         bool
}

type schedule struct {
	id, name string
	shifts   []Shift
	policies []policy
}

type policy struct {
	id     string
	levels int
}

// AddUser adds a person and returns their id.
func (s *Service) AddUser(name, email string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &user{id: fmt.Sprintf("PU%05d", len(s.users)+1), name: name, email: email}
	s.users = append(s.users, u)
	return u.id
}

// RemoveUser deletes a person: GET /users/{id} is 404 from now on, and rows
// that name them hold a reference to nobody.
func (s *Service) RemoveUser(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.user(id); u != nil {
		u.removed = true
	}
}

// AddSchedule adds a schedule, used by one escalation policy with one level,
// or renames it.
func (s *Service) AddSchedule(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.schedule(id); known != nil {
		known.name = name
		return
	}
	added := &schedule{id: id, name: name}
	added.setPolicies([]int{1})
	s.schedules = append(s.schedules, added)
}

// SetOnCall puts these people, and nobody else, on call in a schedule, always.
func (s *Service) SetOnCall(schedule string, userIDs ...string) {
	shifts := make([]Shift, 0, len(userIDs))
	for _, id := range userIDs {
		shifts = append(shifts, Shift{User: id})
	}
	s.SetShifts(schedule, shifts...)
}

// SetShifts replaces all shifts of a schedule. A person may have several. It
// does nothing to a schedule that wasn't added.
func (s *Service) SetShifts(schedule string, shifts ...Shift) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.schedule(schedule); known != nil {
		known.shifts = slices.Clone(shifts)
	}
}

// SetPolicies says which escalation policies use a schedule: one policy for
// each number, which is on how many of its levels. Each shift has a row for each
// of them. Without any, the schedule has no rows in /oncalls.
func (s *Service) SetPolicies(schedule string, levels ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.schedule(schedule); known != nil {
		known.setPolicies(levels)
	}
}

func (c *schedule) setPolicies(levels []int) {
	c.policies = nil
	for i, n := range levels {
		c.policies = append(c.policies, policy{id: fmt.Sprintf("%sEP%d", c.id, i+1), levels: n})
	}
}

func (s *Service) user(id string) *user {
	i := slices.IndexFunc(s.users, func(u *user) bool { return u.id == id })
	if i < 0 {
		return nil
	}
	return s.users[i]
}

func (s *Service) schedule(id string) *schedule {
	i := slices.IndexFunc(s.schedules, func(c *schedule) bool { return c.id == id })
	if i < 0 {
		return nil
	}
	return s.schedules[i]
}
