package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/PagerDuty/go-pagerduty"
)

const (
	pagerDuty  = "https://api.pagerduty.com"
	pageLimit  = 100    // PagerDuty's own, of one page
	rowsReach  = 10_000 // PagerDuty's own, of all pages
	rosterTime = 20 * time.Second
)

var errNoToken = errors.New("PAGERDUTY_TOKEN is not set: give it a read-only REST API key of PagerDuty (Integrations, API Access Keys)")

// newPager returns the client, nil without a token, and where it asks.
func newPager(o Options) (*pagerduty.Client, string) {
	url := strings.TrimRight(cmp.Or(o.PagerDutyURL, pagerDuty), "/")
	if o.PagerDutyToken == "" {
		return nil, url
	}
	// NewOAuthClient drops its options and would call the live service.
	client := pagerduty.NewClient(o.PagerDutyToken, pagerduty.WithAPIEndpoint(url))
	transport := o.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	client.HTTPClient = &http.Client{Timeout: callTimeout, Transport: retry{transport}}
	return client, url
}

// rows are the on-calls of a schedule right now, of all pages.
func (d *Directory) rows(ctx context.Context, schedule string) ([]pagerduty.OnCall, error) {
	var rows []pagerduty.OnCall
	for offset := uint(0); offset < rowsReach; {
		page, err := d.pager.ListOnCallsWithContext(ctx, pagerduty.ListOnCallOptions{
			ScheduleIDs: []string{schedule},
			Includes:    []string{"users"},
			Limit:       pageLimit,
			Offset:      offset,
		})
		if err != nil {
			return nil, fmt.Errorf("listing on-calls: %w", pagerError(ctx, err))
		}
		rows = append(rows, page.OnCalls...)
		if !page.More || len(page.OnCalls) == 0 {
			return rows, nil
		}
		offset += cmp.Or(page.Limit, pageLimit)
	}
	return rows, nil
}

func (d *Directory) schedule(ctx context.Context, id string) (*pagerduty.Schedule, error) {
	found, err := d.pager.GetScheduleWithContext(ctx, id, pagerduty.GetScheduleOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading the schedule: %w", pagerError(ctx, err))
	}
	return found, nil
}

// scheduleUsers are on call in a schedule right now, whether or not a policy
// uses it. Their shifts aren't told.
func (d *Directory) scheduleUsers(ctx context.Context, id string) ([]pagerduty.User, error) {
	now := time.Now().UTC()
	users, err := d.pager.ListOnCallUsersWithContext(ctx, id, pagerduty.ListOnCallUsersOptions{
		Since: now.Format(time.RFC3339),
		Until: now.Add(time.Second).Format(time.RFC3339),
	})
	if err != nil {
		return nil, fmt.Errorf("listing the schedule's users: %w", pagerError(ctx, err))
	}
	return users, nil
}

// pagerUser reads a user. ErrUnknown means deleted.
func (d *Directory) pagerUser(ctx context.Context, id string) (*pagerduty.User, error) {
	found, err := d.pager.GetUserWithContext(ctx, id, pagerduty.GetUserOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading user %s: %w", id, pagerError(ctx, err))
	}
	return found, nil
}

// outage is an error that PagerDuty is expected to get over by itself.
type outage struct{ error }

func (o outage) Unwrap() error { return o.error }

func isOutage(err error) bool {
	_, ok := errors.AsType[outage](err)
	return ok
}

// pagerError sorts an error of go-pagerduty. The status alone decides:
// APIError.NotFound is also true for a 429 or a 401 with code 2100 in its body.
func pagerError(ctx context.Context, err error) error {
	refused, ok := errors.AsType[pagerduty.APIError](err)
	switch {
	case ok && refused.StatusCode == http.StatusNotFound:
		return ErrUnknown
	case ok && refused.Temporary():
		return outage{fmt.Errorf("PagerDuty answered %d: %w", refused.StatusCode, err)}
	case ok && refused.StatusCode == http.StatusUnauthorized:
		return ErrToken
	case ok:
		return fmt.Errorf("PagerDuty answered %d: %w", refused.StatusCode, err)
	case ctx.Err() != nil:
		// go-pagerduty hides the deadline in a text.
		return outage{fmt.Errorf("PagerDuty didn't answer in time: %w", context.Cause(ctx))}
	}
	return outage{fmt.Errorf("PagerDuty can't be reached: %w", err)}
}
