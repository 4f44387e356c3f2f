package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/flows"
)

// roles is an account service whose facts depend on who asks. It doesn't say to
// whom accounts are assigned.
func roles(t *testing.T, of map[string]string) setting {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Email string `json:"requester_email"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		acme := fmt.Sprintf(`{"id":"acct_42","name":"Acme","plan":"pro","fields":{"requester_role":%q}}`, of[asked.Email])
		if r.URL.Path == "/facts" {
			fmt.Fprintf(w, `{"account":%s}`, acme)
			return
		}
		fmt.Fprintf(w, `{"accounts":[%s]}`, acme)
	}))
	t.Cleanup(server.Close)
	remote, err := accounts.OpenURL(server.URL, "", false)
	if err != nil {
		t.Fatal(err)
	}
	return func(_ *stage, c *bot.Config) { c.Accounts = remote }
}

func TestAFactOfWhoAsks(t *testing.T) {
	t.Parallel()
	s := newStage(t, roles(t, map[string]string{"kim@example.com": "lead", "lee@example.com": "trainee"}), withRules(flows.Flow{
		OnRequest: func(r flows.Request) flows.Verdict {
			if r.Text("requester_role") == "lead" {
				return flows.Approve("a lead")
			}
			return flows.Deny("only leads")
		},
	}))
	ask(s.kim, "Acme")
	s.kim.Inbox().Wait("a lead")
	ask(s.lee, "Acme")
	s.lee.Inbox().Wait("only leads")
}

func TestAnAssignmentThatIsNotKnownRefuses(t *testing.T) {
	t.Parallel()
	s := newStage(t, roles(t, nil))
	ask(s.kim, "Acme")
	s.kim.Inbox().Wait("is_assigned").WaitText("efused")
}
