package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// season is a workspace whose people never pause, while one bot after the
// other runs for them.
type season struct {
	*killings
	work sync.WaitGroup
	over chan struct{}

	waited  []time.Duration // from what somebody did to its ack
	refused []string        // what Slack told people had failed
	dark    int             // moments without any socket
}

func newSeason(t *testing.T) *season {
	s := &season{killings: newKillings(t), over: make(chan struct{})}
	s.ended = make(chan struct{}) // nobody kills these bots
	s.ws.AddPerson("gus", "gus@example.com")
	for _, p := range s.ws.People() {
		s.people[p.Name] = p
	}
	s.settings.TakeOver = true
	return s
}

// begin has every agent ask for one account after the other, and a manager
// approve it.
func (s *season) begin() {
	s.t.Cleanup(s.end)
	changes := s.ws.Watch(s.t.Context())
	s.work.Go(func() {
		for {
			select {
			case <-s.over:
				return
			case <-changes:
				if s.ws.Connections() == 0 {
					s.dark++
				}
			}
		}
	})
	s.work.Go(func() { s.fidget(s.people["gus"].ID) })
	for i, agent := range agents() {
		s.work.Go(func() {
			for n := i; n < 1000 && !s.isOver(); n += len(agents()) {
				s.perform(agent, managers()[n/len(agents())%2], fmt.Sprintf("Customer %03d", n))
			}
		})
	}
}

func (s *season) isOver() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// end lets everybody finish.
func (s *season) end() {
	if !s.isOver() {
		close(s.over)
	}
	s.work.Wait()
}

func (s *season) perform(agent, manager, account string) {
	ctx, person := s.t.Context(), s.people[agent].ID
	if !s.insist("command", func() error { return s.ws.Command(ctx, person, "/impersonate "+account) }) {
		return
	}
	form, ok := s.form(person, account)
	if !ok {
		return // its trigger was too old: the person reads that, and nothing is stored
	}
	if !s.insist("submission", func() error {
		_, err := s.ws.SubmitView(ctx, person, form.ID, filledIn(form))
		return err
	}) {
		return
	}
	s.mu.Lock()
	s.told[account] = agent
	s.mu.Unlock()
	press, ok := s.card(manager, account)
	if !ok {
		return
	}
	s.decide(manager, account, press)
}

// decide clicks until the card shows the outcome. A click may get a private
// answer instead, such as that Slack doesn't say in time who somebody is, and
// then it is made again, as that answer says. An error that isn't the app's
// says that the card changed under the finger.
func (s *season) decide(manager, account string, press slacksim.Press) {
	person := s.people[manager].ID
	for range 5 {
		s.insist("click", func() error {
			err := s.ws.Press(s.t.Context(), person, press)
			if err != nil && !strings.Contains(err.Error(), "the app") {
				return nil
			}
			return err
		})
		if s.shown(person, account) {
			s.mu.Lock()
			s.clicked[account] = true
			s.mu.Unlock()
			return
		}
	}
	s.t.Errorf("%s: %s clicked again and again, and the card doesn't change", account, manager)
}

// shown waits a little until the person's card has an outcome.
func (s *season) shown(person, account string) bool {
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if found := s.messages(person, account); len(found) > 0 && !waits(found[0]) {
			return true
		}
	}
	return false
}

// card waits for the account's card, which Slack's limits may put off, as long
// as the season goes on.
func (s *season) card(manager, account string) (press slacksim.Press, ok bool) {
	for deadline := time.Now().Add(actorPatience); !ok; {
		if press, ok = s.button(s.people[manager].ID, account); ok || s.isOver() {
			break
		}
		if time.Now().After(deadline) {
			s.t.Errorf("%s: no card came to %s", account, manager)
			break
		}
	}
	return press, ok
}

// fidget types commands at a good pace, and closes the forms that come.
func (s *season) fidget(person string) {
	ctx := s.t.Context()
	for ticks := time.Tick(25 * time.Millisecond); !s.isOver(); <-ticks {
		s.insist("command", func() error { return s.ws.Command(ctx, person, "/impersonate") })
		for _, m := range s.ws.Screen(person).Modals {
			s.insist("closing a form", func() error { return s.ws.CloseView(ctx, person, m.ID) })
		}
	}
}

// insist does something, and once more if Slack said that it failed.
func (s *season) insist(what string, act func() error) bool {
	for try := range 2 {
		began := time.Now()
		err := act()
		took := time.Since(began)
		s.mu.Lock()
		if err == nil {
			s.waited = append(s.waited, took)
		} else {
			s.refused = append(s.refused, fmt.Sprintf("%s, try %d: %v", what, try+1, err))
		}
		s.mu.Unlock()
		if err == nil {
			return true
		}
	}
	s.t.Errorf("%s: failed twice", what)
	return false
}

// crossing is the longest time that an envelope may have been under way when
// the bot closed its socket. Between two networks it would be milliseconds; on
// a busy machine it is the time until a process gets its turn.
const crossing = time.Second

// starved is of how many acts one may take longer than Slack waits, on two cores
// with the race detector and other tests beside. It is made again, and counts
// once; a process that were away would fail them all for a while.
const starved = 20

// report checks what people met, and says it in figures. Only envelopes that
// crossed with a socket's closing may have been refused, some that took too
// long on a machine that is starved, and no repetition.
func (s *season) report(takeovers int) {
	slices.Sort(s.waited)
	crossed := s.ws.Crossed()
	n := len(s.waited)
	s.t.Logf("%d takeovers; %d requests and %d approvals in %d acts; acks took p50 %s, p99 %s, p100 %s; crossed with a closing %v; moments without a socket %d",
		takeovers, len(s.told), len(s.clicked), n, s.waited[n/2], s.waited[n*99/100], s.waited[n-1], crossed, s.dark)
	if len(s.refused) > len(crossed)+n/starved {
		s.t.Errorf("people read that it failed, and not because it crossed with a closing: %q", s.refused)
	}
	for _, age := range crossed {
		if age > crossing {
			s.t.Errorf("the bot closed a socket and left out an envelope that had been sent %s before", age)
		}
	}
	if s.dark > 0 {
		s.t.Errorf("nobody listened at %d moments", s.dark)
	}
	if len(s.clicked) < 3*takeovers {
		s.t.Errorf("only %d clicks were made during %d takeovers", len(s.clicked), takeovers)
	}
}

// TestTakeOver replaces the bot again and again, as a deployment does, while
// people go on. Nobody notices.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	takeovers := 3
	if os.Getenv("UNDERSTUDY_LONG") != "" {
		takeovers = 15
	}
	s := newSeason(t)
	bots := []*actor{act(t, s.settings)}
	s.connected(2)
	s.begin()
	for i := range takeovers {
		old, next := bots[len(bots)-1], act(t, s.settings)
		bots = append(bots, next)
		next.says("taken over", 1)
		old.says("stands by", 1)
		s.connected(2)
		if status, text := old.health("/healthz"); status != http.StatusOK {
			t.Errorf("the old bot isn't alive: %d %s", status, text)
		}
		if status, text := old.health("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(text, "handed over") {
			t.Errorf("the old bot is ready: %d %s", status, text)
		}
		if i%2 == 0 {
			old.stop() // Kubernetes does so once the new one is ready
		}
	}
	s.end()
	s.settle()
	for _, bot := range bots {
		if !bot.hasEnded() {
			bot.stop()
		}
	}
	s.report(takeovers)
	s.verify()
}

// connected waits until the app has so many sockets.
func (s *season) connected(n int) {
	s.t.Helper()
	for deadline := time.Now().Add(actorPatience); s.ws.Connections() != n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the app has %d sockets, want %d", s.ws.Connections(), n)
		}
	}
}

// TestTwoTakeOverAtOnce: they do so one after the other.
func TestTwoTakeOverAtOnce(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	s := newSeason(t)
	old := act(t, s.settings)
	s.connected(2)
	s.begin()
	one, other := act(t, s.settings), act(t, s.settings)
	one.says("taken over", 1)
	other.says("taken over", 1)
	old.says("stands by", 1)
	s.connected(2)
	s.end()
	s.settle()
	for _, bot := range []*actor{old, one, other} {
		bot.stop()
	}
	if n := strings.Count(one.all()+other.all(), "stands by"); n != 1 {
		t.Errorf("%d of the two stand by, want the one that was first", n)
	}
	s.report(2)
	s.verify()
}

// TestTheOldBotDiesWhileItLeaves: its lock dies with it.
func TestTheOldBotDiesWhileItLeaves(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	s := newSeason(t)
	old := act(t, s.settings)
	s.connected(2)
	old.signal(syscall.SIGSTOP) // it can't leave in an orderly way …
	next := act(t, s.settings)
	time.AfterFunc(time.Second, func() { _ = old.command.Process.Kill() }) // … nor ask anybody to wait
	next.says("connected to Slack", 1)
	s.begin()
	s.waitFor(10)
	s.end()
	s.settle()
	next.stop()
	s.verify()
}

func (s *season) waitFor(clicks int) {
	s.t.Helper()
	for deadline := time.Now().Add(actorPatience); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		n := len(s.clicked)
		s.mu.Unlock()
		if n >= clicks {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d clicks, want %d", n, clicks)
		}
	}
}

// TestTheNewBotDies after it has taken over: the old one, which stands by,
// takes the store back.
func TestTheNewBotDies(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	s := newSeason(t)
	old := act(t, s.settings)
	s.connected(2)
	next := act(t, s.settings)
	next.says("taken over", 1)
	old.says("stands by", 1)
	if err := next.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	next.ends()
	old.says("starts anew", 1)
	old.says("the bot starts", 2)
	s.connected(2)
	s.begin()
	s.waitFor(10)
	s.end()
	s.settle()
	old.stop()
	s.report(0)
	s.verify()
}

// TestALockedStore is refused with what to do.
func TestALockedStore(t *testing.T) {
	t.Parallel()
	s := newSeason(t)
	s.settings.TakeOver = false
	old := act(t, s.settings)
	s.connected(2)
	second := act(t, s.settings)
	if code, _ := second.ends(); code != 1 {
		t.Errorf("it ended with %d, want 1", code)
	}
	for _, part := range []string{"another process has it open", "--take-over"} {
		if !strings.Contains(second.all(), part) {
			t.Errorf("it doesn't say %q", part)
		}
	}
	old.stop()
}
