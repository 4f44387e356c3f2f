package socket

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// BenchmarkAck measures the way of an envelope to a handler that does nothing
// and of its ack back, over loopback, one and fifty at a time; and the same
// with slack-go's client.
func BenchmarkAck(b *testing.B) {
	clients := []struct {
		name  string
		start func(*testing.B, *peer)
	}{{"understudy", startListener}, {"slack-go", startSlackGo}}
	for _, client := range clients {
		for _, inFlight := range []int{1, 50} {
			b.Run(fmt.Sprintf("%s/%d", client.name, inFlight), func(b *testing.B) {
				p := newPeer(b)
				client.start(b, p)
				volley(b, p.next(), inFlight)
			})
		}
	}
}

// volley keeps as many envelopes in flight until b.N were acked.
func volley(b *testing.B, l *link, inFlight int) {
	inFlight = min(inFlight, b.N)
	b.ResetTimer()
	for i := range inFlight {
		l.command(strconv.Itoa(i))
	}
	for sent, acked := inFlight, 0; acked < b.N; acked++ {
		receive(b, l.acks, "an ack")
		if sent < b.N {
			l.command(strconv.Itoa(sent))
			sent++
		}
	}
	b.StopTimer()
}

func startListener(b *testing.B, p *peer) {
	l, _ := p.listener(bare)
	l.Log = zerolog.Nop()
	running(b, l)
}

func startSlackGo(b *testing.B, p *peer) {
	socket := p.server.Config.Handler
	p.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/apps.connections.open" {
			socket.ServeHTTP(w, r)
			return
		}
		address, _ := p.open(r.Context())
		fmt.Fprintf(w, `{"ok":true,"url":%q}`, address)
	})
	api := slack.New("xoxb-x", slack.OptionAppLevelToken("xapp-x"), slack.OptionAPIURL(p.server.URL+"/"))
	client := socketmode.New(api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = client.RunContext(b.Context())
	}()
	var acks sync.WaitGroup
	acks.Go(func() { ackAll(client, ended) })
	b.Cleanup(func() {
		defer acks.Wait()
		p.server.CloseClientConnections()
		receive(b, ended, "the end of slack-go's client")
	})
}

func ackAll(client *socketmode.Client, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case e := <-client.Events:
			if e.Type == socketmode.EventTypeSlashCommand {
				_ = client.Ack(*e.Request)
			}
		}
	}
}
