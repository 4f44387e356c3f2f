package accounts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/accounts"
)

// service answers for a file, as docs/directory.md wants it or with a fault.
type service struct {
	*accounts.File
	token string
	spoil func(*exchange)
}

// exchange is a question, and what is answered to it.
type exchange struct {
	path, token    string
	Query, Account string
	RequesterEmail string `json:"requester_email"`
	Limit          int
	status         int
	accounts       []map[string]any
	ask            func(*exchange)
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{path: r.URL.Path, token: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), status: http.StatusOK, ask: s.answer}
	if err := json.NewDecoder(r.Body).Decode(x); err != nil {
		x.status = http.StatusBadRequest
	}
	if s.spoil == nil {
		s.answer(x)
	} else {
		s.spoil(x)
	}
	w.WriteHeader(x.status)
	switch {
	case x.status != http.StatusOK:
	case x.path == "/facts":
		_ = json.NewEncoder(w).Encode(map[string]any{"account": x.accounts[0]})
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{"accounts": x.accounts})
	}
}

func (s *service) answer(x *exchange) {
	x.accounts = []map[string]any{}
	if x.token != s.token {
		x.status = http.StatusUnauthorized
		return
	}
	var found []accounts.Account
	if x.path == "/facts" {
		account, err := s.Get(context.Background(), x.Account, x.RequesterEmail)
		if errors.Is(err, accounts.ErrNotFound) {
			x.status = http.StatusNotFound
			return
		}
		found = append(found, account)
	} else {
		found, _ = s.Search(context.Background(), x.Query, x.RequesterEmail, x.Limit)
	}
	for _, a := range found {
		said := map[string]any{"id": a.ID, "name": a.Name, "is_assigned": a.AssignedTo(x.RequesterEmail), "fields": a.Fields}
		if a.Plan != "" {
			said["plan"] = a.Plan
		}
		x.accounts = append(x.accounts, said)
	}
}

// examined is what is wrong with the service, and what fields there are.
func examined(t *testing.T, spoil func(*exchange)) string {
	t.Helper()
	file := openText(t, "a.jsonl", strings.Join([]string{
		`{"id":"acct_42","name":"Acme","plan":"enterprise","assigned":["kim@example.com"],"fields":{"region":"eu","seats":12}}`,
		`{"id":"acct_7","name":"Globex","plan":"pro","fields":{"region":"us","vip":true}}`,
		`{"id":"acct_8","name":"Initech"}`,
	}, "\n"))
	server := httptest.NewServer(&service{file, token, spoil})
	defer server.Close()
	remote, err := accounts.OpenURL(server.URL, token, false)
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close()
	found := accounts.Examine(t.Context(), remote, "", "kim@example.com", 20)
	var told strings.Builder
	for _, finding := range found.Findings {
		if finding.Problem != "" {
			fmt.Fprintf(&told, "\t%s: %s\n", finding.Check, finding.Problem)
		}
	}
	for _, share := range found.Fields {
		if spoil == nil {
			fmt.Fprintf(&told, "\t%s is %v, %.0f%% of %d lack it\n", share.Field, share.Types, 100*share.Missing, found.Sampled)
		}
	}
	return told.String()
}

// TestExamineNamesWhatIsWrong shows what each kind of service is told. The
// golden file is for reading; the fields are the good one's.
func TestExamineNamesWhatIsWrong(t *testing.T) {
	faults := map[string]func(*exchange){
		"does as it should": nil,
		"is down":           func(x *exchange) { x.status = http.StatusServiceUnavailable },
		"knows nobody": func(x *exchange) {
			x.accounts = []map[string]any{}
			if x.path == "/facts" {
				x.status = 404
			}
		},
		"answers anybody":                        func(x *exchange) { x.token = token; x.ask(x) },
		"ignores the limit":                      func(x *exchange) { x.Limit = 100; x.ask(x) },
		"answers everything, whatever was typed": func(x *exchange) { x.Query = ""; x.ask(x) },
		"chokes on quotes": func(x *exchange) {
			x.ask(x)
			if strings.Contains(x.Query, "'") {
				x.status = http.StatusInternalServerError
			}
		},
		"compares e-mails letter by letter": func(x *exchange) {
			if x.RequesterEmail != strings.ToLower(x.RequesterEmail) {
				x.RequesterEmail = ""
			}
			x.ask(x)
		},
		"says assigned for everybody": func(x *exchange) {
			x.ask(x)
			for _, account := range x.accounts {
				account["is_assigned"] = true
			}
		},
		"needs an e-mail": func(x *exchange) {
			x.ask(x)
			if x.RequesterEmail == "" {
				x.status = http.StatusUnprocessableEntity
			}
		},
		"has facts of every id": func(x *exchange) {
			x.ask(x)
			if x.status == http.StatusNotFound {
				x.status, x.accounts = http.StatusOK, []map[string]any{{"id": x.Account, "name": "?"}}
			}
		},
		"finds ids in any case": func(x *exchange) { x.Account = strings.ToLower(x.Account); x.ask(x) },
		"says null in a field": func(x *exchange) {
			x.ask(x)
			for _, a := range x.accounts {
				a["fields"] = map[string]any{"region": nil}
			}
		},
		"puts fields beside the name": func(x *exchange) {
			x.ask(x)
			for _, a := range x.accounts {
				a["region"] = "eu"
			}
		},
		"sorts by id, the last first": func(x *exchange) { x.ask(x); slices.Reverse(x.accounts) },
		"is behind itself": func(x *exchange) {
			x.ask(x)
			for _, account := range x.accounts {
				if x.path == "/search" {
					account["plan"] = "free"
				}
			}
		},
		"answers twice": func(x *exchange) {
			x.ask(x)
			if x.path == "/search" && len(x.accounts) > 0 {
				x.accounts = append(x.accounts, x.accounts[0])
			}
		},
		"mixes types": func(x *exchange) {
			x.ask(x)
			for _, account := range x.accounts {
				if account["id"] == "acct_7" {
					account["fields"] = map[string]any{"seats": "many"}
				}
			}
		},
		"moved": func(x *exchange) { x.status = http.StatusFound },
	}
	var told strings.Builder
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		problems := examined(t, faults[name])
		if problems == "" {
			t.Errorf("nothing is wrong with a service that %s", name)
		}
		fmt.Fprintf(&told, "A service that %s\n%s\n", name, problems)
	}
	golden(t, "testdata/examine.golden", told.String())
}
