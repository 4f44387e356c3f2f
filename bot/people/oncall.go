package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/PagerDuty/go-pagerduty"
)

// OnCall returns who is on call in the schedule with this id right now. While
// PagerDuty is down or limits us it's the last answer, up to 15 minutes old,
// less those whose shift has ended since.
//
// An empty Crew without an error means that nobody is on call. ErrUnknown means
// that there is no such schedule.
func (d *Directory) OnCall(ctx context.Context, schedule string) (Crew, error) {
	if err := checkID(schedule); err != nil {
		return Crew{}, err
	}
	last, err := d.rosters.get(ctx, schedule, func(ctx context.Context) (roster, error) { return d.roster(ctx, schedule) })
	if err != nil {
		return Crew{}, fmt.Errorf("on-call of schedule %s: %w", schedule, err)
	}
	if last.why != nil {
		d.log.Warn().Str("schedule", schedule).Dur("age", last.age).Err(last.why).Msg("PagerDuty fails, its last answer is used")
	}
	current, err := last.value.current(time.Now())
	if err != nil {
		return Crew{}, fmt.Errorf("on-call of schedule %s: %w", schedule, err)
	}
	users, unusable, err := d.muster(ctx, current.who)
	if err != nil {
		return Crew{}, fmt.Errorf("on-call of schedule %s: %w", schedule, err)
	}
	return Crew{users, unusable, current.ends, last.age, current.name}, nil
}

// checkID refuses what can't be an id: go-pagerduty puts it into the path as
// it is.
func checkID(schedule string) error {
	isOther := func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	if schedule == "" || strings.ContainsFunc(schedule, isOther) {
		return fmt.Errorf("%w: %q isn't the id of a PagerDuty schedule; ids are capital letters and digits, as at the end of the schedule's address", ErrUnknown, schedule)
	}
	return nil
}

// roster is who is on call in a schedule, as PagerDuty knows them.
type roster struct {
	name string
	who  []candidate
	ends time.Time // of the first current shift; zero: none
}

// unchanged says whether no shift has ended since PagerDuty was asked.
func (r roster) unchanged(now time.Time) bool {
	return r.ends.IsZero() || now.Before(r.ends)
}

var errAllEnded = errors.New("everybody's shift has ended since PagerDuty last said who is on call")

// current is the roster without those whose shift has ended. If that leaves
// nobody, nothing is known of who came after them.
func (r roster) current(now time.Time) (roster, error) {
	if r.unchanged(now) {
		return r, nil
	}
	ended := func(c candidate) bool { return !c.ends.IsZero() && !now.Before(c.ends) }
	left := roster{name: r.name, who: slices.DeleteFunc(slices.Clone(r.who), ended)}
	if len(left.who) == 0 && len(r.who) > 0 {
		return roster{}, errAllEnded
	}
	for _, c := range left.who {
		left.ends = earlier(left.ends, c.ends)
	}
	return left, nil
}

// roster asks PagerDuty, for no more than half of the caller's time: a caller
// with a deadline wants to look the people of an older answer up in Slack.
func (d *Directory) roster(ctx context.Context, schedule string) (roster, error) {
	if d.pager == nil {
		return roster{}, errNoToken
	}
	ctx, cancel := context.WithTimeout(ctx, share(ctx))
	defer cancel()
	rows, err := d.rows(ctx, schedule)
	if err != nil {
		return roster{}, err
	}
	// A row of another schedule would let somebody decide who shouldn't.
	rows = slices.DeleteFunc(rows, func(row pagerduty.OnCall) bool { return row.Schedule.ID != schedule })
	if len(rows) == 0 {
		return d.ownUsers(ctx, schedule)
	}
	return d.collapse(ctx, rows)
}

func share(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return rosterTime
	}
	return min(rosterTime, time.Until(deadline)/2)
}

// collapse makes one person of all rows of one user.
func (d *Directory) collapse(ctx context.Context, rows []pagerduty.OnCall) (roster, error) {
	r := roster{name: cmp.Or(rows[0].Schedule.Summary, rows[0].Schedule.Name, rows[0].Schedule.ID)}
	at := map[string]int{}
	for _, row := range rows {
		ends, err := endOf(row)
		if err != nil {
			return roster{}, err
		}
		r.ends = earlier(r.ends, ends)
		if i, ok := at[row.User.ID]; ok {
			r.who[i].ends = later(r.who[i].ends, ends)
			continue
		}
		c, err := d.candidate(ctx, row.User)
		if err != nil {
			return roster{}, err
		}
		c.ends = ends
		at[row.User.ID] = len(r.who)
		r.who = append(r.who, c)
	}
	return r, nil
}

// ownUsers is the second way, for a schedule that no escalation policy uses,
// and for one where nobody is on call.
func (d *Directory) ownUsers(ctx context.Context, schedule string) (roster, error) {
	found, err := d.schedule(ctx, schedule)
	if err != nil {
		return roster{}, err
	}
	users, err := d.scheduleUsers(ctx, schedule)
	if err != nil {
		return roster{}, err
	}
	r := roster{name: cmp.Or(found.Name, found.Summary, schedule)}
	for _, u := range users {
		c, err := d.candidate(ctx, u)
		if err != nil {
			return roster{}, err
		}
		r.who = append(r.who, c)
	}
	return r, nil
}

// candidate reads the e-mail of a user who may be a reference only.
func (d *Directory) candidate(ctx context.Context, u pagerduty.User) (candidate, error) {
	c := candidate{name: cmp.Or(u.Name, u.Summary, u.ID), email: u.Email}
	if c.email != "" {
		return c, nil
	}
	full, err := d.pagerUser(ctx, u.ID)
	if errors.Is(err, ErrUnknown) {
		c.unusable = "their PagerDuty account is deleted"
		return c, nil
	}
	if err != nil {
		return candidate{}, err
	}
	c.name, c.email = cmp.Or(full.Name, c.name), full.Email
	if c.email == "" {
		c.unusable = "PagerDuty has no e-mail of them"
	}
	return c, nil
}

// endOf is when a row ends; zero if it doesn't.
func endOf(row pagerduty.OnCall) (time.Time, error) {
	if row.End == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, row.End)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the end of a shift: %w", err)
	}
	return t, nil
}

// earlier is the first of two ends, later the last; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.IsZero() || b.IsZero() {
		return time.Time{}
	}
	if b.After(a) {
		return b
	}
	return a
}
