package deliver

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// slackThatSaysYes remembers the methods that were called, in order, and its
// one message.
type slackThatSaysYes struct {
	mu       sync.Mutex
	methods  []string
	metadata string
	posted   time.Time
	loses    bool // the answer to the next post
}

func (s *slackThatSaysYes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	method := path.Base(r.URL.Path)
	s.methods = append(s.methods, method)
	switch method {
	case "chat.postMessage":
		s.metadata, s.posted = r.FormValue("metadata"), time.Now()
		if s.loses {
			panic(http.ErrAbortHandler)
		}
	case "conversations.open":
		_, _ = io.WriteString(w, `{"ok":true,"channel":{"id":"D1"}}`)
		return
	case "conversations.history":
		messages := ""
		if oldest, err := strconv.ParseFloat(r.FormValue("oldest"), 64); err == nil && oldest < float64(s.posted.Unix()) {
			messages = fmt.Sprintf(`{"type":"message","ts":"%d.000100","metadata":%s}`, s.posted.Unix(), s.metadata)
		}
		_, _ = fmt.Fprintf(w, `{"ok":true,"messages":[%s]}`, messages)
		return
	}
	_, _ = fmt.Fprintf(w, `{"ok":true,"channel":"D1","ts":"%d.000100"}`, s.posted.Unix())
}

func (s *slackThatSaysYes) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.methods)
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
	if got := said.called(); !slices.Equal(got, []string{"chat.postMessage"}) {
		t.Errorf("Slack was called with %q", got)
	}
}

func TestALostPostIsFoundWhateverTheClockSays(t *testing.T) {
	for _, c := range []struct {
		name          string
		ahead, jumped time.Duration // when it was posted, and until it is looked for
	}{
		{"right", 0, time.Minute},
		{"ahead", 50 * time.Hour, time.Minute},
		{"turned on meanwhile", 0, 50 * time.Hour},
		{"set back meanwhile", 50 * time.Hour, -50 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, said := newDeliverer(t)
			ahead := c.ahead
			d.Now = func() time.Time { return time.Now().Add(ahead) }
			taken, _, err := d.Ledger.TakeDirty(t.Context(), time.Now().Add(time.Second), 10, lease)
			if err != nil || len(taken) != 1 {
				t.Fatalf("taken: %v, %v", taken, err)
			}
			said.loses = true
			d.deliver(t.Context(), taken[0].ID)
			ahead += c.jumped
			d.deliver(t.Context(), taken[0].ID)
			want := []string{"chat.postMessage", "conversations.open", "conversations.history", "chat.update"}
			if got := said.called(); !slices.Equal(got, want) {
				t.Errorf("Slack was called with %q", got)
			}
		})
	}
}
