package pagersim_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/PagerDuty/go-pagerduty"
	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/pagersim"
)

const schedule = "PMGRS01"

// listen starts a service with one schedule and a client of PagerDuty's own
// making.
func listen(t *testing.T, options ...pagerduty.ClientOptions) (*pagersim.Service, *pagerduty.Client) {
	t.Helper()
	s := pagersim.New()
	s.AddSchedule(schedule, "Support managers")
	return s, dial(t, s, pagersim.Token, options...)
}

func dial(t *testing.T, s *pagersim.Service, token string, options ...pagerduty.ClientOptions) *pagerduty.Client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return pagerduty.NewClient(token, append(options, pagerduty.WithAPIEndpoint(server.URL))...)
}

func onCalls(t *testing.T, c *pagerduty.Client, o pagerduty.ListOnCallOptions) *pagerduty.ListOnCallsResponse {
	t.Helper()
	got, err := c.ListOnCallsWithContext(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// names are the people of the rows, in order.
func names(rows []pagerduty.OnCall) []string {
	var all []string
	for _, row := range rows {
		all = append(all, row.User.Summary)
	}
	return all
}

func TestOneRowForEachPersonPolicyLevelAndShift(t *testing.T) {
	s, c := listen(t)
	mia, ola := s.AddUser("Mia", "mia@example.com"), s.AddUser("Ola", "ola@example.com")
	s.SetPolicies(schedule, 2, 1)
	s.SetOnCall(schedule, mia, ola)
	rows := onCalls(t, c, pagerduty.ListOnCallOptions{ScheduleIDs: []string{schedule}}).OnCalls
	if len(rows) != 2*3 {
		t.Errorf("got %d rows, want 6", len(rows))
	}
	first := rows[0]
	if first.Start != "" || first.End != "" {
		t.Errorf("always on call has the shift %q to %q, want none", first.Start, first.End)
	}
	if first.User.Type != "user_reference" || first.User.Email != "" {
		t.Errorf("the user is %+v, want a reference", first.User)
	}
}

func TestUsersAreExpandedIfAsked(t *testing.T) {
	s, c := listen(t)
	mia, gone := s.AddUser("Mia", "Mia@example.com"), s.AddUser("Gone", "gone@example.com")
	s.SetOnCall(schedule, mia, gone)
	s.RemoveUser(gone)
	asked := pagerduty.ListOnCallOptions{Includes: []string{"users"}}
	rows := onCalls(t, c, asked).OnCalls
	if got := []string{rows[0].User.Email, rows[1].User.Email}; !cmp.Equal(got, []string{"Mia@example.com", ""}) {
		t.Errorf("e-mails are %q", got)
	}
	s.References(true)
	if got := onCalls(t, c, asked).OnCalls[0].User.Email; got != "" {
		t.Errorf("a reference has the e-mail %q", got)
	}
	if _, err := c.GetUserWithContext(t.Context(), gone, pagerduty.GetUserOptions{}); !isStatus(err, http.StatusNotFound) {
		t.Errorf("a deleted user: %v, want 404", err)
	}
	if u, err := c.GetUserWithContext(t.Context(), mia, pagerduty.GetUserOptions{}); err != nil || u.Email != "Mia@example.com" {
		t.Errorf("got %+v, %v", u, err)
	}
}

func TestShiftsCountOnlyInTheirTime(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	s, c := listen(t)
	s.SetClock(func() time.Time { return now })
	early, late := s.AddUser("Early", "early@example.com"), s.AddUser("Late", "late@example.com")
	s.SetShifts(schedule,
		pagersim.Shift{User: early, From: now.Add(-time.Hour), Until: now.Add(time.Hour)},
		pagersim.Shift{User: late, From: now.Add(time.Hour)})

	tests := map[string]struct {
		since, until time.Time
		want         []string
	}{
		"now":            {want: []string{"Early"}},
		"at the change":  {since: now.Add(time.Hour), until: now.Add(time.Hour), want: []string{"Late"}},
		"in a window":    {since: now, until: now.Add(2 * time.Hour), want: []string{"Early", "Late"}},
		"before anybody": {since: now.Add(-3 * time.Hour), until: now.Add(-2 * time.Hour)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rows := onCalls(t, c, pagerduty.ListOnCallOptions{Since: iso(test.since), Until: iso(test.until)}).OnCalls
			if diff := cmp.Diff(test.want, names(rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := onCalls(t, c, pagerduty.ListOnCallOptions{}).OnCalls[0].End; got != "2026-03-02T13:00:00Z" {
		t.Errorf("the shift ends %q", got)
	}
}

func iso(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func TestPagesHoldAHundredRowsAtMost(t *testing.T) {
	s, c := listen(t)
	var all []string
	for range 230 {
		all = append(all, s.AddUser("Somebody", "somebody@example.com"))
	}
	s.SetOnCall(schedule, all...)
	tests := []struct{ limit, offset, rows, echoed uint }{
		{0, 0, 25, 25}, {500, 0, 100, 100}, {100, 200, 30, 100}, {100, 300, 0, 100},
	}
	for _, test := range tests {
		got := onCalls(t, c, pagerduty.ListOnCallOptions{Limit: test.limit, Offset: test.offset, Total: true})
		if uint(len(got.OnCalls)) != test.rows || got.Limit != test.echoed || got.Total != 230 {
			t.Errorf("limit %d, offset %d: %d rows, limit %d, total %d", test.limit, test.offset, len(got.OnCalls), got.Limit, got.Total)
		}
		if more := test.offset+test.rows < 230 && test.rows > 0; got.More != more {
			t.Errorf("limit %d, offset %d: more is %t", test.limit, test.offset, got.More)
		}
	}
}

func TestFilters(t *testing.T) {
	s, c := listen(t)
	s.AddSchedule("POTHER1", "Others")
	mia, ola := s.AddUser("Mia", "mia@example.com"), s.AddUser("Ola", "ola@example.com")
	s.SetOnCall(schedule, mia)
	s.SetOnCall("POTHER1", ola)
	tests := map[string]struct {
		options pagerduty.ListOnCallOptions
		want    []string
	}{
		"none":             {pagerduty.ListOnCallOptions{}, []string{"Mia", "Ola"}},
		"a schedule":       {pagerduty.ListOnCallOptions{ScheduleIDs: []string{"POTHER1"}}, []string{"Ola"}},
		"unknown schedule": {pagerduty.ListOnCallOptions{ScheduleIDs: []string{"PNONE"}}, nil},
		"a user":           {pagerduty.ListOnCallOptions{UserIDs: []string{mia}}, []string{"Mia"}},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, names(onCalls(t, c, test.options).OnCalls)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAScheduleInNoPolicyHasUsersButNoRows(t *testing.T) {
	s, c := listen(t)
	mia := s.AddUser("Mia", "mia@example.com")
	s.SetOnCall(schedule, mia)
	s.SetPolicies(schedule)
	if rows := onCalls(t, c, pagerduty.ListOnCallOptions{}).OnCalls; len(rows) != 0 {
		t.Errorf("got %d rows", len(rows))
	}
	users, err := c.ListOnCallUsersWithContext(t.Context(), schedule, pagerduty.ListOnCallUsersOptions{})
	if err != nil || len(users) != 1 || users[0].Email != "mia@example.com" {
		t.Errorf("got %+v, %v", users, err)
	}
	found, err := c.GetScheduleWithContext(t.Context(), schedule, pagerduty.GetScheduleOptions{Since: iso(time.Now())})
	if err != nil || found.Name != "Support managers" || len(found.EscalationPolicies) != 0 {
		t.Errorf("got %+v, %v", found, err)
	}
	if n := len(found.FinalSchedule.RenderedScheduleEntries); n != 1 {
		t.Errorf("got %d entries", n)
	}
}

func TestUsersAreFoundByNameOrEmail(t *testing.T) {
	s, c := listen(t)
	s.AddUser("Mia Berg", "mia@example.com")
	s.AddUser("Ola Nordmann", "ola@example.org")
	for query, want := range map[string]int{"": 2, "BERG": 1, "example.org": 1, "nobody": 0} {
		got, err := c.ListUsersWithContext(t.Context(), pagerduty.ListUsersOptions{Query: query})
		if err != nil || len(got.Users) != want {
			t.Errorf("%q: got %+v, %v, want %d", query, got, err, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	s, c := listen(t)
	list := func(o pagerduty.ListOnCallOptions) error {
		_, err := c.ListOnCallsWithContext(t.Context(), o)
		return err
	}
	_, unknown := c.GetScheduleWithContext(t.Context(), "PNONE", pagerduty.GetScheduleOptions{})
	_, path := c.ListTeamsWithContext(t.Context(), pagerduty.ListTeamOptions{})
	_, stranger := dial(t, s, "another-token").ListOnCallsWithContext(t.Context(), pagerduty.ListOnCallOptions{})
	tests := map[string]struct {
		err    error
		status int
	}{
		"a time that is none":   {list(pagerduty.ListOnCallOptions{Since: "yesterday"}), http.StatusBadRequest},
		"until before since":    {list(pagerduty.ListOnCallOptions{Since: "2026-03-02T12:00:00Z", Until: "2026-03-01T12:00:00Z"}), http.StatusBadRequest},
		"beyond what is listed": {list(pagerduty.ListOnCallOptions{Offset: 10_000}), http.StatusBadRequest},
		"an unknown include":    {list(pagerduty.ListOnCallOptions{Includes: []string{"pets"}}), http.StatusBadRequest},
		"an unknown schedule":   {unknown, http.StatusNotFound},
		"an unknown path":       {path, http.StatusNotFound},
		"another token":         {stranger, http.StatusUnauthorized},
	}
	for name, test := range tests {
		if !isStatus(test.err, test.status) {
			t.Errorf("%s: %v, want %d in PagerDuty's shape", name, test.err, test.status)
		}
	}
}

// isStatus says whether an error has a status and PagerDuty's error body.
func isStatus(err error, status int) bool {
	refused, ok := errors.AsType[pagerduty.APIError](err)
	return ok && refused.StatusCode == status && refused.APIError.Valid
}

func TestBearerTokensAreTaken(t *testing.T) {
	_, c := listen(t, pagerduty.WithOAuth())
	onCalls(t, c, pagerduty.ListOnCallOptions{})
}

func TestFaults(t *testing.T) {
	s, c := listen(t)
	list := func() error {
		_, err := c.ListOnCallsWithContext(t.Context(), pagerduty.ListOnCallOptions{})
		return err
	}
	s.RateLimit(1)
	if refused, _ := errors.AsType[pagerduty.APIError](list()); !refused.RateLimited() {
		t.Error("the first call isn't rate limited")
	}
	s.Fail(1, http.StatusInternalServerError)
	if err := list(); !isStatus(err, http.StatusInternalServerError) {
		t.Errorf("got %v, want 500", err)
	}
	s.Down(true)
	if refused, _ := errors.AsType[pagerduty.APIError](list()); refused.StatusCode != http.StatusServiceUnavailable || refused.APIError.Valid {
		t.Error("a service that is down answers as if it were there")
	}
	s.Down(false)
	if err := list(); err != nil {
		t.Errorf("after the faults: %v", err)
	}
	if got := s.Calls("/oncalls"); got != 4 || s.Calls("") != 4 {
		t.Errorf("counted %d calls, want 4", got)
	}
}

func TestHangLastsUntilTheClientLeavesOrItEnds(t *testing.T) {
	s, c := listen(t)
	s.Hang(true)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.ListOnCallsWithContext(ctx, pagerduty.ListOnCallOptions{}); err == nil {
		t.Error("a hanging service answered")
	}
	done := make(chan error)
	go func() {
		_, err := c.ListOnCallsWithContext(t.Context(), pagerduty.ListOnCallOptions{})
		done <- err
	}()
	s.Hang(false)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestManyAtOnce(t *testing.T) {
	s, c := listen(t)
	mia := s.AddUser("Mia", "mia@example.com")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { s.SetOnCall(schedule, mia) })
		all.Go(func() {
			if _, err := c.ListOnCallsWithContext(t.Context(), pagerduty.ListOnCallOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
