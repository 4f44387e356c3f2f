package storm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
)

// The ids of the on-call schedules.
const (
	daySchedule   = "DAY0001"
	nightSchedule = "NIGHT01"
	channel       = "approvals"
)

// town is the workspace, the on-call service and the accounts.
type town struct {
	ws      *slacksim.Workspace
	pager   *pagersim.Service
	onCall  []string // ids of those who may be on call, in PagerDuty
	people  []slacksim.PersonInfo
	agents  int // so many of people ask; managers come after them, and the rest
	bosses  int
	account []string // ids

	mu    sync.Mutex
	fuse  int // calls to Slack until the bot is killed; 0 or less: none
	after bool
	kill  func()
}

func newTown(seed uint64, c *clock) *town {
	t := &town{ws: slacksim.New(slacksim.Options{Name: "Storm", Seed: seed, Calm: true}), pager: pagersim.New()}
	t.ws.SetClock(c.now)
	t.pager.SetClock(c.now)
	t.pager.AddSchedule(daySchedule, "By day")
	t.pager.AddSchedule(nightSchedule, "By night")
	for _, name := range []string{"amy", "bob", "cid", "dan", "eve", "fay", "gil", "hal", "ida", "jon", "kim", "lee"} {
		t.ws.AddPerson(name, name+"@example.com")
		t.agents++
	}
	bosses := map[string]*slacksim.Person{}
	for _, name := range []string{"mia", "ola", "pia", "rob", "dora", "sue"} {
		bosses[name] = t.ws.AddPerson(name, name+"@example.com", slacksim.Title("Manager"))
		t.bosses++
		if name != "dora" && name != "sue" {
			t.onCall = append(t.onCall, t.pager.AddUser(name, name+"@example.com"))
		}
	}
	t.onCall = append(t.onCall, t.pager.AddUser("nobody here", "nobody@elsewhere.example"))
	gone := t.ws.AddPerson("gone", "gone@example.com")
	t.ws.Deactivate(gone)
	t.ws.AddPerson("gus", "gus@partner.example", slacksim.Guest())
	t.ws.AddPerson("stranger", "stranger@other.example", slacksim.Stranger()) // who sees neither messages nor a Home
	t.ws.AddGroup("leads", bosses["pia"], bosses["dora"])
	t.ws.AddGroup("directors", bosses["sue"], gone)
	t.ws.AddChannel(channel, bosses["mia"], bosses["sue"])
	t.ws.AddScopes("channels:read")
	t.people = t.ws.People()
	t.pager.SetOnCall(daySchedule, t.onCall[0], t.onCall[1])
	return t
}

const accounts = 40

// write writes the accounts and the flow, and says where they are.
func (t *town) write(folder string) (accountsFile, flowsFile string, err error) {
	var rows strings.Builder
	rows.WriteString("id,name,plan,assigned,way\n")
	ways := []string{"plain", "else", "escalate", "also", "two", "show", "person"}
	for i := range accounts {
		plan, assigned := "enterprise", ""
		switch {
		case i%9 == 0:
			plan = "free"
		case i%13 == 0:
			plan = "closed"
		case i%11 == 0:
			plan = ""
		case i%7 == 0:
			assigned = t.people[i%t.agents].Email + ";" + t.people[(i+3)%t.agents].Email
		}
		id := fmt.Sprintf("acct_%02d", i)
		t.account = append(t.account, id)
		fmt.Fprintf(&rows, "%s,Customer %02d,%s,%s,%s\n", id, i, plan, assigned, ways[i%len(ways)])
	}
	accountsFile, flowsFile = filepath.Join(folder, "accounts.csv"), filepath.Join(folder, "flows.json")
	if err := os.WriteFile(accountsFile, []byte(rows.String()), 0o600); err != nil {
		return "", "", err
	}
	flow, err := json.Marshal(map[string]any{"flows": []any{map[string]any{
		"name": FlowName, "params": map[string]string{"day": daySchedule, "night": nightSchedule},
		"durations": []string{"10m", "20m", "1h"}, "timeout": "25m", "remind": []string{"3m", "9m", "18m"}, "warn": "4m",
	}}})
	if err != nil {
		return "", "", err
	}
	return accountsFile, flowsFile, os.WriteFile(flowsFile, flow, 0o600)
}

// ServeHTTP answers the bot, and lets the fuse burn with each call.
func (t *town) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/link/") || strings.HasSuffix(r.URL.Path, "/auth.test") {
		t.ws.ServeHTTP(w, r)
		return
	}
	fatal, after := t.burn()
	if !fatal {
		t.ws.ServeHTTP(w, r)
		return
	}
	if !after {
		t.kill()
		return
	}
	answer := &record{header: http.Header{}, code: http.StatusOK}
	t.ws.ServeHTTP(answer, r)
	t.kill() // Slack has done it, and the bot never reads the answer
	maps.Copy(w.Header(), answer.header)
	w.WriteHeader(answer.code)
	_, _ = w.Write(answer.body.Bytes()) // to nobody
}

func (t *town) burn() (fatal, after bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fuse--
	return t.fuse == 0, t.after
}

// light has the bot killed at so many calls from now, before or after the call
// takes effect. 0 puts the fuse out.
func (t *town) light(calls int, after bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fuse, t.after = calls, after
}

// record is an answer that isn't sent yet.
type record struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (r *record) Header() http.Header         { return r.header }
func (r *record) WriteHeader(code int)        { r.code = code }
func (r *record) Write(p []byte) (int, error) { return r.body.Write(p) }

// shifts puts some people on call, nobody at times, for a while or for good.
func (t *town) shifts(random *rand.Rand, c *clock) {
	for _, schedule := range []string{daySchedule, nightSchedule} {
		share := 0.5
		if schedule == nightSchedule {
			share = 0.15
		}
		var on []pagersim.Shift
		for _, user := range t.onCall {
			if random.Float64() > share {
				continue
			}
			shift := pagersim.Shift{User: user}
			if random.IntN(2) == 0 {
				shift.From, shift.Until = c.now().Add(-1), c.now().Add(1)
				shift.Until = shift.Until.Add(minutes(random, 1, 20))
			}
			on = append(on, shift)
		}
		t.pager.SetShifts(schedule, on...)
	}
}
