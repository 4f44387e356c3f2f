package demo

import (
	"sync"
	"time"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/slacksim/page"
)

// backstage is what can be done to the demo's world behind the scenes, and the
// world as it is then. Each switch can be turned back.
type backstage struct {
	ws    *slacksim.Workspace
	clock *clock
	pager *pagersim.Service
	diary *diary
	bot   supervisor
	ola   *slacksim.Person

	mu       sync.Mutex
	down     bool // PagerDuty
	nobody   bool // on call
	left     bool // Ola
	limited  *time.Timer
	managers []string // their ids at PagerDuty
}

// The ids of the demo's on-call schedules: Mia and Ola are in the first one,
// Dana is in the other, which is there to change a flow to.
const (
	Schedule      = "PMGRS01"
	otherSchedule = "PDIRS01"
)

// How long Slack limits the bot's rate.
const (
	limitedFor   = 30 * time.Second
	limitedRetry = 5 * time.Second
)

func newBackstage(ws *slacksim.Workspace, ola *slacksim.Person, c *clock) *backstage {
	pager, managers := newPager()
	d := &diary{ws: ws}
	return &backstage{ws: ws, clock: c, pager: pager, managers: managers, ola: ola, diary: d, bot: supervisor{diary: d}}
}

// newPager is an on-call service where Mia, Ola and Dana are on call.
func newPager() (pager *pagersim.Service, managers []string) {
	pager = pagersim.New()
	managers = []string{pager.AddUser("Mia Falk", "mia@example.com"), pager.AddUser("Ola Nordmann", "ola@example.com")}
	pager.AddSchedule(Schedule, "Support managers")
	pager.SetOnCall(Schedule, managers...)
	pager.AddSchedule(otherSchedule, "Directors")
	pager.SetOnCall(otherSchedule, pager.AddUser("Dana Reyes", "dana@example.com"))
	return pager, managers
}

func (b *backstage) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limited != nil {
		b.limited.Stop()
	}
}

func (b *backstage) acts() []page.StageAct {
	acts := []page.StageAct{
		{Text: "10 minutes later", Do: func() (string, error) { return b.clock.turn(10 * time.Minute) }},
		{Text: "1 hour later", Do: func() (string, error) { return b.clock.turn(time.Hour) }},
		{Text: "Kill the bot", Wait: b.awaited, Do: b.bot.kill},
		{Text: "Cut a connection", Do: b.cut},
		{Text: "Slack limits the rate for 30 s", Wait: b.limits, Do: b.limit},
		{Text: "PagerDuty goes down", Off: "PagerDuty comes back", On: b.is(func() bool { return b.down }), Do: b.takeDown},
		{Text: "Nobody is on call", Off: "Mia and Ola are on call again", On: b.is(func() bool { return b.nobody }), Do: b.empty},
		{Text: "Ola leaves the company", Off: "Ola comes back", On: b.is(func() bool { return b.left }), Do: b.leave},
	}
	for i, act := range acts {
		acts[i].Do = b.noted(act)
	}
	return acts
}

// noted does an act and writes it into the diary, by what its button said.
func (b *backstage) noted(act page.StageAct) func() (string, error) {
	return func() (string, error) {
		text := act.Text
		if act.On != nil && act.On() {
			text = act.Off
		}
		said, err := act.Do()
		if err == nil {
			b.diary.happened(text)
		}
		return said, err
	}
}

// awaited is what keeps the bot from being killed.
func (b *backstage) awaited() string {
	switch {
	case !b.bot.alive():
		return "The bot is stopped…"
	case b.ws.Connections() == 0:
		return "The bot is starting…"
	}
	return ""
}

func (b *backstage) limits() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limited == nil {
		return ""
	}
	return "Slack limits the rate…"
}

func (b *backstage) is(so func() bool) func() bool {
	return func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return so()
	}
}

func (b *backstage) cut() (string, error) {
	b.ws.CutSocket()
	return "One of the bot's two connections to Slack is cut. The other goes on, and a new one is made.", nil
}

// limit answers every call of the bot with 429 for a while.
func (b *backstage) limit() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limited != nil {
		return "Slack limits the rate already.", nil
	}
	b.ws.FailSome("", 1, slacksim.RateLimited(limitedRetry))
	b.limited = time.AfterFunc(limitedFor, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.ws.Heal()
		b.limited = nil
	})
	return "Slack answers 429 for 30 seconds. Cards come later, and none is lost.", nil
}

func (b *backstage) takeDown() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = !b.down
	b.pager.Down(b.down)
	if b.down {
		return "PagerDuty answers nothing now: the bot uses its last answer for 15 minutes, and then refuses.", nil
	}
	return "PagerDuty answers again.", nil
}

func (b *backstage) empty() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.nobody = !b.nobody; b.nobody {
		b.pager.SetOnCall(Schedule)
		return "Nobody is on call now: what needs a manager is refused, and says so.", nil
	}
	b.pager.SetOnCall(Schedule, b.managers...)
	return "Mia and Ola are on call again.", nil
}

func (b *backstage) leave() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left = !b.left; b.left {
		b.ws.Deactivate(b.ola)
		return "Ola's account is deactivated: he can neither act nor be asked, and the cards say so.", nil
	}
	b.ws.Reactivate(b.ola)
	return "Ola is back.", nil
}
