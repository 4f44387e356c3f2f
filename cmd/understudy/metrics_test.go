package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMetricsAfterAKill kills the bot while a case waits for a decision. The
// next process knows of both cases, and from when on people could decide.
func TestMetricsAfterAKill(t *testing.T) {
	t.Parallel()
	k := newKillings(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	k.must(err)
	k.settings.Listen = listener.Addr().String()
	k.must(listener.Close())

	k.startBot()
	for i, account := range []string{"Customer 001", "Customer 002"} {
		k.eventually(func() bool { return k.ask(agents()[i], account) })
	}
	k.eventually(func() bool { k.approve("mia", "Customer 001"); return k.clicked["Customer 001"] })
	k.waitMetrics(`understudy_cases{status="active"} 1`, `understudy_cases{status="pending"} 1`, `understudy_first_card_seconds_count 2`,
		`understudy_delivery_backlog 0`)

	k.kill()
	<-k.ended
	k.startBot()
	k.waitMetrics(`understudy_cases{status="active"} 1`, `understudy_cases{status="pending"} 1`, `understudy_first_card_seconds_count 0`,
		`understudy_sockets_connected 2`)
	k.eventually(func() bool { k.approve("ola", "Customer 002"); return k.clicked["Customer 002"] })
	k.waitMetrics(`understudy_cases{status="active"} 2`, `understudy_cases{status="pending"} 0`, `understudy_decision_seconds_count 1`,
		`understudy_requests_total{flow="impersonation",outcome="approved"} 1`)
	k.stopBot()
}

// waitMetrics waits until /metrics has all these lines.
func (k *killings) waitMetrics(lines ...string) {
	k.t.Helper()
	missing := ""
	defer func() {
		if k.t.Failed() {
			k.t.Logf("/metrics lacks %q", missing)
		}
	}()
	k.eventually(func() bool {
		said := k.metrics()
		i := slices.IndexFunc(lines, func(line string) bool { return !strings.Contains(said, "\n"+line+"\n") })
		if i >= 0 {
			missing = lines[i]
		}
		return i < 0
	})
}

// eventually tries until it's done, also on a machine that is slow.
func (k *killings) eventually(done func() bool) {
	k.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) { // a process has no event for this
		if time.Now().After(deadline) {
			k.t.Fatal("it doesn't happen")
		}
	}
}

// metrics is what /metrics says, nothing while the process starts.
func (k *killings) metrics() string {
	k.t.Helper()
	response, err := http.Get("http://" + k.settings.Listen + "/metrics")
	if errors.Is(err, syscall.ECONNREFUSED) {
		return ""
	}
	k.must(err)
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	k.must(err)
	return string(said)
}
