package people_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/people"
)

const managers = "PMGRS01"

// house is a directory between a Slack workspace and PagerDuty. There is no
// network in between, so that time in a test is synctest's.
type house struct {
	*people.Directory
	ws    *workspace
	pager *pagersim.Service
	line  http.Handler // what PagerDuty's clients reach: the pager, unless a test changes it
	start time.Time
}

// inHouse runs a test in a bubble in which waiting costs nothing.
func inHouse(t *testing.T, overrides map[string]string, test func(*testing.T, *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newHouse(overrides)) })
}

func newHouse(overrides map[string]string) *house {
	h := &house{ws: &workspace{}, pager: pagersim.New(), start: time.Now()}
	h.line = h.pager
	h.pager.AddSchedule(managers, "Support managers")
	h.Directory = people.New(people.Options{
		Slack: slack.New(botToken, slack.OptionAPIURL("http://slack.example.com/api/"),
			slack.OptionHTTPClient(&http.Client{Transport: direct{h.ws}})),
		PagerDutyToken: pagersim.Token,
		PagerDutyURL:   "http://pagerduty.example.com/",
		TeamID:         home,
		Overrides:      overrides,
		Transport:      direct{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.line.ServeHTTP(w, r) })},
	})
	return h
}

// direct carries a request to a handler in the same process.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	d.ServeHTTP(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// hires adds somebody with an account in both places and returns their
// PagerDuty id.
func (h *house) hires(name, email string) string {
	h.ws.add(name, strings.ToLower(email))
	return h.pager.AddUser(name, email)
}

func (h *house) onCall(t *testing.T) people.Crew {
	t.Helper()
	crew, err := h.OnCall(t.Context(), managers)
	if err != nil {
		t.Fatal(err)
	}
	return crew
}

func names(crew people.Crew) string {
	var all []string
	for _, u := range crew.People {
		all = append(all, u.Name)
	}
	return strings.Join(all, ", ")
}

func mustBe(t *testing.T, crew people.Crew, want string) {
	t.Helper()
	if got := names(crew); got != want {
		t.Errorf("the crew is %q (unusable: %v), want %q", got, crew.Unusable, want)
	}
}
