package view_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// onePage is a part that has no further pages.
func onePage(cases ...approval.Case) view.Listing {
	for i := range cases {
		cases[i].ID = fmt.Sprintf("%s-%s-%d", cases[i].ID, cases[i].Status, i)
	}
	return view.Listing{Cases: cases, Pages: 1, Total: len(cases)}
}

// page is the nth page, from zero, of as many of this case.
func page(c approval.Case, n, size, total int) view.Listing {
	l := view.Listing{Page: n, Pages: (total + size - 1) / size, Total: total}
	for i := n * size; i < min(total, (n+1)*size); i++ {
		c.ID = fmt.Sprintf("case-%03d", i)
		l.Cases = append(l.Cases, c)
	}
	return l
}

// overseen is the case of a flow that groups oversee.
func overseen(c approval.Case) approval.Case {
	c.Flow.Policy.Viewers, c.Flow.Policy.Revokers = []string{"auditors"}, []string{"security"}
	return c
}

func TestHome(t *testing.T) {
	all := stories(t)
	uncounted := page(all["denied"], 1, view.HomeRecentPage, 500)
	uncounted.More = true
	for name, h := range map[string]view.HomeContents{
		"home_more_than_counted": {Person: mia.ID, Recent: uncounted},
		"home_empty":             {Person: kim.ID},
		"home_requester": {Person: kim.ID, Waiting: onePage(all["self"]),
			Requests: onePage(all["routing"], all["pending"], all["pending_looked_at"], all["approved"])},
		"home_approver":    {Person: mia.ID, Waiting: onePage(all["pending"])},
		"home_two_of_them": {Person: mia.ID, Waiting: onePage(all["pending_two_of_them"])},
		"home_revoker":     {Person: mia.ID, Running: onePage(all["approved"], all["approved_for_less"])},
		"home_overseer": {Person: ida.ID, Groups: []string{"security"}, Overseen: onePage(overseen(all["approved"]), overseen(all["pending"]), overseen(all["routing"])),
			Recent: onePage(all["revoked_by_group"])},
		"home_viewer": {Person: ida.ID, Groups: []string{"auditors"}, Overseen: onePage(overseen(all["approved"]), overseen(all["pending"]))},
		"home_unsure": {Person: ida.ID, Unsure: true},
		"home_recent": {Person: kim.ID, Recent: onePage(all["expired"], all["released"], all["revoked"], all["prolonged"], all["denied_with_reason"],
			all["denied_by_rule"], all["refused_no_plan"], all["timed_out"], all["cancelled"])},
		"home_filtered": {Person: mia.ID, Recent: onePage(all["denied"]),
			Filter: view.HomeFilter{Account: view.Option{ID: "acct_42", Name: "Globex", Plan: "pro"}, Person: kim.ID}},
		"home_filtered_in_vain": {Person: mia.ID, Filter: view.HomeFilter{Person: ola.ID}},
		"home_many_pages": {Person: mia.ID, Waiting: page(all["pending"], 1, view.HomeWaitingPage, 500), Running: page(all["approved"], 2, view.HomeRunningPage, 20),
			Recent: page(all["denied"], 0, view.HomeRecentPage, 16)},
	} {
		t.Run(name, func(t *testing.T) {
			shown := view.Home(h)
			golden(t, name+".txt", screen(t, shown.Blocks))
			golden(t, name+".json", indented(t, shown))
			validView(t, name, shown, shown.Blocks.BlockSet, map[string]bool{kim.ID: true, mia.ID: true, ola.ID: true})
		})
	}
}

// checkHome draws which pages of how much somebody looks at.
func checkHome(t *rapid.T, c approval.Case, reader string, several []approval.Case, users map[string]bool) {
	listing := func(part string, size int) view.Listing {
		l := view.Listing{Cases: slices.Clone(several), Page: rapid.IntRange(0, 3).Draw(t, part), Pages: rapid.IntRange(0, 63).Draw(t, part), Total: rapid.IntRange(0, 500).Draw(t, part)}
		for i := range l.Cases { // a case is in one part only
			l.Cases[i].ID = part + l.Cases[i].ID
		}
		return l
	}
	h := view.Home(view.HomeContents{Person: reader,
		Waiting: listing("w", view.HomeWaitingPage), Requests: listing("q", view.HomeRequestsPage), Running: listing("r", view.HomeRunningPage), Overseen: listing("o", view.HomeOverseenPage), Groups: []string{c.Reason}, Recent: listing("e", view.HomeRecentPage),
		Filter: view.HomeFilter{Account: view.Option{ID: c.Account.ID, Name: c.Account.Name}, Person: rapid.SampledFrom([]string{"", "U0P001", c.Reason}).Draw(t, "whose")}})
	validView(t, "home", h, h.Blocks.BlockSet, users)
}

// TestTheWorstHomeFits fills every page of a Home with the widest text there is,
// and with menus of as many durations as there can be.
func TestTheWorstHomeFits(t *testing.T) {
	most := 0
	for _, wide := range []string{strings.Repeat("客", 4000), strings.Repeat("&", 4000), strings.Repeat("<", 4000), strings.Repeat("👍", 4000), strings.Repeat("\"", 4000), "\u05d0" + strings.Repeat("\U0001F469\u200D", 2000)} {
		person := approval.Person{Name: wide}
		c := approval.Case{Requester: person, Reason: wide, Duration: 1<<63 - 1, AskedAt: noon, PendingAt: noon, Quorum: 3,
			Account: approval.Account{ID: wide, Name: wide, Plan: wide}, Claim: &approval.Claim{By: person},
			Outcome: flows.Outcome{Result: flows.Denied, Why: wide}, Closed: &approval.Closing{At: noon, By: person, Why: wide},
			Grant: &approval.Grant{From: noon, Until: noon, End: approval.Revoked}}
		c = overseen(c)
		c.Approvers = append(c.Approvers, approval.Approver{Person: mia, Asked: true})
		for range 30 {
			c.Approvers = append(c.Approvers, approval.Approver{Person: person, Asked: true})
		}
		for i := range 120 {
			c.Flow.Durations = append(c.Flow.Durations, time.Duration(i+1)*(25*time.Hour+61*time.Second))
		}
		with := func(s approval.Status, own bool, prefix string, size int) view.Listing {
			c := c
			if c.Status = s; own {
				c.Requester = mia
				c.Approvers = c.Approvers[1:]
			}
			l := page(c, 1, size, 500)
			for i := range l.Cases {
				l.Cases[i].ID = prefix + l.Cases[i].ID
			}
			return l
		}
		h := view.Home(view.HomeContents{Person: mia.ID,
			Waiting: with(approval.Pending, false, "w", view.HomeWaitingPage), Requests: with(approval.Pending, true, "q", view.HomeRequestsPage),
			Running: with(approval.Active, false, "r", view.HomeRunningPage), Overseen: with(approval.Active, false, "o", view.HomeOverseenPage), Groups: []string{"security"}, Recent: with(approval.Refused, false, "e", view.HomeRecentPage),
			Filter: view.HomeFilter{Account: view.Option{ID: "acct_42", Name: wide}, Person: mia.ID}})
		validView(t, "the worst home", h, h.Blocks.BlockSet, map[string]bool{mia.ID: true})
		data, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, len(data))
		if n := len(h.Blocks.BlockSet); n != 95 {
			t.Errorf("the fullest Home has %d blocks", n)
		}
	}
	t.Logf("the widest Home has %d bytes", most)
}

func TestReadBrowsing(t *testing.T) {
	picked := slack.OptionBlockObject{Value: "acct_42", Text: slack.NewTextBlockObject(slack.PlainTextType, "Acme", false, false)}
	for _, test := range []struct {
		pressed slack.BlockAction
		want    view.Browsing
		ok      bool
	}{
		{slack.BlockAction{ActionID: view.ActionMore, Value: "waiting:3"}, view.Browsing{Part: view.PartWaiting, Page: 3}, true},
		{slack.BlockAction{ActionID: view.ActionBack, Value: "recent:0"}, view.Browsing{Part: view.PartRecent}, true},
		{slack.BlockAction{ActionID: view.ActionMore, Value: "waiting"}, view.Browsing{}, false},
		{slack.BlockAction{ActionID: view.ActionMore, Value: ":1"}, view.Browsing{}, false},
		{slack.BlockAction{ActionID: view.ActionByAccount, SelectedOption: picked}, view.Browsing{Account: view.Option{ID: "acct_42", Name: "Acme"}}, true},
		{slack.BlockAction{ActionID: view.ActionByAccount}, view.Browsing{}, false},
		{slack.BlockAction{ActionID: view.ActionByPerson, SelectedUser: "U0KIM"}, view.Browsing{Person: "U0KIM"}, true},
		{slack.BlockAction{ActionID: view.ActionUnfiltered}, view.Browsing{Unfiltered: true}, true},
		{slack.BlockAction{ActionID: view.ActionApprove, Value: "case-1"}, view.Browsing{}, false},
	} {
		got, ok := view.ReadBrowsing(&test.pressed)
		if ok != test.ok || ok && got != test.want {
			t.Errorf("%s %q: %+v, %v", test.pressed.ActionID, test.pressed.Value, got, ok)
		}
	}
}
