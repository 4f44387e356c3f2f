package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// story is Kim's request from the form to its end, told to bots that die. The
// people of it do what people do: what Slack says has failed they do again.
type story struct {
	*world
	ledger *store.Ledger // beside the bots, on what survives them
	bot    *mortal
	lives  []*life
	cards  map[string]string // by conversation and time stamp: whose card a message is
	buried chan struct{}

	told    atomic.Bool // Slack was told that the request is taken
	clicked atomic.Bool // … and that the click is
	silent  bool        // nobody clicks
	lies    []string    // what Slack was told that wasn't so
}

// newStory begins with a bot that is to die.
func newStory(t *testing.T, d doom, prepare func(*story)) *story {
	s := &story{world: newWorld(t, slacksim.Options{Calm: true}), cards: map[string]string{}, buried: make(chan struct{})}
	ledger, err := store.Open(t.Context(), s.engine)
	if err != nil {
		t.Fatal(err)
	}
	s.ledger = ledger
	if prepare != nil {
		prepare(s)
	}
	t.Cleanup(func() {
		close(s.buried)
		for _, l := range s.lives {
			_ = l.finish() // the dead have no last words
		}
	})
	s.begin(d)
	return s
}

// begin starts a bot on what is there.
func (s *story) begin(d doom) {
	s.bot = newMortal(s, d)
	l := s.live(s.bot, s.bot)
	s.bot.born(l.wire)
	s.lives = append(s.lives, l)
}

// until waits for something to be so, and replaces a bot that died, as its
// supervisor does.
func (s *story) until(what string, so func() bool) {
	s.t.Helper()
	s.world.until(what, func() bool {
		if s.bot.isDead() {
			time.Sleep(time.Second)
			s.begin(doom{})
		}
		return so()
	})
}

// tell tells the whole story.
func (s *story) tell() {
	s.t.Helper()
	s.until("the bot connects", func() bool { return s.ws.Connections() == 2 })
	s.until("Kim's Home", func() bool { return s.ws.OpenHome(s.t.Context(), s.kim.ID()) == nil })
	s.until("the request is taken", func() bool {
		if !s.told.Load() {
			s.ask()
		}
		return s.told.Load()
	})
	s.until("the managers' cards", func() bool { return s.c().Status == approval.Refused || s.asked() })
	time.Sleep(5 * time.Second) // they read
	s.until("the click is taken", func() bool {
		if !s.silent && !s.clicked.Load() {
			s.decide()
		}
		return s.silent || s.clicked.Load()
	})
	s.until("the outcome on every card", func() bool { return s.silent || !s.undecided() || s.c().Status.Over() })
	if !s.silent && s.c().Status.Over() {
		s.t.Error("not every card showed the outcome before the end")
	}
	s.until("the end", func() bool { return s.c().Status.Over() })
	before := s.picture()
	s.until("all is shown", func() bool {
		time.Sleep(2 * time.Minute) // longer than any lease or pause
		now := s.picture()
		same := slices.Equal(before, now)
		before = now
		return same
	})
}

// c is the case as it is; a zero one before it is there.
func (s *story) c() approval.Case {
	cases, err := s.ledger.Cases(s.t.Context(), "", 10)
	switch {
	case err != nil || len(cases) > 1:
		s.t.Fatalf("there are %d cases: %v", len(cases), err)
	case len(cases) == 0:
		return approval.Case{}
	}
	return cases[0]
}

// ask has Kim fill in the form, unless the bot lets them down.
func (s *story) ask() {
	s.t.Helper()
	if _, open := s.form(); open {
		s.kim.Modal().Close()
	}
	s.kim.Types("/impersonate Acme")
	for range 50 {
		if _, open := s.form(); open {
			s.kim.Modal().Fill("Reason", "the invoice page fails").Submit()
			_, still := s.form()
			s.told.Store(!still)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// form is the form on Kim's screen, which is a modal that can be submitted.
func (s *story) form() (id string, open bool) {
	for _, m := range s.ws.Screen(s.kim.ID()).Modals {
		v, _ := m.View.(map[string]any)
		return m.ID, v["submit"] != nil
	}
	return "", false
}

// asked says whether every manager who can be reached has a card.
func (s *story) asked() bool {
	c := s.c()
	asked := 0
	for _, p := range []*slacksim.Person{s.mia, s.ola} {
		missed := slices.ContainsFunc(c.Unreachable, func(u approval.Unreached) bool { return u.ID == p.ID() })
		if missed || len(s.messages(p)) > 0 {
			asked++
		}
	}
	return asked == 2
}

// decide has Mia click.
func (s *story) decide() {
	for _, card := range s.mia.Inbox().All() {
		if slices.Contains(card.Buttons(), "Approve") {
			s.clicked.Store(card.Answered("Approve"))
			return
		}
	}
	s.clicked.Store(s.c().Status != approval.Pending && s.c().Status != approval.Routing)
}

// undecided says whether a manager still sees what only a case that waits has.
func (s *story) undecided() bool {
	for _, p := range []*slacksim.Person{s.mia, s.ola} {
		for _, card := range p.Inbox().All() {
			if slices.Contains(card.Buttons(), "Approve") {
				return true
			}
		}
	}
	return false
}

// picture is all that the people see of the case: each of its messages, its
// modal, and Kim's Home.
func (s *story) picture() (seen []string) {
	for _, p := range []*slacksim.Person{s.kim, s.mia, s.ola} {
		seen = append(seen, s.messages(p)...)
	}
	for _, m := range s.ws.Screen(s.kim.ID()).Modals {
		data, _ := json.Marshal(m.View) // it came from JSON
		seen = append(seen, "modal: "+heading(string(data)))
	}
	home, _ := json.Marshal(s.ws.Screen(s.kim.ID()).Home)
	return append(seen, "Home: "+heading(string(home)))
}

// heading is the first text of a view.
func heading(view string) string {
	_, rest, _ := strings.Cut(view, `"blocks":`)
	_, rest, _ = strings.Cut(rest, `"text":"`)
	text, _, _ := strings.Cut(rest, `"`)
	return text
}

// messages are the cards that Slack has of the bot in a person's conversation.
func (s *story) messages(p *slacksim.Person) (cards []string) {
	opened := s.call("conversations.open", url.Values{"users": {p.ID()}})
	channel, _ := opened["channel"].(map[string]any)
	history := s.call("conversations.history", url.Values{"channel": {fmt.Sprint(channel["id"])}, "include_all_metadata": {"true"}})
	messages, _ := history["messages"].([]any)
	for _, v := range messages {
		m, _ := v.(map[string]any)
		metadata, _ := m["metadata"].(map[string]any)
		payload, _ := metadata["event_payload"].(map[string]any)
		id, isCard := payload["card"].(string)
		if !isCard {
			continue // an answer to somebody
		}
		_, kind, _ := store.CardID(id).Parts()
		buttons := ""
		if blocks, _ := json.Marshal(m["blocks"]); strings.Contains(string(blocks), `"decide:`) {
			buttons = ", with buttons"
		}
		cards = append(cards, fmt.Sprintf("%s, %s: %s%s", p.Name(), kind, m["text"], buttons))
	}
	slices.Sort(cards)
	return cards
}

// call asks Slack beside the bots.
func (s *story) call(method string, values url.Values) (answer map[string]any) {
	s.t.Helper()
	r := httptest.NewRequest("POST", "/api/"+method, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+s.ws.BotToken())
	w := httptest.NewRecorder()
	s.ws.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer["ok"] != true {
		s.t.Fatalf("%s: %s", method, w.Body)
	}
	return answer
}

// witness looks whether what the bot tells Slack is so: nobody reads of an
// approval, or of an end, that isn't on disk.
func (s *story) witness(e errand) {
	shows := e.args["text"] + e.args["blocks"] + e.args["view"]
	if strings.Contains(shows, "Approved") && len(s.c().Approvals) == 0 {
		s.lies = append(s.lies, e.method+" tells of an approval that isn't there")
	}
	if strings.Contains(shows, "Access ended") && s.c().Status != approval.Ended {
		s.lies = append(s.lies, e.method+" tells of an end that isn't there")
	}
}

// verify holds the story to what it would have been without a death.
func (s *story) verify(want []string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.picture()); diff != "" {
		s.t.Errorf("what people see (-without a death, +with one):\n%s", diff)
	}
	for _, lie := range s.lies {
		s.t.Error(lie)
	}
	report, err := s.ledger.Check(s.t.Context())
	if err != nil || len(report.Problems) > 0 {
		s.t.Errorf("the store isn't sound: %v %q", err, report.Problems)
	}
	if left, next, err := s.ledger.TakeDirty(s.t.Context(), time.Now(), 100, time.Minute); err != nil || len(left) > 0 || !next.IsZero() {
		s.t.Errorf("cards are left to deliver: %v %v %v", left, next, err)
	}
	if c := s.c(); s.clicked.Load() && !c.ApprovedBy(s.mia.ID()) {
		s.t.Errorf("the case is %s, and Slack was told that Mia's click is taken", c.Status)
	}
}
