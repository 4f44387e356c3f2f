package people

import (
	"context"
	"errors"
	"fmt"
)

// CheckSchedule asks PagerDuty whether a schedule exists, for the start of the
// program and for plans. The error is a sentence that names the value and the
// remedy; errors.Is(err, ErrUnknown) says that waiting won't help.
func (d *Directory) CheckSchedule(ctx context.Context, schedule string) error {
	if err := checkID(schedule); err != nil {
		return err
	}
	if d.pager == nil {
		return fmt.Errorf("schedule %s can't be looked up: %w", schedule, errNoToken)
	}
	_, err := d.schedule(ctx, schedule)
	if errors.Is(err, ErrUnknown) {
		return fmt.Errorf("%w: PagerDuty has no schedule %s, or PAGERDUTY_TOKEN may not see it; "+
			"use the id at the end of the schedule's address, or create the schedule first", ErrUnknown, schedule)
	}
	if err != nil {
		return fmt.Errorf("schedule %s can't be looked up at %s: %w", schedule, d.pagerURL, err)
	}
	return nil
}
