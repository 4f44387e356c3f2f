package people_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/people"
)

// deviations are what PagerDuty's document forbids and PagerDuty says that it
// returns: expanded users, and no start, end or schedule. Nothing else may differ.
var deviations = regexp.MustCompile(`^response/body/oncalls/\d+/(user/type|start|end|schedule)$`)

// TestPagerDutysOwnDocumentAgrees puts Stoplight's Prism between people and
// pagersim: it knows PagerDuty's OpenAPI document and neither of ours.
func TestPagerDutysOwnDocumentAgrees(t *testing.T) {
	document := pagerDutyDocument(t)
	prism := prismProgram(t)

	pager := pagersim.New()
	server := httptest.NewServer(pager)
	t.Cleanup(server.Close)
	referee := &referee{next: http.DefaultTransport}
	ws := &workspace{}
	d := people.New(people.Options{
		Slack: slack.New(botToken, slack.OptionAPIURL("http://slack.example.com/api/"),
			slack.OptionHTTPClient(&http.Client{Transport: direct{ws}})),
		PagerDutyToken: pagersim.Token,
		PagerDutyURL:   startPrism(t, prism, document, server.URL),
		TeamID:         home,
		Transport:      referee,
	})
	askEverything(t, d, pager, ws)

	if referee.calls != pager.Calls("") || referee.calls == 0 {
		t.Errorf("%d calls were judged, %d arrived", referee.calls, pager.Calls(""))
	}
	for _, violation := range referee.violations {
		t.Error(violation)
	}
}

// askEverything makes every kind of call that people makes.
func askEverything(t *testing.T, d *people.Directory, pager *pagersim.Service, ws *workspace) {
	t.Helper()
	now := time.Now()
	ws.add("Mia", "mia@example.com")
	ws.add("Ola", "ola@example.com")
	mia, ola := pager.AddUser("Mia", "mia@example.com"), pager.AddUser("Ola", "ola@example.com")
	gone := pager.AddUser("Gone", "gone@example.com")
	pager.RemoveUser(gone)
	shift := pagersim.Shift{User: ola, From: now.Add(-time.Hour), Until: now.Add(time.Hour)}
	for _, schedule := range []string{"PROWS01", "PREFS01", "PPAGES1", "PUNUSED", "PEMPTY1"} {
		pager.AddSchedule(schedule, "Schedule "+schedule)
		pager.SetShifts(schedule, pagersim.Shift{User: mia}, shift, pagersim.Shift{User: gone})
	}
	// Prism cuts a long list of objections off, so the two pages give no reason for any.
	pager.SetShifts("PPAGES1", shift)
	pager.SetPolicies("PPAGES1", 101)
	pager.SetPolicies("PUNUSED")
	pager.SetShifts("PEMPTY1")

	want := map[string]string{"PROWS01": "Mia, Ola", "PREFS01": "Mia, Ola", "PPAGES1": "Ola", "PUNUSED": "Mia, Ola", "PEMPTY1": ""}
	for schedule, names := range want {
		pager.References(schedule == "PREFS01" || schedule == "PPAGES1")
		crew, err := d.OnCall(t.Context(), schedule)
		if err != nil {
			t.Errorf("%s: %v", schedule, err)
		}
		mustBe(t, crew, names)
		if err := d.CheckSchedule(t.Context(), schedule); err != nil {
			t.Error(err)
		}
	}
	if err := d.CheckSchedule(t.Context(), "PNONE"); err == nil {
		t.Error("a schedule that doesn't exist passes the check")
	}
}

// referee collects what Prism objects to. Prism says it in a header of its
// answers.
type referee struct {
	next http.RoundTripper

	mu         sync.Mutex
	calls      int
	violations []string
}

func (r *referee) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	for _, v := range objections(response.Header.Get("sl-violations")) {
		if place := strings.Join(v.Location, "/"); !deviations.MatchString(place) {
			r.violations = append(r.violations, request.URL.String()+": "+place+": "+v.Message)
		}
	}
	return response, nil
}

type objection struct {
	Location []string `json:"location"`
	Message  string   `json:"message"`
}

func objections(header string) []objection {
	if header == "" {
		return nil
	}
	var all []objection
	if err := json.Unmarshal([]byte(header), &all); err != nil {
		return []objection{{[]string{"header"}, "Prism said what can't be read: " + header[:min(len(header), 200)]}}
	}
	return all
}
