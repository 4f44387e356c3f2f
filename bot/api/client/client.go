// Package client asks a running bot's API, for the CLI and for Terraform.
//
// Every error that the bot answers is a *[api.Problem]. An error of another
// kind says that there was no answer, and then whether anything was changed
// isn't known.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/loopback"
	"github.com/understudyhq/understudy/bot/provision"
)

// Client asks one bot. It may be used from many goroutines.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
}

// patience is longer than a plan may take.
const patience = time.Minute

const largestAnswer = 64 << 20

// New is a client of the bot at this address, such as http://127.0.0.1:8080. The
// token isn't sent to another machine without TLS.
func New(address, token string) (*Client, error) {
	c, err := NewPlain(address, token)
	if err == nil && c.base.Scheme == "http" && !loopback.Is(c.base.Hostname()) {
		return nil, fmt.Errorf("%s would be asked without TLS, and whoever is between could read the token: write https://, or set UNDERSTUDY_URL_PLAIN=true where the network itself is trusted", c.base.Host)
	}
	return c, err
}

// NewPlain is New for a network that is trusted itself.
func NewPlain(address, token string) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q isn't the address of a bot, such as http://127.0.0.1:8080", address)
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the bot's address has a password, a query or a fragment: give the address alone")
	}
	if token == "" {
		return nil, errors.New("there is no token: set UNDERSTUDY_TOKEN; understudy token create makes one")
	}
	// A redirect would take the token elsewhere.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base, token, &http.Client{Timeout: patience, CheckRedirect: stay}}, nil
}

// Flows are all flows.
func (c *Client) Flows(ctx context.Context) ([]api.Flow, error) {
	var answer struct{ Flows []api.Flow }
	err := c.ask(ctx, http.MethodGet, "/v1/flows", "", nil, &answer)
	return answer.Flows, err
}

// Flow is the flow of this name or id.
func (c *Client) Flow(ctx context.Context, key string) (f api.Flow, err error) {
	err = c.ask(ctx, http.MethodGet, "/v1/flows/"+url.PathEscape(key), "", nil, &f)
	return f, err
}

// Versions are the versions of a flow, the first one first.
func (c *Client) Versions(ctx context.Context, key string) ([]api.Flow, error) {
	var answer struct{ Flows []api.Flow }
	err := c.ask(ctx, http.MethodGet, "/v1/flows/"+url.PathEscape(key)+"/versions", "", nil, &answer)
	return answer.Flows, err
}

// Plan says what provisioning the record would do.
func (c *Client) Plan(ctx context.Context, r provision.Record) (provision.Plan, error) {
	return c.PlanOver(ctx, r, provision.Window{})
}

// PlanOver says what provisioning the record would do, and would have done to the
// window's past cases.
func (c *Client) PlanOver(ctx context.Context, r provision.Record, w provision.Window) (p provision.Plan, err error) {
	query := url.Values{}
	for name, n := range map[string]int{"days": w.Days, "last": w.Last} {
		if n > 0 {
			query.Set(name, strconv.Itoa(n))
		}
	}
	err = c.ask(ctx, http.MethodPost, "/v1/plan?"+query.Encode(), "", r, &p)
	return p, err
}

// Provision makes the record a version of its flow. Base is the version that it
// changes, 0 if the flow is new.
func (c *Client) Provision(ctx context.Context, r provision.Record, base int) (f api.Flow, err error) {
	if base == 0 {
		err = c.ask(ctx, http.MethodPost, "/v1/flows", "", r, &f)
		return f, err
	}
	err = c.ask(ctx, http.MethodPut, "/v1/flows/"+url.PathEscape(r.Name), api.ETag(base), r, &f)
	return f, err
}

// Delete deletes a flow of this version. Keep says that its open cases go on.
func (c *Client) Delete(ctx context.Context, key string, version int, keep bool) error {
	path := "/v1/flows/" + url.PathEscape(key)
	if keep {
		path += "?open_cases=keep"
	}
	return c.ask(ctx, http.MethodDelete, path, api.ETag(version), nil, nil)
}

// Schedule is an on-call schedule with its rota.
func (c *Client) Schedule(ctx context.Context, id string) (s api.Schedule, err error) {
	err = c.ask(ctx, http.MethodGet, "/v1/schedules/"+url.PathEscape(id), "", nil, &s)
	return s, err
}

// Tokens are all tokens, without their secrets.
func (c *Client) Tokens(ctx context.Context) ([]api.Token, error) {
	var answer struct{ Tokens []api.Token }
	err := c.ask(ctx, http.MethodGet, "/v1/tokens", "", nil, &answer)
	return answer.Tokens, err
}

// NewToken makes a token. Its secret is in the answer, and nowhere else.
func (c *Client) NewToken(ctx context.Context, wanted api.NewToken) (t api.Token, err error) {
	err = c.ask(ctx, http.MethodPost, "/v1/tokens", "", wanted, &t)
	return t, err
}

// RevokeToken revokes the token of this id.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.ask(ctx, http.MethodDelete, "/v1/tokens/"+url.PathEscape(id), "", nil, nil)
}

// RotateKeys has a new key sign what apps get.
func (c *Client) RotateKeys(ctx context.Context, r api.Rotation) error {
	return c.ask(ctx, http.MethodPost, "/v1/keys", "", r, nil)
}

// ask sends a request and reads its answer, or the problem that it answers.
func (c *Client) ask(ctx context.Context, method, path, match string, body, into any) error {
	var content io.Reader = http.NoBody
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("writing a request: %w", err)
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base.String()+path, content)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	if match != "" {
		request.Header.Set("If-Match", match)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("the bot at %s doesn't answer: %w", c.base.Host, err)
	}
	defer func() { _ = response.Body.Close() }() // it was read to its end
	data, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer of the bot at %s: %w", c.base.Host, err)
	}
	switch {
	case response.StatusCode >= http.StatusBadRequest:
		return refusal(c.base.Host, response, data)
	case response.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("what answers at %s sends elsewhere (%s): give the address of the bot itself", c.base.Host, response.Status)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("what answers at %s isn't a bot of this version: %w", c.base.Host, err)
	}
	return nil
}

func refusal(host string, response *http.Response, data []byte) error {
	p := new(api.Problem)
	if json.Unmarshal(data, p) != nil || p.Status == 0 {
		return fmt.Errorf("what answers at %s isn't the API of a bot: it says %s", host, response.Status)
	}
	return p
}
