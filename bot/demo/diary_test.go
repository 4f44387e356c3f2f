package demo

import (
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/slacksim/page"
)

func newDiary() (d *diary, kim, mia string) {
	ws := slacksim.New(slacksim.Options{Seed: 1, Calm: true})
	ws.AddPerson("Kim Berg", "kim@example.com")
	ws.AddPerson("Mia Falk", "mia@example.com")
	people := ws.People()
	return &diary{ws: ws}, people[0].ID, people[1].ID
}

func told(deeds []page.Deed) (lines []string) {
	for _, one := range deeds {
		lines = append(lines, strings.TrimSpace(strings.Join([]string{string(one.Kind), one.About, one.Text, one.Exact}, " | ")))
	}
	return lines
}

// TestDiaryReadsTheLog has it come in pieces, as from a pipe, with what isn't JSON.
func TestDiaryReadsTheLog(t *testing.T) {
	d, kim, mia := newDiary()
	log := `{"level":"info","message":"the bot starts"}
{"level":"info","case":"01a2-6dd3","seq":1,"requester":"` + kim + `","account":"acct_42","message":"submitted"}
panic: no
{"level":"info","case":"01a2-6dd3","seq":2,"by":"` + mia + `","message":"approved"}
{"level":"warn","message":"the schedule couldn't be checked","error":"Token token=secret"}
`
	passed := new(strings.Builder)
	d.follow(iotest.OneByteReader(strings.NewReader(log)), passed, io.Discard)
	want := []string{
		"stage |  | The bot starts |",
		"record | acct_42 …6dd3 | Kim Berg asks for acct_42 | submitted",
		"record | acct_42 …6dd3 | Mia Falk approves | approved",
		"stage |  | The schedule couldn't be checked |",
	}
	if diff := cmp.Diff(want, told(d.deeds())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if passed.String() != log {
		t.Errorf("what is passed on isn't the log:\n%s", passed)
	}
}

func TestDiaryKeepsTheLatest(t *testing.T) {
	d, _, _ := newDiary()
	for i := range page.DeedsShown + 50 {
		d.happened(strconv.Itoa(i))
	}
	deeds := d.deeds()
	if len(deeds) != page.DeedsShown || deeds[0].Text != "50" {
		t.Errorf("%d deeds from %q, want %d from 50", len(deeds), deeds[0].Text, page.DeedsShown)
	}
}

// TestDiarySaysWhatSlackAnswered, and keeps what calls carry to itself.
func TestDiarySaysWhatSlackAnswered(t *testing.T) {
	_, kim, mia := newDiary()
	post := map[string]string{"channel": mia, "text": "Kim asks\nfor Acme", "blocks": "[secret]"}
	update := map[string]string{"view_id": "V1", "trigger_id": "secret", "private_metadata": "secret"}
	calls := []slacksim.Call{
		{Method: "chat.postMessage", Args: post, Person: mia, Error: "ratelimited"},
		{Method: "views.update", Args: update, Error: "not_found"},
		{Method: "chat.postMessage", Args: post, Person: mia},
		{Method: "chat.postMessage", Args: post, Person: mia},
		{Method: "users.info", Args: map[string]string{"user": kim}},
		{Method: "views.publish", Args: map[string]string{"user_id": kim, "view": "secret"}, Error: "hash_conflict"},
		{Method: "team.info", Error: "internal_error"},
		{Method: "chat.postMessage", Args: map[string]string{"text": "<@" + mia + "> asked for A &amp; B, until <!date^1795641532^{date_short_pretty} at {time}|2026-11-25 21:18 UTC>."}, Person: kim},
	}
	want := []string{
		"call |  | Sends Mia Falk a message: “Kim asks …”. Slack answers 429, too many calls: it tries again later | chat.postMessage",
		"call |  | Changes an open form. It is closed already | views.update",
		"call |  | Again: Sends Mia Falk a message: “Kim asks …” | chat.postMessage",
		"call |  | Sends Mia Falk a message: “Kim asks …” | chat.postMessage",
		"call |  | Looks Kim Berg up | users.info",
		"call |  | Shows Kim Berg what is new on their Home. Slack has a newer one already | views.publish",
		"call |  | Calls Slack. Slack answers internal_error | team.info",
		"call |  | Sends Kim Berg a message: “Mia Falk asked for A & B, until 2026-11-25 21:18 UTC.” | chat.postMessage",
	}
	names := names{kim: "Kim Berg", mia: "Mia Falk"}
	if diff := cmp.Diff(want, told(callDeeds(calls, names))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestDiaryHasWordsForEveryEvent reads their names where they are given.
func TestDiaryHasWordsForEveryEvent(t *testing.T) {
	source, err := os.ReadFile("../../flows/approval/event.go")
	if err != nil {
		t.Fatal(err)
	}
	types := regexp.MustCompile(`eventType\(\) string +\{ return "(\w+)" \}`).FindAllStringSubmatch(string(source), -1)
	if len(types) < 20 {
		t.Fatalf("found %d types of events", len(types))
	}
	for _, found := range types {
		name := found[1]
		line := logged{at: time.Now(), Message: name, Case: "c"}
		if words := line.words(nil); strings.EqualFold(words, name) {
			t.Errorf("an event %s is told as %q", name, words)
		}
	}
}
