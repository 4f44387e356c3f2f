package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// The tests of this file are of people and channels that Slack doesn't let the
// bot write to.

// orLeads are rules whose route goes on to the leads.
func orLeads() flows.Flow {
	return flows.Flow{
		Params:    flows.Params{"manager_schedule": flows.Schedule},
		Approvers: func(r flows.Request) flows.Route { return flows.OnCall("PMGRS01").OrElse(flows.Group("support-leads")) },
	}
}

// refusals are the ways of Slack to say that a person gets no message.
func refusals() []string {
	return []string{"user_disabled", "channel_not_found", "is_archived", "cannot_dm_bot", "messages_tab_disabled", "restricted_action"}
}

func TestOneOfTwoManagersCannotBeReached(t *testing.T) {
	t.Parallel()
	for _, code := range refusals() {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slacksim.Options{Calm: true})
				w.ws.RefusePosts(w.ola.ID(), code)
				w.stage()
				ask(w.kim, "Acme")
				w.mia.Inbox().Wait("Couldn't be asked: @Ola Nordmann")
				w.kim.Inbox().Wait("Couldn't be asked: @Ola Nordmann")
				w.mia.Inbox().Last().Click("Approve")
				w.kim.Inbox().Wait("Approved by @Mia Falk")
			})
		})
	}
}

func TestNobodyCanBeReached(t *testing.T) {
	t.Parallel()
	for _, code := range refusals() {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slacksim.Options{Calm: true})
				w.ws.RefusePosts(w.mia.ID(), code)
				w.ws.RefusePosts(w.ola.ID(), code)
				w.stage()
				ask(w.kim, "Acme")
				w.kim.Inbox().Wait("efused").WaitText("nobody who was asked can be reached").WaitText("Ola Nordmann")
			})
		})
	}
}

func TestNobodyCanBeReachedAndTheRouteHasAnElse(t *testing.T) {
	t.Parallel()
	for _, code := range refusals() {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slacksim.Options{Calm: true})
				lee := w.ws.AddPerson("Lee Chan", "lee@example.com")
				w.ws.AddGroup("support-leads", lee)
				w.provision(orLeads())
				w.ws.RefusePosts(w.mia.ID(), code)
				w.ws.RefusePosts(w.ola.ID(), code)
				w.stage()
				ask(w.kim, "Acme")
				lee.Inbox().Wait("Acme").Click("Approve")
				w.kim.Inbox().Wait("Approved by @Lee Chan")
			})
		})
	}
}

func TestARequesterWhoCannotBeReached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		w.ws.RefusePosts(w.kim.ID(), "messages_tab_disabled")
		w.stage()
		ask(w.kim, "Acme")
		w.mia.Inbox().Wait("Acme").Click("Approve")
		w.ola.Inbox().Wait("Approved by @Mia Falk")
		w.kim.Modal().WaitText("Approved by @Mia Falk")
	})
}

func TestAChannelThatTakesNoCopy(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"not_in_channel", "is_archived", "restricted_action_read_only_channel", ""} {
		t.Run("refuses "+code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, slacksim.Options{Calm: true})
				w.provision(flows.Flow{
					Params:    flows.Params{"manager_schedule": flows.Schedule},
					Approvers: func(r flows.Request) flows.Route { return flows.OnCall("PMGRS01").Show(flows.Channel("support")) },
				})
				if code != "" { // otherwise there is no such channel
					w.ws.AddChannel("support")
					w.ws.RefusePosts("support", code)
				}
				w.stage()
				ask(w.kim, "Acme")
				w.mia.Inbox().Wait("Acme").Click("Approve")
				w.kim.Inbox().Wait("Approved by @Mia Falk")
				time.Sleep(2 * time.Minute)
				if calls := w.posts("#support"); calls != 1 {
					t.Errorf("the channel was posted to %d times", calls)
				}
			})
		})
	}
}

// posts counts the messages that were sent to a channel.
func (w *world) posts(channel string) (n int) {
	for _, c := range w.ws.Calls() {
		if c.Method == "chat.postMessage" && c.Args["channel"] == channel {
			n++
		}
	}
	return n
}

// lookAt changes every approver's card.
func (w *world) lookAt(by *slacksim.Person) {
	w.t.Helper()
	ledger, err := store.Open(w.t.Context(), w.engine)
	if err != nil {
		w.t.Fatal(err)
	}
	cases, err := ledger.Cases(w.t.Context(), "", 1)
	if err != nil || len(cases) != 1 {
		w.t.Fatal(cases, err)
	}
	looks := approval.LookAt{By: approval.Person{ID: by.ID(), Name: by.Name()}}
	if _, err := ledger.Do(w.t.Context(), store.Change{Case: cases[0].ID, Command: looks}, time.Now()); err != nil {
		w.t.Fatal(err)
	}
}

// A deleted card is a person's own act. The bot learns of it when the card has
// to change; whoever deleted it counts as not asked then.
func TestADeletedCardIsNotPostedAgainAndTheOthersDecide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		w.stage()
		ask(w.kim, "Acme")
		w.mia.Inbox().Wait("Acme")
		w.ws.DeleteMessage(w.ola.Inbox().Wait("Acme"))
		w.lookAt(w.mia)
		w.mia.Inbox().Wait("Couldn't be asked: @Ola Nordmann").WaitText("the message was deleted").Click("Approve")
		w.kim.Inbox().Wait("Approved by @Mia Falk")
		time.Sleep(2 * time.Minute)
		if n := w.ola.Inbox().Len(); n != 0 {
			t.Errorf("Ola has %d cards", n)
		}
	})
}

func TestTheLastCardIsDeletedAndTheRouteGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		lee := w.ws.AddPerson("Lee Chan", "lee@example.com")
		w.ws.AddGroup("support-leads", lee)
		w.provision(orLeads())
		w.onCall(w.mia)
		w.stage()
		ask(w.kim, "Acme")
		w.ws.DeleteMessage(w.mia.Inbox().Wait("Acme"))
		w.lookAt(w.mia)
		lee.Inbox().Wait("Acme").Click("Approve")
		w.kim.Inbox().Wait("Approved by @Lee Chan")
		if n := w.mia.Inbox().Len(); n != 0 {
			t.Errorf("Mia has %d cards", n)
		}
	})
}

func TestTheLastCardIsDeletedAndTheCaseIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		w.onCall(w.mia)
		w.stage()
		ask(w.kim, "Acme")
		w.ws.DeleteMessage(w.mia.Inbox().Wait("Acme"))
		w.lookAt(w.mia)
		w.kim.Inbox().Wait("efused").WaitText("the message was deleted")
	})
}

func TestARequesterWhoDeletesTheirMessageHearsTheOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		w.stage()
		ask(w.kim, "Acme")
		w.ws.DeleteMessage(w.kim.Inbox().Wait("Waiting for"))
		w.mia.Inbox().Wait("Acme").Click("Approve")
		w.kim.Inbox().Wait("Approved by @Mia Falk")
		time.Sleep(time.Minute)
		if n := w.kim.Inbox().Len(); n != 1 || strings.Contains(w.kim.Inbox().Last().Text(), "Waiting") {
			t.Errorf("Kim has %d messages: %s", n, w.kim.Inbox().Last().Text())
		}
	})
}

// Somebody whom Slack doesn't describe now isn't somebody who can't be asked.
func TestARouteWaitsForSlackAndNotForItsElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		lee := w.ws.AddPerson("Lee Chan", "lee@example.com")
		w.ws.AddGroup("support-leads", lee)
		w.provision(orLeads())
		w.stage()
		w.ws.FailSome("users.lookupByEmail", 1, slacksim.RateLimited(time.Second))
		ask(w.kim, "Acme")
		w.until("Kim reads why it takes longer", func() bool { return shows(w.kim, "Slack hasn't answered") })
		w.ws.Heal()
		w.until("Mia's card", func() bool { return w.mia.Inbox().Len() == 1 })
		if n := lee.Inbox().Len(); n != 0 {
			t.Errorf("Lee, of the OrElse, got %d messages", n)
		}
	})
}
