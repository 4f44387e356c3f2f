package metrics_test

import (
	"context"
	"fmt"
	"iter"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/metrics"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
	"github.com/understudyhq/understudy/store/storetest"
)

// counted is an engine that counts the rows that are read.
type counted struct {
	store.Engine
	rows *atomic.Int64
}

func (c counted) View(ctx context.Context, fn func(store.Tx) error) error {
	return c.Engine.View(ctx, func(tx store.Tx) error { return fn(countedTx{tx, c.rows}) })
}

type countedTx struct {
	store.Tx
	rows *atomic.Int64
}

func (c countedTx) Get(key string) ([]byte, error) {
	c.rows.Add(1)
	return c.Tx.Get(key)
}

func (c countedTx) Scan(from, to string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for entry, err := range c.Tx.Scan(from, to) {
			c.rows.Add(1)
			if !yield(entry, err) {
				return
			}
		}
	}
}

func TestAScrapeReadsNoCaseThatIsOver(t *testing.T) {
	rows := new(atomic.Int64)
	p := begin(t, counted{storetest.NewMemory(), rows}, noon)
	read := func() int64 {
		rows.Store(0)
		scrape(t, p.Metrics)
		return rows.Load()
	}
	p.submit("waits")
	p.ask("waits", mia)
	few := read()
	for i := range 200 {
		id := fmt.Sprint("over", i)
		p.submit(id)
		p.do(id, approval.Cancel{By: kim})
	}
	p.now = noon.Add(time.Minute)
	for range 6 {
		p.deliver()
	}
	if many := read(); few == 0 || many > few {
		t.Errorf("a scrape reads %d rows after 200 cases were over, %d before", many, few)
	}
	expect(t, scrape(t, p.Metrics), `understudy_cases{status="cancelled"}`, 200)
}

// BenchmarkScrape is a scrape of a bot that has 100,000 cases behind it, 100
// before it, and 200 cards to deliver. BenchmarkFollow is what the start costs.
func BenchmarkScrape(b *testing.B) {
	m, _ := veteran(b)
	handler := m.Handler()
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/metrics", nil))
	}
}

func BenchmarkFollow(b *testing.B) {
	_, ledger := veteran(b)
	for b.Loop() {
		if err := metrics.New(time.Now, zerolog.Nop()).Follow(b.Context(), ledger); err != nil {
			b.Fatal(err)
		}
	}
}

func veteran(b *testing.B) (*metrics.Metrics, *store.Ledger) {
	b.Helper()
	engine, err := bolt.Open(b.Context(), filepath.Join(b.TempDir(), "understudy.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := engine.Close(); err != nil {
			b.Error(err)
		}
	})
	ledger, err := store.Open(b.Context(), engine)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 100 {
		submitted(b, ledger, strconv.Itoa(i))
	}
	copyOver(b, engine, ledger, 100_000)
	m := metrics.New(time.Now, zerolog.Nop())
	if err := m.Follow(b.Context(), ledger); err != nil {
		b.Fatal(err)
	}
	return m, ledger
}

func submitted(b *testing.B, ledger *store.Ledger, id string) {
	b.Helper()
	submit := approval.Submit{
		ID: id, Requester: kim, Account: approval.Account{ID: "acct_" + id, Name: "Acme"}, Reason: "the invoice page", Duration: time.Hour,
		Flow: approval.FlowVersion{ID: "f", Name: "impersonation", Version: 1, Policy: approval.Policy{Timeout: time.Hour}},
	}
	if _, err := ledger.Do(b.Context(), store.Change{Case: id, View: "V" + id, Command: submit}, noon); err != nil {
		b.Fatal(err)
	}
}

// copyOver has one case end, and copies its rows under the names of n others.
func copyOver(b *testing.B, engine store.Engine, ledger *store.Ledger, n int) {
	b.Helper()
	const original = "ORIGINAL"
	submitted(b, ledger, original)
	if _, err := ledger.Do(b.Context(), store.Change{Case: original, Command: approval.Cancel{By: kim}}, noon); err != nil {
		b.Fatal(err)
	}
	for _, card := range []store.CardKind{store.RequesterCard, store.ModalCard} {
		if err := ledger.Lose(b.Context(), store.NewCardID(original, card, map[store.CardKind]string{store.RequesterCard: kim.ID, store.ModalCard: "V" + original}[card]), "over"); err != nil {
			b.Fatal(err)
		}
	}
	var rows []store.Entry
	err := engine.View(b.Context(), func(tx store.Tx) error {
		rows = nil
		for entry, err := range tx.Scan("a", "z") {
			if err != nil {
				return err
			}
			if strings.Contains(entry.Key, original) {
				rows = append(rows, entry)
			}
		}
		return nil
	})
	for i := 0; i < n && err == nil; i += 1000 {
		err = engine.Update(b.Context(), func(tx store.Tx) error {
			for j := range 1000 {
				for _, row := range rows {
					if err := tx.Put(strings.ReplaceAll(row.Key, original, fmt.Sprintf("OVER%06d", i+j)), row.Value); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	if err != nil {
		b.Fatal(err)
	}
}

// TestScrapesWhileTheStoreCloses is a bot that ends while it is scraped.
func TestScrapesWhileTheStoreCloses(t *testing.T) {
	engine, err := bolt.Open(t.Context(), filepath.Join(t.TempDir(), "understudy.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := begin(t, engine, noon)
	p.submit("1")
	p.StoreSize(func() int64 { return engine.Stats().FileSize })
	var scrapes sync.WaitGroup
	scraped := make(chan struct{}, 1)
	over := make(chan struct{})
	for range 4 {
		scrapes.Go(func() {
			for {
				select {
				case <-over:
					return
				case scraped <- struct{}{}:
				default:
				}
				p.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/metrics", nil))
			}
		})
	}
	<-scraped
	if err := engine.Close(); err != nil {
		t.Error(err)
	}
	close(over)
	scrapes.Wait()
	if _, there := scrape(t, p.Metrics)["understudy_delivery_backlog"]; there {
		t.Error("a closed store tells of its backlog")
	}
}
