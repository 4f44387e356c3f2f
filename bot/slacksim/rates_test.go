package slacksim

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestLimitRates(t *testing.T) {
	t.Parallel()
	for method, most := range map[string]int{"chat.update": 50, "views.publish": 100, "conversations.list": 20, "chat.postMessage": 5} {
		synctest.Test(t, func(t *testing.T) {
			ws := New(Options{Calm: true})
			call := func() Fault { return ws.faultFor(method, args{"channel": "D1"}) }
			ws.LimitRates(method)
			for n := range most {
				if f := call(); f.kind != fine {
					t.Errorf("%s: call %d of %d isn't taken", method, n+1, most)
				}
			}
			f := call()
			if f.kind != rateLimited || f.wait <= 0 {
				t.Fatalf("%s: call %d is taken", method, most+1)
			}
			time.Sleep(f.wait)
			if f := call(); f.kind != fine {
				t.Errorf("%s: a call after the wait isn't taken", method)
			}
			if f := ws.faultFor(method, args{"channel": "D2"}); method == "chat.postMessage" && f.kind != fine {
				t.Errorf("%s: another channel's isn't taken", method)
			}
		})
	}
}

func TestFailSome(t *testing.T) {
	t.Parallel()
	ws := New(Options{Calm: true, Seed: 1})
	ws.FailSome("", 0.2, Status(500))
	struck := map[string]int{}
	for range 1000 {
		for _, method := range []string{"chat.update", "users.info", "views.open"} {
			if ws.faultFor(method, nil).kind == status {
				struck[method]++
			}
		}
	}
	if a, b := struck["chat.update"], struck["users.info"]; a < 150 || a > 250 || b < 150 || b > 250 || struck["views.open"] != 0 {
		t.Errorf("of a thousand calls each, a fifth of which should fail, fail %v", struck)
	}
	ws.Heal()
	if f := ws.faultFor("chat.update", nil); f.kind != fine {
		t.Error("a workspace that was healed isn't well")
	}
}
