package people

import (
	"cmp"
	"context"
	"fmt"

	"github.com/PagerDuty/go-pagerduty"
)

// Schedule is an on-call schedule as PagerDuty lists it.
type Schedule struct{ ID, Name, TimeZone string }

// MostSchedules is how many schedules a page has, by PagerDuty's own bound.
const MostSchedules = pageLimit

// Schedules are those of PagerDuty whose names have this text in them, without
// case: at most limit of them, from an offset on. More says that others follow.
func (d *Directory) Schedules(ctx context.Context, name string, offset, limit int) (found []Schedule, more bool, err error) {
	if d.pager == nil {
		return nil, false, fmt.Errorf("schedules can't be listed: %w", errNoToken)
	}
	page, err := d.pager.ListSchedulesWithContext(ctx, pagerduty.ListSchedulesOptions{
		Query: name, Offset: uint(max(0, offset)), Limit: uint(max(1, min(limit, MostSchedules))),
	})
	if err != nil {
		return nil, false, fmt.Errorf("listing schedules: %w", pagerError(ctx, err))
	}
	for _, s := range page.Schedules {
		found = append(found, Schedule{s.ID, cmp.Or(s.Name, s.Summary, s.ID), s.TimeZone})
	}
	return found, page.More && len(found) > 0, nil
}
