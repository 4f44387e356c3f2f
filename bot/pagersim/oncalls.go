package pagersim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// listOnCalls answers GET /oncalls.
func (s *Service) listOnCalls(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	p, err := pageOf(query)
	if err != nil {
		refuse(w, invalid(err.Error()))
		return
	}
	rows, err := s.rows(query)
	if err != nil {
		refuse(w, invalid(err.Error()))
		return
	}
	rows, p = cut(rows, p)
	reply(w, http.StatusOK, struct {
		OnCalls []row `json:"oncalls"`
		page
	}{rows, p})
}

// rows are all on-calls that a query asks for, in the order of schedules,
// policies, levels and shifts.
func (s *Service) rows(query url.Values) ([]row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	when, err := windowOf(query, s.now())
	if err != nil {
		return nil, err
	}
	if err := checkIncludes(query); err != nil {
		return nil, err
	}
	rows := []row{}
	for _, c := range s.schedules {
		if !wanted(query, "schedule_ids[]", c.id) {
			continue
		}
		for _, shift := range s.shifts(c, when) {
			if wanted(query, "user_ids[]", shift.User) {
				rows = append(rows, s.rowsOf(c, shift, query)...)
			}
		}
	}
	return rows, nil
}

// shifts are those of a schedule in a window whose person was ever known.
func (s *Service) shifts(c *schedule, when window) []Shift {
	return slices.DeleteFunc(slices.Clone(c.shifts), func(shift Shift) bool {
		return !when.holds(shift) || s.user(shift.User) == nil
	})
}

func (s *Service) rowsOf(c *schedule, shift Shift, query url.Values) []row {
	var rows []row
	for _, p := range c.policies {
		if !wanted(query, "escalation_policy_ids[]", p.id) {
			continue
		}
		for level := range p.levels {
			rows = append(rows, row{
				User:     s.person(s.user(shift.User), query),
				Schedule: c.reference(),
				Policy:   p.reference(),
				Level:    level + 1,
				Start:    stamp(shift.From),
				End:      stamp(shift.Until),
			})
		}
	}
	return rows
}

func (s *Service) person(u *user, query url.Values) any {
	if u.removed || s.terse || !slices.Contains(query["include[]"], "users") {
		return u.reference()
	}
	return u.full()
}

func checkIncludes(query url.Values) error {
	for _, what := range query["include[]"] {
		if what != "users" {
			return fmt.Errorf("include[] %q isn't simulated", what)
		}
	}
	return nil
}

// wanted says whether a list filter lets an id pass. No filter lets all pass.
func wanted(query url.Values, filter, id string) bool {
	ids := query[filter]
	return len(ids) == 0 || slices.Contains(ids, id)
}

func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(time.RFC3339)
	return &text
}
