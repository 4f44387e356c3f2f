package people_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/people"
)

// says answers every call the same.
func says(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func TestRowsOfOtherSchedulesAreLeftOut(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.AddSchedule("POTHER1", "Others")
		h.pager.SetOnCall("POTHER1", h.hires("Ola", "ola@example.com"))
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
		h.line = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			query := r.URL.Query()
			query.Del("schedule_ids[]")
			r.URL.RawQuery = query.Encode()
			h.pager.ServeHTTP(w, r)
		})
		mustBe(t, h.onCall(t), "Mia")
	})
}

func TestStrangeAnswersAreNeverTakenForNobodyOrUnknown(t *testing.T) {
	row := `{"oncalls":[{"user":{"id":"PU1","email":"mia@example.com"},"schedule":{"id":"PMGRS01"},"end":"tomorrow"}]}`
	answers := map[string]http.Handler{
		"429 with the code of not found": says(429, `{"error":{"message":"Not Found","code":2100}}`),
		"401 with the code of not found": says(401, `{"error":{"message":"Not Found","code":2100}}`),
		"403":                            says(403, `{"error":{"message":"Access Denied","code":2010}}`),
		"an answer that is cut off":      says(200, `{"oncalls":[`),
		"an answer of something else":    says(200, `{"hello":"world"}`),
		"an end that is no time":         says(200, row),
		"more, but nothing more":         says(200, `{"oncalls":[],"more":true}`),
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			inHouse(t, nil, func(t *testing.T, h *house) {
				h.line = answer
				crew, err := h.OnCall(t.Context(), managers)
				if err == nil || errors.Is(err, people.ErrUnknown) {
					t.Errorf("got %+v, %v, want an error that is worth trying again", crew, err)
				}
			})
		})
	}
}

func TestARefusedTokenIsNamed(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.line = says(401, `{"error":{"message":"Unauthorized","code":2006}}`)
		if err := h.CheckSchedule(t.Context(), managers); err == nil || !strings.Contains(err.Error(), "PAGERDUTY_TOKEN") {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhoGivesUpSpoilsNothing(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
		h.onCall(t)
		time.Sleep(time.Minute)
		h.pager.Hang(true)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := h.OnCall(ctx, managers); !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
		h.pager.Hang(false)
		if crew := h.onCall(t); crew.Age != 0 {
			t.Errorf("the next one got an answer of %v", crew.Age)
		}
	})
}

func TestADeletedScheduleHasNoLastAnswer(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"))
		h.onCall(t)
		time.Sleep(time.Minute)
		h.line = says(404, `{"error":{"message":"Not Found","code":2100}}`)
		if _, err := h.OnCall(t.Context(), managers); !errors.Is(err, people.ErrUnknown) {
			t.Errorf("got %v, want ErrUnknown", err)
		}
		h.line = says(503, "")
		if crew, err := h.OnCall(t.Context(), managers); err == nil {
			t.Errorf("got %+v of a schedule that is deleted", crew)
		}
	})
}

func TestPagerDutysRateLimitIsWaitedOut(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.pager.RateLimit(2)
		h.onCall(t)
		if took := time.Since(h.start); took < 2*time.Second {
			t.Errorf("it was asked again before the limit's end, after %v", took)
		}
	})
}

func TestALimitBeyondTheTimeOutIsNotWaitedFor(t *testing.T) {
	inHouse(t, nil, func(t *testing.T, h *house) {
		h.line = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Ratelimit-Reset", "60")
			says(429, `{"error":{"message":"Rate Limit Exceeded","code":2020}}`).ServeHTTP(w, r)
		})
		_, err := h.OnCall(t.Context(), managers)
		if err == nil || !strings.Contains(err.Error(), "429") || time.Since(h.start) > time.Second {
			t.Errorf("after %v: %v", time.Since(h.start), err)
		}
	})
}

// FuzzScheduleID holds that nothing but an id gets into a path.
func FuzzScheduleID(f *testing.F) {
	for _, seed := range []string{managers, "", "../users", "P?x=1", "P%2F", "P\n", "П"} {
		f.Add(seed)
	}
	id := regexp.MustCompile(`\A[A-Z0-9]+\z`)
	f.Fuzz(func(t *testing.T, schedule string) {
		h := newHouse(nil)
		_, err := h.OnCall(t.Context(), schedule)
		if asked := h.pager.Calls("") > 0; asked != id.MatchString(schedule) {
			t.Errorf("PagerDuty was asked for %q: %t", schedule, asked)
		}
		if schedule != managers && !errors.Is(err, people.ErrUnknown) {
			t.Errorf("%q: got %v, want ErrUnknown", schedule, err)
		}
	})
}

func BenchmarkOnCallFromMemory(b *testing.B) {
	h := newHouse(nil)
	h.pager.SetOnCall(managers, h.hires("Mia", "mia@example.com"), h.hires("Ola", "ola@example.com"))
	for b.Loop() {
		if _, err := h.OnCall(b.Context(), managers); err != nil {
			b.Fatal(err)
		}
	}
}
