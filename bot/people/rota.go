package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/PagerDuty/go-pagerduty"
)

// Rota is who is on call in a schedule over some time.
type Rota struct {
	Name     string
	Gaps     []Gap // in which nobody is, the first one first
	People   []User
	Unusable []Unusable
}

// Gap is a time in which nobody is on call.
type Gap struct{ From, Until time.Time }

// Rota asks PagerDuty for the schedule's rota in this time. It remembers nothing.
// ErrUnknown means that there is no such schedule.
func (d *Directory) Rota(ctx context.Context, schedule string, from, until time.Time) (Rota, error) {
	if err := d.CheckSchedule(ctx, schedule); err != nil {
		return Rota{}, err
	}
	from, until = from.Truncate(time.Second), until.Truncate(time.Second) // as PagerDuty is asked
	found, err := d.pager.GetScheduleWithContext(ctx, schedule, pagerduty.GetScheduleOptions{
		Since: from.UTC().Format(time.RFC3339), Until: until.UTC().Format(time.RFC3339),
	})
	if err != nil {
		return Rota{}, fmt.Errorf("reading the rota of schedule %s: %w", schedule, pagerError(ctx, err))
	}
	entries := found.FinalSchedule.RenderedScheduleEntries
	rota := Rota{Name: cmp.Or(found.Name, found.Summary, schedule)}
	if rota.Gaps, err = gaps(entries, from, until); err != nil {
		return Rota{}, fmt.Errorf("reading the rota of schedule %s: %w", schedule, err)
	}
	var who []candidate
	seen := map[string]bool{}
	for _, e := range entries {
		if seen[e.User.ID] {
			continue
		}
		seen[e.User.ID] = true
		c, err := d.candidate(ctx, pagerduty.User{APIObject: e.User})
		if err != nil {
			return Rota{}, err
		}
		who = append(who, c)
	}
	rota.People, rota.Unusable, err = d.muster(ctx, who)
	return rota, err
}

// gaps are the times between from and until that no entry covers.
func gaps(entries []pagerduty.RenderedScheduleEntry, from, until time.Time) (found []Gap, err error) {
	shifts := make([]Gap, len(entries))
	for i, e := range entries {
		start, startErr := time.Parse(time.RFC3339, e.Start)
		end, endErr := until, error(nil)
		if e.End != "" { // without one it doesn't end
			end, endErr = time.Parse(time.RFC3339, e.End)
		}
		if err := errors.Join(startErr, endErr); err != nil {
			return nil, fmt.Errorf("reading a shift: %w", err)
		}
		shifts[i] = Gap{start, end}
	}
	slices.SortFunc(shifts, func(a, b Gap) int { return a.From.Compare(b.From) })
	covered := from
	for _, shift := range shifts {
		if shift.From.After(covered) {
			found = append(found, Gap{covered, shift.From})
		}
		if shift.Until.After(covered) {
			covered = shift.Until
		}
	}
	if covered.Before(until) {
		found = append(found, Gap{covered, until})
	}
	return found, nil
}
