package people_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

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
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.OnCall(gone, managers); err == nil {
			t.Error("somebody who gave up got an answer")
		}
		mustBe(t, h.onCall(t), "Mia")
	})
}
