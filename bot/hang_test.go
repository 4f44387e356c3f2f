package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/flows"
)

// each asks every one of many people, whom Slack looks up one after the other.
func each(emails ...string) flows.Flow {
	return flows.Flow{Approvers: func(flows.Request) flows.Route {
		route := flows.Person(emails[0])
		for _, email := range emails[1:] {
			route = route.And(flows.Person(email))
		}
		return route
	}}
}

// All the time that a case gets to ask services may go by in waiting for them.
func TestACaseWhoseServicesHangIsDelayedAndThenRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		w.provision(each("mia@example.com", "ola@example.com", "ada@example.com", "bo@example.com", "cy@example.com"))
		w.stage()
		w.ws.FailSome("users.lookupByEmail", 1, slacksim.Hang())
		ask(w.kim, "Acme")
		began := time.Now()
		for _, text := range []string{"longer than usual", "hasn't answered for too long"} {
			w.until("Kim reads "+text, func() bool {
				inbox := w.kim.Inbox()
				return inbox.Len() > 0 && strings.Contains(inbox.Last().Text(), text)
			})
		}
		if took := time.Since(began); took > 4*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}
