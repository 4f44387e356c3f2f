package slacksim_test

import (
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/slacksim"
)

func TestPruneForgetsWhatIsOver(t *testing.T) {
	t.Parallel()
	ws := slacksim.ForTest(t, slacksim.Options{Calm: true})
	kim := ws.AddPerson("Kim", "kim@example.com")
	ws.AddChannel("news", kim)
	client := slack.New(ws.BotToken(), slack.OptionAPIURL(ws.APIURL()))
	for _, to := range []string{kim.ID(), "#news"} {
		for _, text := range []string{"old", "new"} {
			if _, _, err := client.PostMessage(to, slack.MsgOptionText(text, false)); err != nil {
				t.Fatal(err)
			}
		}
	}
	ws.Prune(func(m slacksim.Message) bool { return m.Text == "old" })
	for where, left := range map[string][]slacksim.Message{"Kim's conversation": ws.Screen(kim.ID()).Messages, "the channel": ws.Posted("news")} {
		if len(left) != 1 || left[0].Text != "new" {
			t.Errorf("%s has %+v, want the new message only", where, left)
		}
	}
}

func TestMessagesAreStampedByTheClock(t *testing.T) {
	t.Parallel()
	ws := slacksim.ForTest(t, slacksim.Options{Calm: true})
	kim := ws.AddPerson("Kim", "kim@example.com")
	ws.SetClock(func() time.Time { return time.Unix(9_000_000_000, 0) })
	client := slack.New(ws.BotToken(), slack.OptionAPIURL(ws.APIURL()))
	_, stamp, err := client.PostMessage(kim.ID(), slack.MsgOptionText("later", false))
	if err != nil || stamp != "9000000000.000000" {
		t.Errorf("the stamp is %s (%v)", stamp, err)
	}
	ws.Remove(kim.ID(), stamp)
	if left := ws.Screen(kim.ID()).Messages; len(left) > 0 {
		t.Errorf("%+v is there after it was deleted", left)
	}
}

func TestAGlanceIsOfTheLatestMessages(t *testing.T) {
	t.Parallel()
	ws := slacksim.ForTest(t, slacksim.Options{Calm: true})
	kim := ws.AddPerson("Kim", "kim@example.com")
	client := slack.New(ws.BotToken(), slack.OptionAPIURL(ws.APIURL()))
	for _, text := range []string{"1", "2", "3"} {
		if _, _, err := client.PostMessage(kim.ID(), slack.MsgOptionText(text, false)); err != nil {
			t.Fatal(err)
		}
	}
	if seen := ws.Glance(kim.ID(), 2).Messages; len(seen) != 2 || seen[0].Text != "2" || seen[1].Text != "3" {
		t.Errorf("a glance at two messages sees %+v", seen)
	}
}
