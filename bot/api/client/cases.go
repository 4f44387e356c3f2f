package client

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"net/url"

	"github.com/understudyhq/understudy/bot/api"
)

// Cases are the cases that the query names, page by page: status, flow, requester,
// account; after, an id; facts=yes. An error ends them.
func (c *Client) Cases(ctx context.Context, query url.Values) iter.Seq2[api.Case, error] {
	return func(yield func(api.Case, error) bool) {
		next := url.Values{}
		maps.Copy(next, query) // which may be asked again
		for more := true; more; {
			var page api.CasePage
			if err := c.ask(ctx, http.MethodGet, "/v1/cases?"+next.Encode(), "", nil, &page); err != nil {
				yield(api.Case{}, err)
				return
			}
			for _, one := range page.Cases {
				if !yield(one, nil) {
					return
				}
			}
			more = page.Next != ""
			next.Set("after", page.Next)
		}
	}
}
