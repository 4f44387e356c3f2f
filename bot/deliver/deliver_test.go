package deliver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// slackThatSaysYes remembers the methods that were called, in order.
type slackThatSaysYes struct {
	mu      sync.Mutex
	methods []string
}

func (s *slackThatSaysYes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.methods = append(s.methods, path.Base(r.URL.Path))
	_, _ = io.WriteString(w, `{"ok":true,"channel":"D1","ts":"1700000000.000100"}`)
}

// newDeliverer has a case whose requester's card is to be posted.
func newDeliverer(t *testing.T) (*Deliverer, *slackThatSaysYes) {
	t.Helper()
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	said := &slackThatSaysYes{}
	server := httptest.NewServer(said)
	t.Cleanup(server.Close)
	_, err = ledger.Do(t.Context(), store.Change{Case: "c1", Command: approval.Submit{
		ID: "c1", Requester: approval.Person{ID: "UKIM", Name: "Kim"}, Account: approval.Account{ID: "a1", Name: "Acme"},
		Reason: "invoices", Duration: time.Hour, Flow: approval.FlowVersion{ID: "f", Name: "impersonation", Policy: approval.Policy{Timeout: time.Hour}},
	}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return &Deliverer{
		Ledger: ledger, Slack: slack.New("xoxb-1", slack.OptionAPIURL(server.URL+"/")), Now: time.Now, Log: zerolog.Nop(),
	}, said
}

// A card may be taken a second time while its post is on its way, and whoever
// took it may come to it only when that has ended.
func TestACardThatWasPostedSinceItWasTakenIsNotPostedAgain(t *testing.T) {
	d, said := newDeliverer(t)
	taken, _, err := d.Ledger.TakeDirty(t.Context(), time.Now().Add(time.Second), 10, lease)
	if err != nil || len(taken) != 1 {
		t.Fatalf("taken: %v, %v", taken, err)
	}
	for range 2 {
		d.deliver(t.Context(), taken[0].ID)
	}
	if !slices.Equal(said.methods, []string{"chat.postMessage"}) {
		t.Errorf("Slack was called with %q", said.methods)
	}
}
