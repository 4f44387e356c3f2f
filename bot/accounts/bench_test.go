package accounts_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/accounts/accountstest"
)

const million = 1_000_000

// BenchmarkIndexMillion loads a million accounts, and reports what they take
// once they are loaded.
func BenchmarkIndexMillion(b *testing.B) {
	path := millionFile(b)
	for b.Loop() {
		before := heap()
		directory, err := accounts.OpenFile(b.Context(), path, zerolog.Nop())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric((heap()-before)/million, "heapB/account")
		_ = directory.Close()
	}
	size, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(size.Size())/million, "fileB/account")
}

// BenchmarkSearchMillion is the type-ahead over a million accounts.
func BenchmarkSearchMillion(b *testing.B) {
	directory := openBench(b, millionFile(b))
	some, err := directory.Get(b.Context(), "acct_0777777", "")
	if err != nil {
		b.Fatal(err)
	}
	for _, shape := range []struct{ name, query string }{
		{"empty", ""},
		{"letter", "c"},
		{"rareletter", "x"},
		{"two", "co"},
		{"three", "nor"},
		{"lastword", "labs"},
		{"inside", "ightwa"},
		{"fullname", some.Name},
		{"phrase", "bank acct"},
		{"anyorder", "labs north"},
		{"id", "acct_0777777"},
		{"idupper", "ACCT_0777777"},
		{"idpart", "77777"},
		{"miss", "zzqqx"},
		{"nearmiss", "northwind labx"},
		{"commongrams", "acct_00000000"},
	} {
		b.Run(shape.name, func(b *testing.B) {
			found := 0
			for b.Loop() {
				accounts, err := directory.Search(b.Context(), shape.query, "kim@example.com", 100)
				if err != nil {
					b.Fatal(err)
				}
				found = len(accounts)
			}
			b.ReportMetric(float64(found), "found")
		})
	}
}

func openBench(b *testing.B, path string) *accounts.File {
	b.Helper()
	directory, err := accounts.OpenFile(b.Context(), path, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = directory.Close() })
	return directory
}

func heap() float64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

var millionText = sync.OnceValue(func() string { return accountstest.Lines(million) })

func millionFile(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "accounts.jsonl")
	if err := os.WriteFile(path, []byte(millionText()), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkNamedMillion looks for the accounts that a message names: a short
// one, and one as long as Slack takes it.
func BenchmarkNamedMillion(b *testing.B) {
	directory := openBench(b, millionFile(b))
	some, err := directory.Get(b.Context(), "acct_0777777", "")
	if err != nil {
		b.Fatal(err)
	}
	short := "Hi! " + some.Name + " can't pay since 9:30, see ticket 1042. Can somebody look into acct_0777777?\n"
	for _, shape := range []struct{ name, text string }{
		{"short", short},
		{"long", strings.Repeat(short, 4000/len(short))},
	} {
		b.Run(shape.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := directory.Named(b.Context(), shape.text, 3); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
