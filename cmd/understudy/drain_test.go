package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// slowly lets the bot call Slack through a server that takes its time to say
// who somebody is, which every approval needs.
func (s *season) slowly(asked *atomic.Int32, takes time.Duration) {
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/users.info") {
			asked.Add(1)
			select {
			case <-time.After(takes):
			case <-r.Context().Done():
			}
		}
		s.ws.ServeHTTP(w, r)
	}))
	s.t.Cleanup(front.Close)
	s.settings.SlackAPIURL = front.URL + "/api/"
}

// inFlight starts a bot that knows nobody yet, has a manager approve the
// accounts, and returns when all the clicks are being handled.
func (s *season) inFlight(accounts []string, takes time.Duration) (bot *actor, clicks *sync.WaitGroup, failed *atomic.Int32) {
	s.t.Helper()
	var presses []slacksim.Press
	first := act(s.t, s.settings)
	s.connected(2)
	for i, account := range accounts {
		if !s.ask(agents()[i], account) {
			s.t.Fatalf("asking for %s failed", account)
		}
		press, ok := s.card("mia", account)
		if !ok {
			s.t.Fatalf("no card of %s", account)
		}
		presses = append(presses, press)
	}
	first.stop()
	var asked atomic.Int32
	s.slowly(&asked, takes)
	bot = act(s.t, s.settings)
	s.connected(2)
	asked.Store(0)
	clicks, failed = new(sync.WaitGroup), new(atomic.Int32)
	for i, press := range presses {
		clicks.Go(func() {
			if s.ws.Press(s.t.Context(), s.people["mia"].ID, press) != nil {
				failed.Add(1)
				return
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.clicked[accounts[i]] = true
		})
	}
	for deadline := time.Now().Add(actorPatience); asked.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("the clicks don't arrive")
		}
	}
	return bot, clicks, failed
}

// TestSIGTERM while clicks are being handled: they are committed and acked
// before the process ends.
func TestSIGTERM(t *testing.T) {
	t.Parallel()
	s := newSeason(t)
	bot, clicks, failed := s.inFlight([]string{"Customer 001", "Customer 002", "Customer 003"}, 400*time.Millisecond)
	bot.signal(syscall.SIGTERM)
	code, after := bot.ends()
	clicks.Wait()
	t.Logf("the process ended with %d, %s after SIGTERM", code, after)
	if code != 0 || after > 8*time.Second {
		t.Errorf("the process ended with %d after %s", code, after)
	}
	if n := failed.Load(); n > 0 {
		t.Errorf("%d clicks weren't acked", n)
	}
	next := act(t, s.settings)
	s.connected(2)
	s.settle()
	next.stop()
	s.verify()
}

// TestASecondSIGTERM ends what the first one lets finish.
func TestASecondSIGTERM(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	s := newSeason(t)
	bot, clicks, _ := s.inFlight([]string{"Customer 001"}, time.Second)
	bot.signal(syscall.SIGTERM)
	// The first one must have been noticed, which nothing tells.
	for again := time.Tick(10 * time.Millisecond); !bot.hasEnded(); <-again {
		_ = bot.command.Process.Signal(syscall.SIGTERM) // it may have ended
	}
	if code, _ := bot.ends(); code != -1 {
		t.Errorf("the process ended with %d, not by the signal", code)
	}
	clicks.Wait()
	s.settings.SlackAPIURL = s.ws.APIURL()
	next := act(t, s.settings)
	s.connected(2)
	s.settle()
	next.stop()
	s.verify()
}

// TestTokensThatAreGone: what can't heal ends the process with a sentence.
func TestTokensThatAreGone(t *testing.T) {
	t.Parallel()
	codes := []string{"token_revoked", "invalid_auth", "not_authed", "account_inactive", "not_allowed_token_type"}
	type disaster struct {
		name   string
		strike func(*season)
		want   []string
	}
	var atStart, running []disaster
	if os.Getenv("UNDERSTUDY_LONG") == "" {
		codes = codes[:2]
	}
	for i, code := range codes {
		atStart = append(atStart,
			disaster{"bot token, " + code, func(s *season) { s.ws.RevokeBotToken(code) }, []string{"SLACK_BOT_TOKEN", code}},
			disaster{"app token, " + code, func(s *season) { s.ws.RevokeAppToken(code) }, []string{"SLACK_APP_TOKEN", code}})
		if i > 0 && os.Getenv("UNDERSTUDY_LONG") == "" {
			continue
		}
		running = append(running,
			disaster{"bot token, " + code, func(s *season) {
				s.ws.RevokeBotToken(code)
				_ = s.ws.OpenHome(s.t.Context(), s.people["amy"].ID) // the bot has something to show now
			}, []string{"SLACK_BOT_TOKEN", code}},
			disaster{"app token, " + code, func(s *season) {
				s.ws.RevokeAppToken(code)
				s.ws.CutSocket()
			}, []string{"SLACK_APP_TOKEN", code}})
	}
	running = append(running, disaster{"Socket Mode is switched off", func(s *season) { s.ws.DisableSocketMode() }, []string{"link_disabled", "Socket Mode"}})
	s := newSeason(t)
	for _, d := range atStart {
		d.strike(s)
		bot := act(t, s.settings)
		s.gone(bot, "at the start: "+d.name, d.want)
	}
	for _, d := range running {
		bot := act(t, s.settings)
		s.connected(2)
		d.strike(s)
		s.gone(bot, "running: "+d.name, d.want)
	}
	s.verify()
}

// gone checks how the bot ends, and heals the workspace.
func (s *season) gone(bot *actor, name string, want []string) {
	s.t.Helper()
	code, _ := bot.ends()
	_, sentence, found := strings.Cut("\n"+bot.all(), "\nunderstudy: ")
	if code != 1 || !found || strings.Count(sentence, "\n") != 1 || strings.Contains(bot.all(), "goroutine") {
		s.t.Errorf("%s: ended with %d and %q", name, code, sentence)
	}
	for _, part := range want {
		if !strings.Contains(sentence, part) {
			s.t.Errorf("%s: %q doesn't say %q", name, sentence, part)
		}
	}
	s.ws.Heal()
	s.connected(0)
	s.t.Log(strings.TrimSpace(fmt.Sprintf("%s: %s", name, sentence)))
}

// TestSIGTERMWhileSlackHangs: what waits for Slack's answer is given up, and
// found again by the next bot.
func TestSIGTERMWhileSlackHangs(t *testing.T) {
	t.Parallel()
	onlyLong(t)
	s := newSeason(t)
	var hangs atomic.Bool
	var hanging atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hangs.Load() {
			hanging.Add(1)
			_, _ = io.Copy(io.Discard, r.Body) // only then the bot's end is noticed
			<-r.Context().Done()
			return
		}
		s.ws.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	s.settings.SlackAPIURL = front.URL + "/api/"
	bot := act(t, s.settings)
	s.connected(2)
	if !s.ask("amy", "Customer 001") {
		t.Fatal("asking failed")
	}
	press, ok := s.card("mia", "Customer 001")
	if !ok {
		t.Fatal("no card came")
	}
	hangs.Store(true)
	if err := s.ws.Press(t.Context(), s.people["mia"].ID, press); err != nil {
		t.Fatal(err)
	}
	s.clicked["Customer 001"] = true
	if err := s.ws.Command(t.Context(), s.people["bob"].ID, "/impersonate"); err != nil {
		t.Fatal(err)
	}
	for hanging.Load() < 2 {
		time.Sleep(time.Millisecond) // the cards of the approval, and the form
	}
	bot.signal(syscall.SIGTERM)
	code, after := bot.ends()
	t.Logf("the process ended with %d, %s after SIGTERM", code, after)
	if code != 0 || after > 25*time.Second {
		t.Errorf("the process ended with %d after %s", code, after)
	}
	hangs.Store(false)
	next := act(t, s.settings)
	s.connected(2)
	s.settle()
	next.stop()
	s.verify()
}
