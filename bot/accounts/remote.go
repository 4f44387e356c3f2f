package accounts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Remote is a directory behind HTTP. It keeps nothing: each question is a GET.
//
//	{url}?q=&email=&limit=  answers 200 and {"accounts":[…]}, the best first
//	{url}/{id}              answers 200 and the account, or 404
//
// Accounts are written as in a .json file, and read as strictly.
type Remote struct {
	url    string
	token  string
	client *http.Client
}

const (
	// remoteTimeout is the 3 s in which Slack wants an answer to a type-ahead:
	// an answer that comes later is of no use.
	remoteTimeout = 3 * time.Second
	// maxAnswerBytes is far more than 100 accounts take.
	maxAnswerBytes = 4 << 20
)

// OpenURL is the directory at an http or https URL. A token that isn't empty
// is sent as a bearer token. Nothing is asked yet.
func OpenURL(base, token string) (*Remote, error) {
	parsed, err := url.Parse(base)
	if err != nil || parsed.Host == "" || !isURL(base) {
		return nil, errors.New("account directory: the URL can't be read: write it as https://host/path")
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return nil, fmt.Errorf("account directory: the URL of %s has a password, a query or a fragment: give the address alone, and a token by itself", parsed.Host)
	}
	client := &http.Client{Timeout: remoteTimeout, CheckRedirect: refuseRedirect}
	return &Remote{strings.TrimRight(base, "/"), token, client}, nil
}

// refuseRedirect keeps questions, and so customers' names, at the host that
// was configured.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Search implements [Directory]. The order is the service's.
func (r *Remote) Search(ctx context.Context, query, email string, limit int) ([]Account, error) {
	limit = min(limit, MaxResults)
	if limit <= 0 {
		return nil, nil
	}
	values := url.Values{"q": {query}, "email": {email}, "limit": {strconv.Itoa(limit)}}
	var answer struct {
		Accounts []Account `json:"accounts"`
	}
	if err := r.ask(ctx, r.url+"?"+values.Encode(), &answer); err != nil {
		return nil, fmt.Errorf("searching the account directory: %w", err)
	}
	for _, account := range answer.Accounts {
		if err := check(account); err != nil {
			return nil, fmt.Errorf("searching the account directory: %w", err)
		}
	}
	return answer.Accounts[:min(limit, len(answer.Accounts))], nil
}

// Get implements [Directory].
func (r *Remote) Get(ctx context.Context, id, _ string) (Account, error) {
	if checkID(id) != nil {
		return Account{}, ErrNotFound
	}
	account, err := r.get(ctx, id)
	if is, ok := errors.AsType[statusError](err); ok && is == http.StatusNotFound {
		return Account{}, ErrNotFound
	}
	if err != nil {
		return Account{}, fmt.Errorf("asking the account directory for %q: %w", id, err)
	}
	return account, nil
}

func (r *Remote) get(ctx context.Context, id string) (Account, error) {
	var account Account
	if err := r.ask(ctx, r.url+"/"+url.PathEscape(id), &account); err != nil {
		return Account{}, err
	}
	if account.ID != id {
		return Account{}, fmt.Errorf("it answered with the account %.60q", account.ID)
	}
	return account, check(account)
}

// Close implements [Directory].
func (r *Remote) Close() error {
	r.client.CloseIdleConnections()
	return nil
}

// statusError is an answer other than 200.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("it answered %d %s", int(s), http.StatusText(int(s)))
}

func (r *Remote) ask(ctx context.Context, address string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("the address can't be asked for")
	}
	request.Header.Set("Accept", "application/json")
	if r.token != "" {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return withoutAddress(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return statusError(response.StatusCode)
	}
	return decodeAnswer(response.Body, answer)
}

// withoutAddress leaves out what was asked: e-mails and names of customers
// don't belong in a log.
func withoutAddress(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

func decodeAnswer(body io.Reader, answer any) error {
	data, err := io.ReadAll(io.LimitReader(body, maxAnswerBytes+1))
	if err != nil {
		return fmt.Errorf("reading its answer: %w", err)
	}
	if len(data) > maxAnswerBytes {
		return fmt.Errorf("its answer has more than %d MiB", maxAnswerBytes>>20)
	}
	if err := json.Unmarshal(data, answer, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("its answer can't be used: %w", jsonProblem(err))
	}
	return nil
}
