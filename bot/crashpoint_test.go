package bot_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
)

// The bot's work is a row of effects: a commit, an ack, a call to Slack, the
// record of its answer. Between any two of them it may die. The tests of this
// file end its life at each of these points, start another bot on what is on
// disk, and hold the rest of the story to what it would have been: people see
// the same messages, each once; nothing that Slack was told of is lost; the case
// comes to the same end; and the store is sound.

// crashPoint is a place between two effects, in one of the stories.
type crashPoint struct {
	name string
	tale string // one of tales
	dies doom
}

// tales are the stories, by what is special about them.
func tales() map[string]func(*story) {
	return map[string]func(*story){
		plain:      nil, // Kim asks, Mia approves, and the grant expires
		silent:     nobodyClicks,
		warned:     func(s *story) { s.flow.Policy.Warn = time.Minute },
		delayed:    directoryDown,
		oneMissed:  olaRefused,
		allMissed:  bothRefused,
		answerLost: func(s *story) { s.ws.Fail("chat.postMessage", 2, slacksim.LoseAnswer()) },
		putOff:     func(s *story) { s.ws.Fail("chat.postMessage", 2, slacksim.RateLimited(time.Second)) },
	}
}

const (
	plain      = "approved"
	silent     = "nobody clicks"
	warned     = "the end of the grant is told before"
	delayed    = "the account directory is down for a while"
	oneMissed  = "one manager can't be reached"
	allMissed  = "no manager can be reached"
	answerLost = "the answers to the first posts are lost"
	putOff     = "the first posts are rate limited"
)

func crashPoints() []crashPoint {
	points := []crashPoint{
		// A request is committed, then acked; it is routed from the store.
		{"a submission, before its commit", plain, doom{commit: "submitted"}},
		{"a submission, committed, before its ack", plain, doom{commit: "submitted", after: true}},
		{"a submission, acked, before anybody routes it", plain, doom{commit: "cases taken", once: wasTold}},

		// Routing takes the case, looks up who decides, and commits that.
		{"routing, the case taken, before the look-ups", plain, doom{commit: "cases taken", after: true}},
		{"routing, in the look-ups", plain, doom{call: "users.lookupByEmail", after: true}},
		{"routing, looked up, before its commit", plain, doom{commit: "asked"}},
		{"routing, committed, before any card is taken", plain, doom{commit: "asked", after: true}},
		{"routing, delayed, before its commit", delayed, doom{commit: "delayed"}},
		{"routing, delayed and committed", delayed, doom{commit: "delayed", after: true}},

		// A click is committed, then acked; the cards follow from the store.
		{"a click, before its commit", plain, doom{commit: "approved granted"}},
		{"a click, committed, before its ack", plain, doom{commit: "approved granted", after: true}},
		{"a click, acked, before the cards are taken", plain, doom{commit: "cards taken", once: wasClicked}},
		{"a click, acked, the cards taken, before any is changed", plain, doom{commit: "cards taken", after: true, once: wasClicked}},

		// Time does the rest: what is due is taken, and committed.
		{"the end of a grant, taken, before its commit", plain, doom{commit: "grant_ended"}},
		{"the end of a grant, committed", plain, doom{commit: "grant_ended", after: true}},
		{"a warning, before its commit", warned, doom{commit: "warned"}},
		{"a warning, committed", warned, doom{commit: "warned", after: true}},
		{"a time-out, before its commit", silent, doom{commit: "timed_out"}},
		{"a time-out, committed", silent, doom{commit: "timed_out", after: true}},
		{"a reminder, before its commit", silent, doom{commit: "reminded"}},
		{"a reminder, committed", silent, doom{commit: "reminded", after: true}},

		// An approver can't be reached: the case hears of it, then the card is lost.
		{"a missed approver, before the case hears of it", oneMissed, doom{commit: "missed"}},
		{"a missed approver, the case knows, before the card is lost", oneMissed, doom{commit: "missed", after: true}},
		{"a missed approver, the card lost", oneMissed, doom{commit: "approver lost", after: true}},
		{"nobody reached, before the route goes on to its OrElse", allMissed, doom{commit: "missed rerouted"}},
		{"nobody reached, the route gone on", allMissed, doom{commit: "missed rerouted", after: true}},

		// A post whose answer is lost is looked for before it is posted again.
		{"a lost post, before the conversation is found", answerLost, doom{call: "conversations.open"}},
		{"a lost post, the conversation found", answerLost, doom{call: "conversations.open", after: true}},
		{"a lost post, before it is looked for", answerLost, doom{call: "conversations.history"}},
		{"a lost post, found, before the answer", answerLost, doom{call: "conversations.history", after: true}},
		{"a lost post, found, before the record", answerLost, doom{commit: "approver delivered", nth: 2}},

		// What Slack puts off waits in the store.
		{"a card put off, before the record", putOff, doom{commit: "approver put off"}},
		{"a card put off, recorded", putOff, doom{commit: "approver put off", after: true}},
	}
	// A post: that it begins is recorded, then Slack is called, then what Slack
	// answered is recorded. An update of a message, a modal or a Home: the same
	// without the first.
	kinds := map[string]string{"approver": plain, "requester": plain, "outcome": plain}
	if os.Getenv("UNDERSTUDY_LONG") != "" {
		kinds["warning"], kinds["reminder"] = warned, silent
	}
	for kind, tale := range kinds {
		points = append(points,
			crashPoint{kind + ": a post, before it is recorded that it begins", tale, doom{commit: kind + " begun"}},
			crashPoint{kind + ": a post, recorded, before the call", tale, doom{commit: kind + " begun", after: true}},
			crashPoint{kind + ": a post, called, before Slack takes it", tale, doom{call: "chat.postMessage " + kind}},
			crashPoint{kind + ": a post, taken, before the answer", tale, doom{call: "chat.postMessage " + kind, after: true}},
			crashPoint{kind + ": a post, answered, before the record", tale, doom{commit: kind + " delivered"}},
			crashPoint{kind + ": a post, recorded as delivered", tale, doom{commit: kind + " delivered", after: true}},
			crashPoint{kind + ": an update, before Slack takes it", tale, doom{call: "chat.update " + kind}},
			crashPoint{kind + ": an update, taken, before the answer", tale, doom{call: "chat.update " + kind, after: true}},
			crashPoint{kind + ": an update, answered, before the record", tale, doom{commit: kind + " delivered", once: wasUpdated("chat.update " + kind)}},
			crashPoint{kind + ": an update, recorded", tale, doom{commit: kind + " delivered", after: true, once: wasUpdated("chat.update " + kind)}},
		)
	}
	for kind, method := range map[string]string{"modal": "views.update", "home": "views.publish"} {
		points = append(points,
			crashPoint{kind + ": before Slack takes it", plain, doom{call: method}},
			crashPoint{kind + ": taken, before the answer", plain, doom{call: method, after: true}},
			crashPoint{kind + ": answered, before the record", plain, doom{commit: kind + " delivered"}},
			crashPoint{kind + ": recorded", plain, doom{commit: kind + " delivered", after: true}},
		)
	}
	return append(points,
		crashPoint{"a Home, opened, before its commit", plain, doom{commit: "home wanted"}},
		crashPoint{"a Home, opened and committed, before its ack", plain, doom{commit: "home wanted", after: true}},
		crashPoint{"cards taken, before anything is sent", plain, doom{commit: "cards taken", after: true}},
	)
}

func wasTold(s *story) bool    { return s.told.Load() }
func wasClicked(s *story) bool { return s.clicked.Load() }

func wasUpdated(call string) func(*story) bool {
	return func(s *story) bool { return s.bot.called[call] > 0 }
}

// directoryDown has the account directory not answer three times.
func directoryDown(s *story) {
	down := &downDirectory{Directory: s.accounts}
	down.left.Store(3)
	s.accounts = down
}

type downDirectory struct {
	accounts.Directory
	left atomic.Int32
}

func (d *downDirectory) Get(ctx context.Context, id, email string) (accounts.Account, error) {
	if d.left.Add(-1) >= 0 {
		return accounts.Account{}, errors.New("down")
	}
	return d.Directory.Get(ctx, id, email)
}

func nobodyClicks(s *story) {
	s.silent = true
	s.flow.Policy.Remind = []time.Duration{2 * time.Minute}
}

func olaRefused(s *story) { s.ws.RefusePosts(s.ola.ID(), "messages_tab_disabled") }

func bothRefused(s *story) {
	olaRefused(s)
	s.ws.RefusePosts(s.mia.ID(), "messages_tab_disabled")
	lee := s.ws.AddPerson("Lee Chan", "lee@example.com")
	s.ws.AddGroup("support-leads", lee)
	s.silent = true
	s.provision(flows.Flow{
		Params:    flows.Params{"manager_schedule": flows.Schedule},
		Approvers: func(r flows.Request) flows.Route { return flows.OnCall("PMGRS01").OrElse(flows.Group("support-leads")) },
	})
}

// TestCrashPoints ends the bot's life once at every point of the table.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	want := map[string][]string{}
	for name, prepare := range tales() {
		want[name], _, _ = undisturbed(t, prepare)
	}
	for _, point := range crashPoints() {
		t.Run(point.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStory(t, point.dies, tales()[point.tale])
				s.tell()
				if len(s.lives) != 2 {
					t.Errorf("the bot lived %d times: the story doesn't come to this point: %v", len(s.lives), point.dies)
				}
				s.verify(want[point.tale])
			})
		})
	}
}

// undisturbed is what people see at the end of a story in which nobody dies,
// and how many commits and calls it took.
func undisturbed(t *testing.T, prepare func(*story)) (seen []string, commits, calls int) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t, doom{}, prepare)
		s.tell()
		seen, commits, calls = s.picture(), len(s.bot.commits), len(s.bot.calls)
		if len(s.lives) != 1 || len(seen) < 4 {
			t.Errorf("a story without a death had %d lives, and people see %q", len(s.lives), seen)
		}
	})
	return seen, commits, calls
}

// TestCrashesAnywhere ends the bot's life before and after every commit and
// every call of a story, one after the other, whatever they are: so that no
// place is missed that the table doesn't know.
func TestCrashesAnywhere(t *testing.T) {
	t.Parallel()
	step := 11
	if os.Getenv("UNDERSTUDY_LONG") != "" {
		step = 1
	}
	want, commits, calls := undisturbed(t, nil)
	try := func(name string, d doom, most int) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStory(t, d, nil)
				s.tell()
				// The order of things, and so their number, differs a little each time.
				if len(s.lives) != 2 && d.nth <= most*3/4 {
					t.Errorf("the bot lived %d times: the story doesn't come to this point: %v", len(s.lives), d)
				}
				s.verify(want)
			})
		})
	}
	for n := 1; n <= commits; n += step {
		try(fmt.Sprintf("before commit %d", n), doom{commit: "*", nth: n}, commits)
		try(fmt.Sprintf("after commit %d", n), doom{commit: "*", nth: n, after: true}, commits)
	}
	for n := 1; n <= calls; n += step {
		try(fmt.Sprintf("before call %d", n), doom{call: "*", nth: n}, calls)
		try(fmt.Sprintf("after call %d", n), doom{call: "*", nth: n, after: true}, calls)
	}
}
