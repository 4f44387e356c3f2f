package people_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/people"
)

func TestOnePersonOnceWhateverTheNumberOfRows(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		mia, ola := h.hires("Mia", "MIA@Example.com"), h.hires("Ola", "ola@example.com")
		h.pager.SetPolicies(managers, 3, 2)
		h.pager.SetShifts(managers,
			pagersim.Shift{User: mia, Until: h.start.Add(2 * time.Hour)},
			pagersim.Shift{User: mia, Until: h.start.Add(3 * time.Hour)},
			pagersim.Shift{User: ola, Until: h.start.Add(time.Hour)},
			pagersim.Shift{User: ola})
		crew := h.onCall(t)
		mustBe(t, crew, "Mia, Ola")
		if crew.Name != "Support managers" || !crew.Ends.Equal(h.start.Add(time.Hour)) || crew.Age != 0 {
			t.Errorf("got name %q, ends %v, age %v", crew.Name, crew.Ends, crew.Age)
		}
		want := people.User{ID: "U001", Name: "Mia", Email: "mia@example.com", TimeZone: "Europe/Oslo"}
		if diff := cmp.Diff(want, crew.People[0]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAllPagesAreRead(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		mia, ola := h.hires("Mia", "mia@example.com"), h.hires("Ola", "ola@example.com")
		h.pager.SetPolicies(managers, 150) // Ola's first row is the 151st
		h.pager.SetOnCall(managers, mia, ola)
		mustBe(t, h.onCall(t), "Mia, Ola")
		if got := h.pager.Calls("/oncalls"); got != 3 {
			t.Errorf("%d pages were read, want 3", got)
		}
	})
}

func TestAScheduleInNoPolicyHasItsOwnUsers(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
		h.pager.SetPolicies(managers)
		crew := h.onCall(t)
		mustBe(t, crew, "Mia")
		if crew.Name != "Support managers" || !crew.Ends.IsZero() {
			t.Errorf("got name %q, ends %v", crew.Name, crew.Ends)
		}
	})
}

func TestNobodyOnCallIsAnAnswer(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		if crew := h.onCall(t); len(crew.People)+len(crew.Unusable) != 0 {
			t.Errorf("got %+v", crew)
		}
	})
}

func TestReferencesAreFollowed(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.References(true)
		mia := h.hires("Mia", "mia@example.com")
		h.pager.SetOnCall(managers, mia)
		mustBe(t, h.onCall(t), "Mia")
		if got := h.pager.Calls("/users/" + mia); got != 1 {
			t.Errorf("Mia was read %d times", got)
		}
	})
}

func TestWhoCannotBeAskedIsNamedWithAReason(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		gone := h.pager.AddUser("Gone", "gone@example.com")
		nameless := h.pager.AddUser("Nameless", "")
		stranger := h.pager.AddUser("Nils", "nils@example.com")
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"), gone, nameless, stranger, h.hires("Gus", "gus@example.com"))
		h.pager.RemoveUser(gone)
		h.ws.change(func() { h.ws.users[1].IsRestricted = true })

		crew := h.onCall(t)
		mustBe(t, crew, "Mia")
		want := []people.Unusable{
			{Name: "Gone", Why: "their PagerDuty account is deleted", Stranger: true},
			{Name: "Nameless", Why: "PagerDuty has no e-mail of them", Stranger: true},
			{Name: "Nils", Email: "nils@example.com", Why: "there is no Slack account with the e-mail nils@example.com", Stranger: true},
			{Name: "Gus", Email: "gus@example.com", Why: "guests can neither ask nor decide"},
		}
		if diff := cmp.Diff(want, crew.Unusable); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOverridesJoinPeopleWithTwoEmails(t *testing.T) {
	overrides := map[string]string{"Mia@pager.example.com": "mia@example.com", "ola@pager.example.com": "U002", "again@pager.example.com": "U001"}
	inHouse(t, overrides, func(t *testing.T, h *house) {
		h.ws.add("Mia", "mia@example.com")
		h.ws.add("Ola", "ola@example.com")
		h.pager.SetOnCall(managers,
			h.pager.AddUser("M", "mia@Pager.example.com"),
			h.pager.AddUser("O", "ola@pager.example.com"),
			h.pager.AddUser("M again", "again@pager.example.com"))
		mustBe(t, h.onCall(t), "Mia, Ola")
	})
}

func TestAFreshAnswerIsReused(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
		h.onCall(t)
		time.Sleep(30 * time.Second)
		if crew := h.onCall(t); crew.Age != 30*time.Second {
			t.Errorf("the answer's age is %v", crew.Age)
		}
		time.Sleep(time.Second)
		if crew := h.onCall(t); crew.Age != 0 {
			t.Errorf("an answer of 31 s wasn't renewed: %v", crew.Age)
		}
		if got := h.pager.Calls(""); got != 2 {
			t.Errorf("%d calls, want 2", got)
		}
	})
}

func TestAShiftChangeIsNoticedAtOnce(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		change := h.start.Add(10 * time.Second)
		h.pager.SetShifts(managers,
			pagersim.Shift{User: h.hires("Mia", "mia@example.com"), Until: change},
			pagersim.Shift{User: h.hires("Ola", "ola@example.com"), From: change})
		mustBe(t, h.onCall(t), "Mia")
		time.Sleep(10 * time.Second)
		mustBe(t, h.onCall(t), "Ola")
	})
}

func TestAnOutageIsBridgedForAQuarterOfAnHour(t *testing.T) {
	outages := map[string]func(*pagersim.Service){
		"down":       func(s *pagersim.Service) { s.Down(true) },
		"rate limit": func(s *pagersim.Service) { s.RateLimit(1 << 30) },
		"errors":     func(s *pagersim.Service) { s.Fail(1<<30, 500) },
		"hanging":    func(s *pagersim.Service) { s.Hang(true) },
	}
	for name, begins := range outages {
		t.Run(name, func(t *testing.T) {
			inHouse(t, nil, func(t *testing.T, h *house) {
				h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
				h.onCall(t)
				begins(h.pager)
				time.Sleep(14 * time.Minute)
				crew := h.onCall(t)
				mustBe(t, crew, "Mia")
				if crew.Age < 14*time.Minute || crew.Age > 15*time.Minute {
					t.Errorf("the answer's age is %v", crew.Age)
				}
				time.Sleep(time.Minute)
				if _, err := h.OnCall(t.Context(), managers); err == nil || errors.Is(err, people.ErrUnknown) {
					t.Errorf("got %v, want an error that is worth trying again", err)
				}
			})
		})
	}
}

func TestWhoseShiftHasEndedIsNotGivenInAnOutage(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetShifts(managers,
			pagersim.Shift{User: h.hires("Mia", "mia@example.com"), Until: h.start.Add(time.Minute)},
			pagersim.Shift{User: h.hires("Ola", "ola@example.com"), Until: h.start.Add(5 * time.Minute)})
		h.onCall(t)
		h.pager.Down(true)
		time.Sleep(2 * time.Minute)
		crew := h.onCall(t)
		mustBe(t, crew, "Ola")
		if !crew.Ends.Equal(h.start.Add(5 * time.Minute)) {
			t.Errorf("ends %v", crew.Ends)
		}
		time.Sleep(4 * time.Minute)
		if _, err := h.OnCall(t.Context(), managers); err == nil || errors.Is(err, people.ErrUnknown) {
			t.Errorf("got %v, want an error that is worth trying again", err)
		}
	})
}

func TestAShortTroubleIsRetriedUnseen(t *testing.T) {
	troubles := map[string]func(*pagersim.Service){
		"rate limit": func(s *pagersim.Service) { s.RateLimit(2) },
		"errors":     func(s *pagersim.Service) { s.Fail(3, 502) },
	}
	for name, begins := range troubles {
		t.Run(name, func(t *testing.T) {
			inHouse(t, nil, func(t *testing.T, h *house) {
				h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
				begins(h.pager)
				mustBe(t, h.onCall(t), "Mia")
			})
		})
	}
}

func TestAnAnswerTakesHalfOfTheCallersTimeAtMost(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
		h.onCall(t)
		h.pager.Hang(true)
		time.Sleep(time.Minute)
		ctx, cancel := contextWithTimeout(t, 4*time.Second)
		defer cancel()
		crew, err := h.OnCall(ctx, managers)
		if err != nil {
			t.Fatal(err)
		}
		if crew.Age != 62*time.Second {
			t.Errorf("the answer's age is %v", crew.Age)
		}
	})
}

func TestDuringAnOutagePagerDutyIsAskedEveryTenSeconds(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
		h.onCall(t)
		h.pager.Down(true)
		time.Sleep(time.Minute)
		h.onCall(t)
		calls := h.pager.Calls("")
		h.onCall(t)
		if got := h.pager.Calls(""); got != calls {
			t.Errorf("%d more calls at once", got-calls)
		}
		h.pager.Down(false)
		time.Sleep(10 * time.Second)
		if crew := h.onCall(t); crew.Age != 0 {
			t.Errorf("after the outage the answer's age is %v", crew.Age)
		}
	})
}

func TestASlackOutageIsAnErrorAndNobodyIsLeftOut(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
		h.ws.change(func() { h.ws.status = 503 })
		if _, err := h.OnCall(t.Context(), managers); err == nil || errors.Is(err, people.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSchedulesThatDoNotExist(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		for _, id := range []string{"PNONE", "", "pmgrs01", "PMGRS01/users", "../users", "PÅ1"} {
			if _, err := h.OnCall(t.Context(), id); !errors.Is(err, people.ErrUnknown) {
				t.Errorf("%q: got %v, want ErrUnknown", id, err)
			}
			err := h.CheckSchedule(t.Context(), id)
			if !errors.Is(err, people.ErrUnknown) || !strings.Contains(err.Error(), id) {
				t.Errorf("%q: the check says %v", id, err)
			}
		}
		if err := h.CheckSchedule(t.Context(), managers); err != nil {
			t.Error(err)
		}
		if got := h.pager.Calls(""); got != 2+1+1 {
			t.Errorf("%d calls: ids that can't be were sent", got)
		}
	})
}

func TestNoTokenIsShown(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
		var errs []error
		try := func() {
			_, err := h.OnCall(t.Context(), managers)
			_, byID := h.ByID(t.Context(), "U001")
			errs = append(errs, err, byID, h.CheckSchedule(t.Context(), managers))
		}
		h.ws.change(func() { h.ws.status = 500 })
		try()
		h.ws.change(func() { h.ws.status, h.ws.refusal = 0, "invalid_auth" })
		time.Sleep(time.Hour)
		h.pager.Fail(1<<30, 401)
		try()
		h.pager.Hang(true)
		try()
		for _, err := range errs {
			if err != nil && (strings.Contains(err.Error(), pagersim.Token) || strings.Contains(err.Error(), botToken)) {
				t.Errorf("a token is in %q", err)
			}
		}
	})
}

func TestWithoutATokenTheErrorSaysSo(t *testing.T) {
	d := people.New(people.Options{Slack: slack.New(botToken)})
	_, err := d.OnCall(t.Context(), managers)
	for _, err := range []error{err, d.CheckSchedule(t.Context(), managers)} {
		if err == nil || !strings.Contains(err.Error(), "PAGERDUTY_TOKEN") || errors.Is(err, people.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	}
}
