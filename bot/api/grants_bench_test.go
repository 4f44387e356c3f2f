package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// perSecond is how many calls are made, whether or not earlier ones are answered:
// half of them redeem a link, half ask about a token.
const perSecond = 2000

// BenchmarkGrants is what apps ask at 2,000 calls a second, of a bot on a store
// that is flushed to a disk: alone; in a storm, while a hundred cases a second are
// decided beside it; and in a flood, while as many are as the machine can. Bare is a
// handler of net/http that answers nothing, for the same client in the same run.
// Times are milliseconds, as a client has them:
//
//	go test ./bot/api -run NONE -bench Grants -benchtime 10000x
func BenchmarkGrants(b *testing.B) {
	cli.GiveRoom() // as serve does
	b.Run("bare", func(b *testing.B) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusOK)
		}))
		defer server.Close()
		l := newLoad(b, server.URL, "")
		l.run(func(n int) error {
			return l.post("/", "application/json", `{"code":"x","staff_email":"kim@example.com"}`)
		})
	})
	b.Run("alone", func(b *testing.B) { benchmarkGrants(b, nil) })
	b.Run("storm", func(b *testing.B) { benchmarkGrants(b, storm) })
	b.Run("flood", func(b *testing.B) { benchmarkGrants(b, flood) })
}

// benchmarkGrants calls while cases are decided beside it; none are if beside is nil.
func benchmarkGrants(b *testing.B, beside func(context.Context, func())) {
	ctx := b.Context()
	db, err := bolt.Open(ctx, filepath.Join(b.TempDir(), "understudy.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	ledger, err := store.Open(ctx, db)
	if err != nil {
		b.Fatal(err)
	}
	keys, err := grant.OpenKeyring(filepath.Join(b.TempDir(), "keys"), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	const secret = "ust_of_the_benchmark"
	if err := ledger.AddToken(ctx, store.Token{ID: "t", Name: "portal", Role: store.ForApp, App: "portal", Hash: store.HashToken(secret), Since: time.Now()}); err != nil {
		b.Fatal(err)
	}
	v1 := &api.V1{Ledger: func() *store.Ledger { return ledger }, Keys: keys, Issuer: issuer, Now: time.Now, Log: zerolog.Nop()}
	server := httptest.NewServer(api.Handler(func(context.Context) error { return nil }, http.NotFoundHandler(), v1.Handler(), nil))
	defer server.Close()

	codes := toRedeem(b, ledger, b.N/2+2)
	l := newLoad(b, server.URL, secret)
	token := l.redeem(codes[0])
	stop := deciding(b, ledger, beside)
	l.run(func(n int) error {
		if n%2 == 0 {
			return l.post("/v1/introspect", "application/x-www-form-urlencoded", url.Values{"token": {token}}.Encode())
		}
		return l.post("/v1/grants/redeem", "application/json", redemption(codes[1+n/2]))
	})
	if decided := stop(); beside != nil {
		b.ReportMetric(float64(decided)/b.Elapsed().Seconds(), "decisions/s")
	}
}

// toRedeem are the codes of links to so many grants.
func toRedeem(b *testing.B, ledger *store.Ledger, n int) []string {
	codes := make([]string, n)
	var together sync.WaitGroup
	for part := range 16 {
		together.Go(func() {
			for i := part; i < n; i += 16 {
				id := fmt.Sprintf("c%06d", i)
				if err := decided(ledger, id, approval.App{Name: "portal", URL: "https://portal.example.com"}); err != nil {
					b.Error(err)
				}
				codes[i] = grant.NewCode()
				if err := ledger.AddLink(b.Context(), store.HashToken(codes[i]), store.Link{Case: id, Email: "kim@example.com", Until: time.Now().Add(time.Hour)}, "", time.Now()); err != nil {
					b.Error(err)
				}
			}
		})
	}
	together.Wait()
	return codes
}

// decided is a case from its request to its grant: three commits.
func decided(ledger *store.Ledger, id string, app approval.App) error {
	mia := approval.Approver{Person: approval.Person{ID: "UMIA", Name: "Mia"}, Asked: true}
	for _, command := range []approval.Command{
		approval.Submit{ID: id, Flow: flowOf(app), Requester: approval.Person{ID: "U" + id, Name: "Kim", Email: "kim@example.com"},
			Account: approval.Account{ID: "acct_" + id, Name: "Acme"}, Reason: "invoice", Duration: time.Hour},
		approval.Rule{Ruling: asked(), Found: approval.Found{Route: *asked().Outcome.Route, Approvers: []approval.Approver{mia}}},
		approval.Approve{By: mia.Person},
	} {
		if _, err := ledger.Do(context.Background(), store.Change{Case: id, Command: command}, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// deciding has cases decided until it is stopped, and says how many were.
func deciding(b *testing.B, ledger *store.Ledger, how func(context.Context, func())) (stop func() int64) {
	if how == nil {
		return func() int64 { return 0 }
	}
	ctx, end := context.WithCancel(b.Context())
	var count atomic.Int64
	var all sync.WaitGroup
	all.Go(func() {
		how(ctx, func() {
			if err := decided(ledger, fmt.Sprint("beside-", count.Add(1)), approval.App{Name: "other"}); err != nil {
				b.Error(err)
			}
		})
	})
	return func() int64 {
		end()
		all.Wait()
		return count.Load()
	}
}

// stormy is how many cases are decided in each second of a storm.
const stormy = 100

func storm(ctx context.Context, decide func()) {
	var all sync.WaitGroup
	defer all.Wait()
	next := time.NewTicker(time.Second / stormy)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			all.Go(decide)
		}
	}
}

func flood(ctx context.Context, decide func()) {
	var all sync.WaitGroup
	defer all.Wait()
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				decide()
			}
		})
	}
}

// load is a client that makes calls at a rate.
type load struct {
	b      *testing.B
	url    string
	bearer string
	http   *http.Client
}

func newLoad(b *testing.B, address, bearer string) *load {
	return &load{b, address, bearer, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
}

func redemption(code string) string {
	data, err := json.Marshal(api.Redemption{Code: code, StaffEmail: "kim@example.com"})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func (l *load) redeem(code string) (token string) {
	response, err := l.send("/v1/grants/redeem", "application/json", redemption(code))
	if err != nil {
		l.b.Fatal(err)
	}
	defer response.Body.Close()
	var o api.Opening
	if err := json.NewDecoder(response.Body).Decode(&o); err != nil || o.Token == "" {
		l.b.Fatalf("%d: %v", response.StatusCode, err)
	}
	return o.Token
}

func (l *load) post(path, kind, body string) error {
	response, err := l.send(path, kind, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || bytes.Contains(answer, []byte(`"active":false`))) {
		err = fmt.Errorf("%s: %d %s", path, response.StatusCode, answer)
	}
	return err
}

func (l *load) send(path, kind, body string) (*http.Response, error) {
	request, err := http.NewRequest(http.MethodPost, l.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Authorization", "Bearer "+l.bearer)
	return l.http.Do(request)
}

// run makes b.N calls, each at its time, and reports how long they took from then:
// a call that couldn't begin in time has waited.
func (l *load) run(call func(n int) error) {
	took := make([]time.Duration, l.b.N)
	var together sync.WaitGroup
	l.b.ResetTimer()
	began := time.Now()
	for n := range took {
		at := began.Add(time.Duration(n) * time.Second / perSecond)
		time.Sleep(time.Until(at))
		together.Go(func() {
			if err := call(n); err != nil {
				l.b.Error(err)
			}
			took[n] = time.Since(at)
		})
	}
	together.Wait()
	l.b.StopTimer()
	slices.Sort(took)
	of := func(part float64) float64 { return took[int(part*float64(len(took)-1))].Seconds() * 1000 }
	l.b.ReportMetric(of(0.5), "p50-ms")
	l.b.ReportMetric(of(0.99), "p99-ms")
	l.b.ReportMetric(float64(len(took))/time.Since(began).Seconds(), "calls/s")
}

func asked() (r approval.Ruling) {
	route := flows.OnCall("PMGRS01")
	r.Outcome = flows.Outcome{Result: flows.Asked, Route: &route}
	return r
}
