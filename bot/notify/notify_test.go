package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// network is between a notifier and the apps. It verifies what it is sent by a
// library that others wrote.
type network struct {
	t      *testing.T
	answer func(*http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []delivery
}

type delivery struct {
	id   string
	app  string
	at   time.Time
	body notify.Notice
}

func secret(app string) []byte { return []byte(app + ", a secret that is long enough") }

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	app, _, _ := strings.Cut(r.URL.Host, ".")
	hook, err := standardwebhooks.NewWebhook(notify.Secret(secret(app)))
	if err == nil {
		err = hook.Verify(body, r.Header)
	}
	d := delivery{id: r.Header.Get(standardwebhooks.HeaderWebhookID), app: app, at: time.Now()}
	if err == nil {
		err = json.Unmarshal(body, &d.body)
	}
	if err != nil {
		n.t.Errorf("what is sent: %v", err)
	}
	n.mu.Lock()
	n.sent = append(n.sent, d)
	n.mu.Unlock()
	return n.answer(r)
}

func (n *network) ids() (ids []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range n.sent {
		ids = append(ids, d.id)
	}
	slices.Sort(ids)
	return ids
}

func answers(status int, header http.Header) (*http.Response, error) {
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("answer"))}, nil
}

// scene is a store with notices, and who sends them.
type scene struct {
	*network

	engine *storetest.Faults
	ledger *store.Ledger
	ahead  time.Duration // of the bot's clock; changed while nothing runs
	log    strings.Builder
	// unasked is told of cases whose customer isn't asked; nowhere says that there is
	// no page where they could answer.
	unasked func(ctx context.Context, caseID, why string) error
	nowhere bool

	mu       sync.Mutex
	attempts []notify.Result
}

func newScene(t *testing.T, answer func(*http.Request) (*http.Response, error)) *scene {
	s := &scene{network: &network{t: t, answer: answer}, engine: storetest.Faulty(storetest.NewMemory())}
	s.unasked = s.goesOn
	s.open()
	return s
}

func (s *scene) open() {
	ledger, err := store.Open(s.t.Context(), s.engine)
	if err == nil {
		err = ledger.Reclaim(s.t.Context(), s.now())
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.ledger = ledger
}

func (s *scene) now() time.Time { return time.Now().Add(s.ahead) }

// opens lets Kim into an app, of which that is told.
func (s *scene) opens(id, app string) {
	s.t.Helper()
	flow := approval.FlowVersion{
		Name: "impersonation", Policy: approval.Policy{Timeout: time.Hour},
		App: &approval.App{Name: app, URL: "https://" + app + ".example.com/open", Webhook: "https://" + app + ".example.com/hook?key=hidden"},
	}
	for _, command := range []approval.Command{
		approval.Submit{ID: id, Flow: flow, Requester: kim, Account: approval.Account{ID: "acct_" + id, Name: "Acme"}, Reason: "Invoice 1042 shows twice.", Duration: time.Hour},
		approval.Rule{Ruling: approval.Ruling{Account: approval.Account{ID: "acct_" + id, Name: "Acme"}, Outcome: flows.Outcome{Result: flows.Approved, Why: "free tier account"}}},
		approval.Open{By: kim, Session: "one"},
	} {
		s.do(id, command)
	}
}

func (s *scene) do(id string, command approval.Command) {
	s.t.Helper()
	if _, err := s.ledger.Do(s.t.Context(), store.Change{Case: id, Command: command}, s.now()); err != nil {
		s.t.Fatalf("%T: %v", command, err)
	}
}

// runs has notices sent for a while.
func (s *scene) runs(d time.Duration) {
	ctx, stop := context.WithTimeout(s.t.Context(), d)
	defer stop()
	n := &notify.Notifier{Ledger: s.ledger, Secret: secret, Unasked: s.unasked, Transport: s.network, Now: s.now, Log: zerolog.New(zerolog.SyncWriter(&s.log)), Watch: func(a notify.Attempt) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.attempts = append(s.attempts, a.Result)
	}}
	if !s.nowhere {
		n.Answer = func(caseID string) string { return "https://bot.example.com/consent/" + caseID }
	}
	n.Run(ctx)
}

// left are the notices that the store has.
func (s *scene) left() []store.Webhook {
	s.t.Helper()
	all, damaged, err := s.ledger.Webhooks(s.t.Context())
	if err != nil || len(damaged) > 0 {
		s.t.Fatal(damaged, err)
	}
	report, err := s.ledger.Check(s.t.Context())
	if err != nil || len(report.Problems) > 0 {
		s.t.Errorf("the store: %v, %v", report.Problems, err)
	}
	return all
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestAnAppHearsAgainWhatItDidNotTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := []func() (*http.Response, error){
			func() (*http.Response, error) { return answers(500, nil) },
			func() (*http.Response, error) {
				return answers(302, http.Header{"Location": {"https://evil.example/"}})
			},
			func() (*http.Response, error) { return nil, errors.New("connection refused") },
			func() (*http.Response, error) { return answers(429, http.Header{"Retry-After": {"300"}}) },
		}
		s := newScene(t, nil)
		s.answer = func(*http.Request) (*http.Response, error) {
			if n := len(s.sent); n <= len(failures) {
				return failures[n-1]()
			}
			return answers(204, nil)
		}
		s.opens("c1", "portal")
		s.runs(15 * time.Minute)
		if len(s.sent) != len(failures)+1 || len(s.left()) > 0 {
			t.Fatalf("sent %d times, left %v", len(s.sent), s.left())
		}
		same(t, "results", []notify.Result{notify.Retried, notify.Retried, notify.Retried, notify.Retried, notify.Taken}, s.attempts)
		for i, longest := range []time.Duration{5, 10, 20, 305} {
			if waited := s.sent[i+1].at.Sub(s.sent[i].at); waited < longest*time.Second/2 || waited > (longest+1)*time.Second || s.sent[i+1].id != s.sent[i].id {
				t.Errorf("after try %d the next one came in %s, as %s", i+1, waited, s.sent[i+1].id)
			}
		}
		if strings.Contains(s.log.String(), "hidden") {
			t.Errorf("the log tells the webhook's key:\n%s", &s.log)
		}
	})
}

func TestANoticeIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(*http.Request) (*http.Response, error) { return answers(503, nil) })
		s.opens("c1", "portal")
		s.runs(time.Second)
		for range 6 { // half a day each
			s.ahead += 12 * time.Hour
			s.runs(time.Second)
		}
		left := s.left()
		if len(left) != 1 || left[0].Failed.IsZero() || left[0].Why != "the app answered 503 Service Unavailable" || len(s.sent) != 7 {
			t.Fatalf("after %d tries: %+v", len(s.sent), left)
		}
		if !strings.Contains(s.log.String(), "given up") || s.attempts[6] != notify.Failed {
			t.Errorf("%v\n%s", s.attempts, &s.log)
		}
		s.ahead += store.FailedKept - time.Hour
		s.runs(time.Second)
		same(t, "kept", left, s.left())
		s.answer = func(*http.Request) (*http.Response, error) { return answers(200, nil) }
		if _, err := s.ledger.ReplayWebhook(t.Context(), left[0].ID, s.now()); err != nil {
			t.Fatal(err)
		}
		s.runs(time.Second)
		same(t, "after a replay", 0, len(s.left()))
		if s.sent[7].id != s.sent[0].id || s.sent[7].body.Data != s.sent[0].body.Data {
			t.Errorf("what is sent again isn't the same:\n%+v\n%+v", s.sent[0], s.sent[7])
		}
	})
}

func TestAFailedNoticeIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(*http.Request) (*http.Response, error) { return answers(http.StatusGone, nil) })
		s.opens("c1", "portal")
		s.runs(time.Second)
		if left := s.left(); len(left) != 1 || left[0].Failed.IsZero() {
			t.Errorf("an app that has gone: %+v", left)
		}
		s.ahead += store.FailedKept
		s.runs(2 * time.Second)
		same(t, "left", 0, len(s.left()))
		same(t, "sent", 1, len(s.sent))
	})
}

// TestAnAppThatHangsHoldsUpNoOther nor has it more than a few calls to answer.
func TestAnAppThatHangsHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging, most := 0, 0
		s := newScene(t, nil)
		s.answer = func(r *http.Request) (*http.Response, error) {
			if !strings.HasPrefix(r.URL.Host, "slow.") {
				return answers(200, nil)
			}
			s.mu.Lock()
			hanging++
			most = max(most, hanging)
			s.mu.Unlock()
			<-r.Context().Done()
			s.mu.Lock()
			hanging--
			s.mu.Unlock()
			return nil, r.Context().Err()
		}
		for n := range 30 {
			s.opens(fmt.Sprint("slow", n), "slow")
		}
		began := time.Now()
		s.opens("quick", "portal")
		s.runs(20 * time.Second)
		i := slices.IndexFunc(s.sent, func(d delivery) bool { return d.app == "portal" })
		if i < 0 || s.sent[i].at.Sub(began) > 3*time.Second {
			t.Errorf("the other app heard too late, or never: %d", i)
		}
		same(t, "at the same time", 4, most)
		same(t, "left", 30, len(s.left()))
	})
}

// TestACrashLosesNoNotice whether it was on its way or had arrived.
func TestACrashLosesNoNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		s.opens("c1", "portal")
		s.runs(time.Second) // ends while the app has it
		same(t, "left", 1, len(s.left()))
		same(t, "failures", 0, s.left()[0].Failures)
		s.open()
		s.answer = func(*http.Request) (*http.Response, error) {
			s.engine.OnUpdate(func(int) storetest.Fault { return storetest.Before })
			return answers(200, nil)
		}
		s.runs(time.Second) // ends before that is recorded
		s.engine.OnUpdate(nil)
		same(t, "left", 1, len(s.left()))
		s.answer = func(*http.Request) (*http.Response, error) { return answers(200, nil) }
		s.runs(31 * time.Second) // its lease ends
		same(t, "left", 0, len(s.left()))
		same(t, "sent", []string{"c1_4", "c1_4", "c1_4"}, s.ids())
	})
}

func TestADamagedNoticeHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(*http.Request) (*http.Response, error) { return answers(200, nil) })
		s.opens("c1", "portal")
		s.opens("c2", "portal")
		s.opens("c3", "portal")
		if err := s.engine.Update(t.Context(), func(tx store.Tx) error {
			return errors.Join(tx.Put("webhook/c1_4", []byte("no notice")), tx.Put("event/c2/00000001", []byte("no event")))
		}); err != nil {
			t.Fatal(err)
		}
		s.runs(time.Minute)
		same(t, "sent", []string{"c3_4"}, s.ids())
	})
}
