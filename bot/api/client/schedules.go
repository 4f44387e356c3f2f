package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"github.com/understudyhq/understudy/bot/api"
)

// Schedules are the on-call schedules whose names have this text in them, page
// by page; all of them, if it is empty. An error ends them.
func (c *Client) Schedules(ctx context.Context, name string) iter.Seq2[api.ListedSchedule, error] {
	return func(yield func(api.ListedSchedule, error) bool) {
		query := url.Values{"name": {name}}
		for more := true; more; {
			var page api.SchedulePage
			if err := c.ask(ctx, http.MethodGet, "/v1/schedules?"+query.Encode(), "", nil, &page); err != nil {
				yield(api.ListedSchedule{}, err)
				return
			}
			for _, one := range page.Schedules {
				if !yield(one, nil) {
					return
				}
			}
			more = page.Next != ""
			query.Set("after", page.Next)
		}
	}
}
