package bot_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// slackFailed is how Slack's own sentence about a click begins.
const slackFailed = "Something went wrong"

// TestClicksWhileSocketsEnd: two people click without a pause while each of
// the bot's sockets in turn is refreshed, cut, or stalls.
func TestClicksWhileSocketsEnd(t *testing.T) {
	for _, end := range []struct {
		name   string
		strike func(*slacksim.Workspace)
		// most is how many clicks Slack may say have failed, for each socket:
		// those that went to it and could get no answer.
		most int
	}{
		{"refreshed", (*slacksim.Workspace).RefreshSocket, 0},
		{"cut", (*slacksim.Workspace).CutSocket, 2},
		{"cut before the ack", func(ws *slacksim.Workspace) { ws.CutAfterEnvelopes(1) }, 2},
		{"stalled", (*slacksim.Workspace).StallSocket, 4},
	} {
		t.Run(end.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, calm, pingEvery(500*time.Millisecond))
			s.connected(2)
			ask(s.kim, "Acme")
			cards := []*slacksim.Card{s.mia.Inbox().Wait("Acme").Freeze(), s.ola.Inbox().Wait("Acme").Freeze()}
			clickers := []*clicker{{p: s.mia, card: cards[0]}, {p: s.ola, card: cards[1]}}
			over := make(chan struct{})
			var clicking sync.WaitGroup
			for _, c := range clickers {
				clicking.Go(func() { c.click(t, over) })
			}
			const sockets = 2
			for range sockets {
				s.replaced(func() { end.strike(s.ws) })
			}
			close(over)
			clicking.Wait()
			failed := clickers[0].failed + clickers[1].failed
			t.Logf("%d clicks, Slack said of %d that they failed", clickers[0].clicks+clickers[1].clicks, failed)
			if failed > sockets*end.most {
				t.Errorf("Slack said of %d clicks that they failed, want %d at most", failed, sockets*end.most)
			}
			if end.most > 0 && failed == 0 && end.name != "cut" {
				t.Error("no click failed, so nothing was tried")
			}
			s.kim.Inbox().Wait("pproved")
		})
	}
}

// clicker clicks on a card whose window gets no updates.
type clicker struct {
	p              *slacksim.Person
	card           *slacksim.Card
	clicks, failed int
}

// click clicks until it is over. A click that Slack says has failed is made
// again at once, and may meet the end of the other socket; the third mustn't fail.
func (c *clicker) click(t *testing.T, over <-chan struct{}) {
	for ticks := time.Tick(10 * time.Millisecond); ; <-ticks {
		select {
		case <-over:
			return
		default:
		}
		for try := range 3 {
			before := c.slackSays()
			c.card.Click("Approve")
			c.clicks++
			if c.slackSays() == before {
				break
			}
			c.failed++
			if try > 1 {
				t.Errorf("%s clicked three times in vain", c.p.Name())
			}
		}
	}
}

// slackSays is how often Slack itself said that a click failed.
func (c *clicker) slackSays() (n int) {
	for _, notice := range c.p.Notices() {
		if strings.HasPrefix(notice, slackFailed) {
			n++
		}
	}
	return n
}

// TestAClickWhoseAckIsLost counts once: the same click again gets the true answer.
func TestAClickWhoseAckIsLost(t *testing.T) {
	t.Parallel()
	two := flows.Flow{
		OnRequest: func(flows.Request) flows.Verdict { return flows.Ask() },
		Approvers: func(r flows.Request) flows.Route { return flows.OnCall("PMGRS01").Need(2) },
	}
	s := newStage(t, calm, withRules(two))
	s.connected(2)
	ask(s.kim, "Acme")
	card := s.mia.Inbox().Wait("Acme")
	stale := card.Freeze()

	s.ws.CutAfterEnvelopes(1)
	card.Click("Approve")
	s.mia.WaitNotice(slackFailed)
	s.connected(2)
	s.approvals(1) // the commit stays
	stale.Click("Approve")
	s.mia.WaitNotice("You approved the request for Acme already")
	s.approvals(1)

	last := s.ola.Inbox().Wait("Acme")
	stale = last.Freeze()
	s.ws.CutAfterEnvelopes(1)
	last.Click("Approve")
	s.ola.WaitNotice(slackFailed)
	last.WaitGone("Approve") // their card tells the truth though Slack said it failed
	s.connected(2)
	stale.Click("Approve")
	s.ola.WaitNotice("is decided already")
	s.approvals(2)
}

// approvals checks how often the one case was approved.
func (s *stage) approvals(want int) {
	s.t.Helper()
	cases, err := s.ledger.Cases(s.t.Context(), "", 10)
	if err != nil || len(cases) != 1 {
		s.t.Fatalf("%d cases: %v", len(cases), err)
	}
	events, err := s.ledger.Events(s.t.Context(), cases[0].ID)
	if err != nil {
		s.t.Fatal(err)
	}
	events = slices.DeleteFunc(events, func(e approval.Event) bool { _, ok := e.Body.(approval.ApprovedCase); return !ok })
	if len(events) != want {
		s.t.Errorf("%d approvals, want %d", len(events), want)
	}
}

// calm leaves out the trouble that the workspace makes by itself.
func calm(s *stage, _ *bot.Config) { s.ws.Calm() }

func pingEvery(d time.Duration) setting {
	return func(s *stage, _ *bot.Config) { s.pingEvery = d }
}

func (s *stage) connected(n int) {
	s.t.Helper()
	s.waits("sockets", func() bool { return s.ws.Connections() == n })
}

// replaced waits until the bot has another socket in the place of one that
// ends, and both work.
func (s *stage) replaced(strike func()) {
	s.t.Helper()
	opened := func() (n int) {
		for _, c := range s.ws.Calls() {
			if c.Method == "apps.connections.open" {
				n++
			}
		}
		return n
	}
	before := opened()
	strike()
	s.waits("a replacement", func() bool { return opened() > before && s.ws.Connections() == 2 })
}

func (s *stage) waits(what string, so func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	for ticks := time.Tick(5 * time.Millisecond); !so(); {
		select {
		case <-ticks:
		case <-ctx.Done():
			s.t.Fatalf("waited for %s; the app has %d sockets", what, s.ws.Connections())
		}
	}
}
