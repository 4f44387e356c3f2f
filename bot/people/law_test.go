package people_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/people"
)

// story is a schedule and an outage some time after it was first read. The
// users of its shifts are names.
type story struct {
	shifts []pagersim.Shift
	levels []int
	later  time.Duration
}

// TestLawsOfOnCall draws stories and holds what comes out against what the
// shifts say.
func TestLawsOfOnCall(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := drawStory(r)
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(nil)
			h.plays(s)
			obeysWhileUp(r, h, s)
			h.pager.Down(true)
			before := time.Now()
			time.Sleep(s.later)
			obeysWhileDown(r, h, s, before)
		})
	})
}

func (h *house) plays(s story) {
	ids := map[string]string{}
	for _, name := range staff() {
		ids[name] = h.hires(name, name+"@example.com")
	}
	shifts := slices.Clone(s.shifts)
	for i := range shifts {
		shifts[i].User = ids[shifts[i].User]
	}
	h.pager.SetShifts(managers, shifts...)
	h.pager.SetPolicies(managers, s.levels...)
}

func obeysWhileUp(r *rapid.T, h *house, s story) {
	crew, err := h.OnCall(context.Background(), managers)
	if err != nil {
		r.Error(err)
	}
	want, ends := current(s.shifts, time.Now())
	if got := sorted(crew); got != want {
		r.Errorf("on call are %q, want %q", got, want)
	}
	if !crew.Ends.Equal(ends) {
		r.Errorf("the crew ends %v, want %v", crew.Ends, ends)
	}
}

// obeysWhileDown checks that those are given who were on call when PagerDuty
// last said so and still are, and that there is an error where that is nobody any
// more, or was said too long ago.
func obeysWhileDown(r *rapid.T, h *house, s story, before time.Time) {
	crew, err := h.OnCall(context.Background(), managers)
	now := time.Now()
	begun := slices.DeleteFunc(slices.Clone(s.shifts), func(s pagersim.Shift) bool { return before.Before(s.From) })
	were, _ := current(begun, before)
	are, _ := current(begun, now)
	if now.Sub(before) > 15*time.Minute || were != "" && are == "" {
		if err == nil {
			r.Errorf("after %v the answer is %q, want an error", now.Sub(before), sorted(crew))
		}
		return
	}
	if err != nil || sorted(crew) != are {
		r.Errorf("after %v got %q, %v; on call were %q, are %q", now.Sub(before), sorted(crew), err, were, are)
	}
}

func staff() []string { return []string{"Ida", "Mia", "Ola"} }

func drawStory(r *rapid.T) story {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every synctest bubble
	moment := func(label string, from, to int) time.Time {
		if rapid.Bool().Draw(r, label+" is open") {
			return time.Time{}
		}
		return start.Add(time.Duration(rapid.IntRange(from, to).Draw(r, label)) * time.Minute)
	}
	shifts := make([]pagersim.Shift, rapid.IntRange(0, 6).Draw(r, "shifts"))
	for i := range shifts {
		shifts[i] = pagersim.Shift{
			User:  rapid.SampledFrom(staff()).Draw(r, "user"),
			From:  moment("from", -20, 5),
			Until: moment("until", 6, 20),
		}
	}
	return story{
		shifts: shifts,
		levels: rapid.SliceOfN(rapid.IntRange(1, 3), 1, 2).Draw(r, "levels"),
		later:  time.Duration(rapid.IntRange(0, 18).Draw(r, "minutes later")) * time.Minute,
	}
}

// current is what the shifts themselves say: who is on call, and when the first
// of them ends.
func current(shifts []pagersim.Shift, now time.Time) (string, time.Time) {
	var on []string
	var ends time.Time
	for _, s := range shifts {
		if now.Before(s.From) || !s.Until.IsZero() && !now.Before(s.Until) {
			continue
		}
		on = append(on, s.User)
		if ends.IsZero() || !s.Until.IsZero() && s.Until.Before(ends) {
			ends = s.Until
		}
	}
	slices.Sort(on)
	return strings.Join(slices.Compact(on), ", "), ends
}

func sorted(crew people.Crew) string {
	all := strings.Split(names(crew), ", ")
	slices.Sort(all)
	return strings.Join(all, ", ")
}
