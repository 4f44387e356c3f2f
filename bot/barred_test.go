package bot

import (
	"net/http"
	"testing"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/flows/approval"
)

// A case may change between the look at its people and the commit: one that is
// routed again may ask by then.
func TestNobodyIsVouchedForByTheStatusOfAMomentAgo(t *testing.T) {
	silent := http.Client{Transport: silence{}}
	b := New(Config{Log: zerolog.Nop(), People: people.New(people.Options{
		Slack: slack.New("xoxb-1", slack.OptionHTTPClient(&silent)), TeamID: "T1", Log: zerolog.Nop(),
	})})
	for status, looks := range map[approval.Status]bool{
		approval.Routing: true, approval.Pending: true, approval.Active: false, approval.Ended: false, approval.Denied: false,
	} {
		c := approval.Case{ID: "c1", Status: status, Requester: approval.Person{ID: "U1"}}
		why := b.barred(t.Context(), c, "U2", approval.Approve{By: approval.Person{ID: "U2"}})
		if looked := why != ""; looked != looks {
			t.Errorf("%s: an approval is answered with %q", status, why)
		}
	}
}

type silence struct{}

func (silence) RoundTrip(*http.Request) (*http.Response, error) { return nil, http.ErrHandlerTimeout }
