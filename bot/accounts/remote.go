package accounts

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/understudyhq/understudy/bot/loopback"
)

// Remote is a directory behind HTTP. Each question is a POST, so that no proxy's
// log has customers' names and e-mails in its addresses:
//
//	{url}/search  {"query", "requester_email", "limit"}  →  {"accounts": […]}, the best first
//	{url}/facts   {"account", "requester_email"}         →  {"account": {…}}, or 404
//
// docs/directory.md and docs/directory.openapi.json say it for those who write
// the service. Answers are read as strictly as a file. Those of searches are
// kept for a few seconds; facts are asked for anew each time.
type Remote struct {
	url    string
	token  string
	client *http.Client
	recent recent
}

const (
	// searchTime is the 3 s in which Slack wants an answer to a type-ahead: an
	// answer that comes later is of no use.
	searchTime = 3 * time.Second
	// factsTime bounds one look-up. Routing has more patience, and asks again.
	factsTime = 10 * time.Second
	// maxAnswerBytes is far more than 100 accounts take.
	maxAnswerBytes = 4 << 20
)

// OpenURL is the directory at an https URL. A token that isn't empty is sent as
// a bearer token. Plain allows http to another host. Nothing is asked yet.
func OpenURL(base, token string, plain bool) (*Remote, error) {
	if err := checkURL(base, plain); err != nil {
		return nil, err
	}
	client := &http.Client{Transport: transport(), CheckRedirect: refuseRedirect}
	return &Remote{url: strings.TrimRight(base, "/"), token: token, client: client}, nil
}

func checkURL(base string, plain bool) error {
	parsed, err := url.Parse(base)
	if err != nil || parsed.Host == "" || !isURL(base) {
		return errors.New("account directory: the URL can't be read: write it as https://host/path")
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return fmt.Errorf("account directory: the URL of %s has a password, a query or a fragment: give the address alone, and a token by itself", parsed.Host)
	}
	if parsed.Scheme == "http" && !plain && !loopback.Is(parsed.Hostname()) {
		return fmt.Errorf("account directory: %s would be asked without TLS, and whoever is between could answer for it: write https://, or allow it with UNDERSTUDY_ACCOUNTS_PLAIN=true where the network itself is trusted", parsed.Host)
	}
	return nil
}

func hostOf(base string) string {
	parsed, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}

func transport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 8 // as many people as type at once
	return t
}

// refuseRedirect keeps questions, and so customers' names, at the host that
// was configured.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// who is a person's e-mail as it is sent: null for somebody who has none.
func who(email string) *string {
	if email == "" {
		return nil
	}
	return &email
}

type searchQuestion struct {
	Query          string  `json:"query"`
	RequesterEmail *string `json:"requester_email"`
	Limit          int     `json:"limit"`
}

type factsQuestion struct {
	Account        string  `json:"account"`
	RequesterEmail *string `json:"requester_email"`
}

// Search implements [Directory]. The order is the service's.
func (r *Remote) Search(ctx context.Context, query, email string, limit int) ([]Account, error) {
	limit = min(limit, MaxResults)
	if limit <= 0 {
		return nil, nil
	}
	question := asked{query, email, limit}
	if found, ok := r.recent.get(question); ok {
		return found, nil
	}
	found, err := r.search(ctx, question)
	if err != nil {
		return nil, fmt.Errorf("searching the account directory: %w", err)
	}
	found = found[:min(limit, len(found))]
	r.recent.put(question, found)
	return found, nil
}

// search asks, and takes as many accounts as there are.
func (r *Remote) search(ctx context.Context, question asked) ([]Account, error) {
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	var said struct {
		Accounts []answer `json:"accounts"`
	}
	if err := r.ask(ctx, "/search", searchQuestion{question.query, who(question.email), question.limit}, &said); err != nil {
		return nil, err
	}
	if said.Accounts == nil {
		return nil, errors.New(`its answer has no "accounts": it must be a list, empty if nothing is found`)
	}
	return accountsOf(said.Accounts, question.email)
}

// Named implements [Directory], as [namedBySearch] does.
func (r *Remote) Named(ctx context.Context, text string, limit int) ([]Account, error) {
	return namedBySearch(ctx, r, text, limit)
}

// Get implements [Directory].
func (r *Remote) Get(ctx context.Context, id, email string) (Account, error) {
	if checkID(id) != nil {
		return Account{}, ErrNotFound
	}
	account, err := r.facts(ctx, id, email)
	if is, ok := errors.AsType[statusError](err); ok && is == http.StatusNotFound {
		return Account{}, ErrNotFound
	}
	if err != nil {
		return Account{}, fmt.Errorf("asking the account directory for %q: %w", id, err)
	}
	return account, nil
}

func (r *Remote) facts(ctx context.Context, id, email string) (Account, error) {
	ctx, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	var said struct {
		Account answer `json:"account"`
	}
	if err := r.ask(ctx, "/facts", factsQuestion{id, who(email)}, &said); err != nil {
		return Account{}, err
	}
	if said.Account.ID != id {
		return Account{}, &otherAccountError{said.Account.ID}
	}
	return said.Account.account(email)
}

// otherAccountError is the facts of another account than the one asked for.
type otherAccountError struct{ id string }

func (o *otherAccountError) Error() string {
	return fmt.Sprintf("it answered with the account %.60q: it must answer for exactly the id that it is asked for, or 404", o.id)
}

// Close implements [Directory].
func (r *Remote) Close() error {
	r.client.CloseIdleConnections()
	return nil
}

// statusError is an answer other than 200.
type statusError int

func (s statusError) Error() string {
	said := fmt.Sprintf("it answered %d %s", int(s), http.StatusText(int(s)))
	switch {
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return said + ": set the token that it knows, in UNDERSTUDY_ACCOUNTS_TOKEN"
	case s == http.StatusNotFound || s == http.StatusMethodNotAllowed:
		return said + ": set the URL so that /search and /facts follow it"
	case s >= 300 && s < 400:
		return said + ": set the URL that it redirects to, redirects aren't followed"
	}
	return said
}

func (r *Remote) ask(ctx context.Context, path string, question, said any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return errors.New("the question isn't text that JSON can hold") // whose text is private
	}
	return persist(ctx, func() error { return r.post(ctx, path, body, said) })
}

func (r *Remote) post(ctx context.Context, path string, body []byte, said any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+path, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address can't be asked")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header["Idempotency-Key"] = nil // isn't sent, and lets net/http ask again on a connection that went idle
	if r.token != "" {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return unreached(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusOK:
		return decodeAnswer(response.Body, said)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &momentary{statusError(response.StatusCode), retryAfter(response.Header.Get("Retry-After"))}
	}
	return statusError(response.StatusCode)
}

// retryAfter is what a Retry-After says, in seconds or as a time, and else 0.
func retryAfter(header string) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 16); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// unreached is an answer that didn't come. It leaves out the address that was
// asked, and is worth another try unless the time is up or the certificate is
// another's.
func unreached(ctx context.Context, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return fmt.Errorf("its certificate isn't trusted: %w", err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("it didn't answer in time: %w", err)
	}
	return &momentary{error: fmt.Errorf("it can't be reached, or the connection broke: %w", err)}
}

func decodeAnswer(body io.Reader, said any) error {
	data, err := io.ReadAll(io.LimitReader(body, maxAnswerBytes+1))
	if err != nil {
		return &momentary{error: fmt.Errorf("reading its answer: %w", err)}
	}
	if len(data) > maxAnswerBytes {
		return fmt.Errorf("its answer has more than %d MiB", maxAnswerBytes>>20)
	}
	if err := json.Unmarshal(data, said, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("its answer can't be used: %w", jsonProblem(err))
	}
	return nil
}
