package people_test

import (
	"net/http"
	"testing"

	"github.com/understudyhq/understudy/bot/people"
)

// FuzzPagerDuty holds that whatever PagerDuty answers, nobody is asked whom
// the workspace doesn't know, and nobody twice.
func FuzzPagerDuty(f *testing.F) {
	f.Add(200, []byte(`{"oncalls":[{"user":{"id":"PMIA","type":"user_reference"},"schedule":{"id":"PMGRS01"},"escalation_policy":{"id":"PE"},"escalation_level":1,"start":"2026-11-24T08:00:00Z","end":"2026-11-25T08:00:00Z"}],"limit":100,"offset":0,"more":false}`))
	f.Add(200, []byte(`{"oncalls":[{"user":{"id":"PMIA","type":"user","email":"MIA@example.com"},"schedule":null,"escalation_level":1,"start":null,"end":null}],"more":true,"limit":100}`))
	f.Add(200, []byte(`{"user":{"id":"PMIA","name":"Mia","email":"mia@example.com"}}`))
	f.Add(200, []byte(`{"users":[{"id":"PMIA","name":"Mia","email":"mia@example.com"}],"schedule":{"id":"PMGRS01","name":"m"}}`))
	f.Add(429, []byte(`{"error":{"message":"Rate Limit Exceeded","code":2020}}`))
	f.Add(401, []byte(`{"error":{"message":"no","code":2006,"errors":[1]}}`))
	f.Add(404, []byte(`{"error":{"message":"Not Found","code":2100}}`))
	f.Add(200, []byte(`[`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return // net/http's own server says nothing else
		}
		inHouse(t, nil, func(t *testing.T, h *house) {
			h.ws.add("Mia", "mia@example.com")
			h.line = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = w.Write(body)
			})
			crew, err := h.OnCall(t.Context(), managers)
			_ = h.CheckSchedule(t.Context(), managers)
			if err == nil && (len(crew.People) > 1 || status > 299) {
				t.Errorf("%d: %d people, %v", status, len(crew.People), crew)
			}
			checkCrew(t, crew)
		})
	})
}

func checkCrew(t *testing.T, crew people.Crew) {
	for _, u := range crew.People {
		if u.ID != "U001" {
			t.Errorf("%+v is on call", u)
		}
	}
	for _, u := range crew.Unusable {
		if u.Why == "" {
			t.Errorf("%+v can't be asked, and nobody says why", u)
		}
	}
}
