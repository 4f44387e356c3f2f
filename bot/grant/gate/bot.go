package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// bot is Understudy, as docs/apps.md and /v1/openapi.json describe it.
type bot struct {
	url, token string
	http       *http.Client
}

const (
	// botTime is how long the bot may take to answer.
	botTime = 5 * time.Second
	// mostOfAnswer is how much of an answer is read, in bytes.
	mostOfAnswer = 1 << 20
)

// Problem is why the bot, or the gate, doesn't do something: for people.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Status int    `json:"status"`
	// MaxAge is how old a sign-in may be, in seconds, where one isn't fresh.
	MaxAge int `json:"max_age"`
}

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

type opening struct {
	Token string `json:"token"`
	Grant struct {
		Case    string `json:"case"`
		Subject struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"subject"`
	} `json:"grant"`
}

// redemption is a link's code, or a request that was made in the app; and who
// comes with it.
type redemption struct {
	Code  string `json:"code,omitempty"`
	Case  string `json:"case,omitempty"`
	Email string `json:"staff_email"`
	signedIn
}

func (b *bot) redeem(ctx context.Context, r redemption) (o opening, err error) {
	return o, b.post(ctx, "/v1/grants/redeem", r, &o)
}

func (b *bot) refresh(ctx context.Context, raw string) (o opening, err error) {
	return o, b.post(ctx, "/v1/grants/refresh", map[string]string{"token": raw}, &o)
}

func (b *bot) revoke(ctx context.Context, raw string) error {
	form := strings.NewReader(url.Values{"token": {raw}}.Encode())
	return b.call(ctx, http.MethodPost, "/v1/revoke", "application/x-www-form-urlencoded", form, new(struct{}))
}

func (b *bot) report(ctx context.Context, raw string, done []deed) error {
	return b.post(ctx, "/v1/grants/deeds", map[string]any{"token": raw, "deeds": done}, new(struct{}))
}

// standing is how a request stands that was made in the app.
type standing struct {
	Case     string `json:"case"`
	Status   string `json:"status"`
	Over     bool   `json:"over"`
	Subject  struct{ ID, Name string }
	Asked    []string  `json:"asked"`
	Why      string    `json:"why"`
	AskedAt  time.Time `json:"asked_at"`
	Slack    bool      `json:"from_slack"`
	Decision string    `json:"decision"`
}

func (b *bot) ask(ctx context.Context, flow, account, reason, email string) (s standing, err error) {
	return s, b.post(ctx, "/v1/cases", map[string]string{"flow": flow, "account": account, "reason": reason, "staff_email": email}, &s)
}

func (b *bot) standing(ctx context.Context, id string) (s standing, err error) {
	return s, b.call(ctx, http.MethodGet, "/v1/cases/"+url.PathEscape(id)+"/standing", "", nil, &s)
}

func (b *bot) keys(ctx context.Context) (set jose.JSONWebKeySet, err error) {
	return set, b.call(ctx, http.MethodGet, "/.well-known/jwks.json", "", nil, &set)
}

func (b *bot) issuer(ctx context.Context) (string, error) {
	var metadata struct {
		Issuer string `json:"issuer"`
	}
	err := b.call(ctx, http.MethodGet, "/.well-known/oauth-authorization-server", "", nil, &metadata)
	return metadata.Issuer, err
}

func (b *bot) post(ctx context.Context, path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("asking the bot: %w", err)
	}
	return b.call(ctx, http.MethodPost, path, "application/json", bytes.NewReader(data), into)
}

// call asks the bot. What it refuses is a *[Problem]; that it doesn't answer is
// another error.
func (b *bot) call(ctx context.Context, method, path, kind string, body io.Reader, into any) error {
	ctx, cancel := context.WithTimeout(ctx, botTime)
	defer cancel()
	response, err := b.send(ctx, method, path, kind, body)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	data, err := io.ReadAll(io.LimitReader(response.Body, mostOfAnswer))
	if err != nil {
		return fmt.Errorf("reading what the bot answers: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		p := Problem{Title: "It failed", Detail: "Understudy answered in a way that isn't understood. Nothing was opened."}
		_ = json.Unmarshal(data, &p) // else it says no more than that
		p.Status = response.StatusCode
		return &p
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the bot's address leads elsewhere (%s): give the gate the one at its end", response.Status)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("reading what the bot answers: %w", err)
	}
	return nil
}

func (b *bot) send(ctx context.Context, method, path, kind string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, b.url+path, body)
	if err != nil {
		return nil, fmt.Errorf("asking the bot: %w", err)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	request.Header.Set("Authorization", "Bearer "+b.token)
	response, err := b.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the bot: %w", err)
	}
	return response, nil
}
