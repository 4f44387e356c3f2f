package view_test

import (
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

// hostile are texts that have broken such bots.
var hostile = []string{
	"", " ", "\n\n", "<!channel>", "<!here|everybody>", "<@U0EVIL>", "<#C0EVIL>", "<!subteam^S0EVIL>", "<https://evil.example|Approve>",
	"https://evil.example/x?a=1&b=2", "www.evil.example", "mailto:x@evil.example", "```rm -rf```", "`x`", "*bold* _it_ ~no~", "> quoted", ":tada:",
	"<!date^1^{date}|x>", "&lt;!channel&gt;", "&amp;", strings.Repeat("&", 500), strings.Repeat("<", 500), strings.Repeat("&", 4000),
	strings.Repeat("x", 40_000), strings.Repeat("👩‍👩‍👧‍👦", 500), strings.Repeat("é", 500), strings.Repeat("客", 4000), "Z" + strings.Repeat("\u0335", 300), "\u0301\u0301\u0301\u0301\u0301\u0301",
	"abc\u202egnp.exe", "\u2066\u2067\u2068", "\u2069\u2069", "שלום <!channel>", "مرحبا", "\u0000\u0007\u001b[31m", "\xff\xfe", "\ufeff\u200b\u2060", "\r\nTo: x", "a\u2028b", "\U000e0041\U000e0042",
	"\u2068\u0000", "{{.}}", "%s%n", "\u3164",
}

func typedText(t *rapid.T, name string) string {
	return rapid.OneOf(
		rapid.SampledFrom(hostile),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(hostile), 1, 5).Draw(t, "parts"), rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "glue"))
		}),
		rapid.String(),
	).Draw(t, name)
}

func somebody(t *rapid.T, users map[string]bool) approval.Person {
	p := approval.Person{Name: typedText(t, "name"), Email: typedText(t, "email")}
	if rapid.Bool().Draw(t, "in Slack") {
		p.ID = fmt.Sprintf("U0P%03d", rapid.IntRange(0, 150).Draw(t, "person"))
		users[p.ID] = true
		return p
	}
	p.ID = typedText(t, "id")
	return p
}

func people(t *rapid.T, users map[string]bool) []approval.Person {
	n := rapid.SampledFrom([]int{0, 1, 2, 3, 12, 150}).Draw(t, "people")
	out := make([]approval.Person, 0, n)
	for range min(n, 4) {
		out = append(out, somebody(t, users))
	}
	for i := len(out); i < n; i++ {
		id := fmt.Sprintf("U0Q%03d", i)
		users[id] = true
		out = append(out, approval.Person{ID: id, Name: strings.Repeat("&", 300)})
	}
	return out
}

func at(t *rapid.T) time.Time { return noon.Add(rapid.Custom(duration).Draw(t, "time")) }

func duration(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{0, time.Nanosecond, time.Minute, time.Hour, 25*time.Hour + time.Second, 1 << 62}).Draw(t, "duration")
}

// anyCase is a case with any content in any status: more than the state machine makes.
func anyCase(t *rapid.T, users map[string]bool) approval.Case {
	route := flows.Group(typedText(t, "group")).OrElse(flows.OnCall(typedText(t, "schedule")))
	c := approval.Case{
		ID: rapid.SampledFrom([]string{"case-1", strings.Repeat("c", 300)}).Draw(t, "case"),
		Status: rapid.SampledFrom([]approval.Status{"", "paused", approval.Routing, approval.Pending, approval.Active, approval.Ended,
			approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused}).Draw(t, "status"),
		Requester: somebody(t, users), Reason: typedText(t, "reason"), Delay: typedText(t, "delay"),
		Account:  approval.Account{ID: typedText(t, "account id"), Name: typedText(t, "account"), Plan: typedText(t, "plan")},
		Duration: duration(t), AskedAt: at(t), PendingAt: at(t), Quorum: rapid.IntRange(0, 3).Draw(t, "quorum"),
	}
	c.Outcome = flows.Outcome{Result: rapid.SampledFrom([]flows.Result{"", flows.Approved, flows.Denied, flows.Asked, flows.Refused}).Draw(t, "result"),
		Why: typedText(t, "rule"), Route: &route, Reads: []flows.Read{{Fact: flows.Fact{Kind: flows.FieldFact, Name: "plan"}, Value: typedText(t, "value")}}}
	for _, p := range people(t, users) {
		kind := rapid.SampledFrom([]flows.LegKind{flows.OnCallLeg, flows.GroupLeg, flows.PersonLeg, flows.RequesterLeg, ""}).Draw(t, "leg")
		c.Approvers = append(c.Approvers, approval.Approver{Person: p, Via: rapid.SampledFrom([]approval.Via{approval.ByRoute, approval.ByEscalation, approval.ByShift}).Draw(t, "via"), Asked: rapid.Bool().Draw(t, "asked"), Leg: flows.Leg{Kind: kind, Name: typedText(t, "leg name"), Why: typedText(t, "leg why")}})
	}
	for _, p := range people(t, users) {
		c.Unreachable = append(c.Unreachable, approval.Unreached{Person: p, Why: typedText(t, "unreached")})
	}
	for _, p := range people(t, users) {
		c.Approvals = append(c.Approvals, approval.Approval{By: p, At: at(t), Duration: duration(t)})
	}
	if rapid.Bool().Draw(t, "shift changed") {
		c.OnCall = []string{}
		for _, p := range people(t, users) {
			c.OnCall = append(c.OnCall, p.ID)
		}
	}
	c.Pokes, c.PokedAt, c.NudgedAt = rapid.IntRange(0, 2).Draw(t, "pokes"), at(t), at(t)
	c.Extends = rapid.SampledFrom([]string{"", "case-0"}).Draw(t, "extends")
	c.Flow.Policy.DenyReason = rapid.SampledFrom([]approval.Reasoning{approval.ReasonOptional, approval.ReasonRequired}).Draw(t, "deny reason")
	c.Flow.Policy.Revokers = []string{c.Reason}
	for range rapid.SampledFrom([]int{0, 3, 120}).Draw(t, "durations") {
		c.Flow.Durations = append(c.Flow.Durations, duration(t))
	}
	if rapid.Bool().Draw(t, "claimed") {
		c.Claim = &approval.Claim{By: somebody(t, users)}
	}
	c.Grant = &approval.Grant{From: noon, Until: at(t), Warned: rapid.Bool().Draw(t, "warned"),
		End: rapid.SampledFrom([]approval.GrantEnd{approval.Expired, approval.Released, approval.Revoked, approval.Merged}).Draw(t, "end")}
	c.Closed = &approval.Closing{At: at(t), By: somebody(t, users), Why: typedText(t, "why"), Group: typedText(t, "group")}
	c.Background = anyBackground(t)
	return c
}

func anyBackground(t *rapid.T) *approval.Background {
	if rapid.Bool().Draw(t, "an old case") {
		return nil
	}
	b := &approval.Background{Title: typedText(t, "title"), Region: typedText(t, "region"), Photo: anyAddress(t), URL: anyAddress(t)}
	if rapid.Bool().Draw(t, "counted") {
		tally := approval.Tally{Asked: rapid.IntRange(0, 1_000_000).Draw(t, "asked"), LastAt: at(t)}
		b.Before = &approval.Before{ForThis: tally, Overall: approval.Tally{Asked: 2, LastAt: at(t)}}
	}
	return b
}

func anyAddress(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "https://", "https://avatars.slack-edge.com/a_72.png", "http://evil.example/a.png", "javascript:alert(1)",
		"https://user:secret@evil.example/", "https://evil.example/a|b>c", "https://evil.example/<!channel>", "https://例え.example/客 客\n", "data:image/png;base64,x",
		"https://evil.example/" + strings.Repeat("a", 5000), "//evil.example", "https:evil"}).Draw(t, "address")
}

// TestNothingBreaksACard draws cases of hostile text and crowds, and holds
// every card against Slack's limits: nothing typed lives, nothing is refused.
func TestNothingBreaksACard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := map[string]bool{}
		c := anyCase(t, users)
		readers := []string{c.Requester.ID, "U0NOBODY", ""}
		if len(c.Approvers) > 0 {
			readers = append(readers, c.Approvers[0].ID)
		}
		checkRequester(t, c, users)
		for _, reader := range readers {
			checkReader(t, c, reader, users)
		}
	})
}

func checkRequester(t *rapid.T, c approval.Case, users map[string]bool) {
	m := view.RequesterCard(c)
	validMessage(t, "requester", m.Text, m.Blocks, users)
	m = view.ChannelCard(c)
	validMessage(t, "channel", m.Text, m.Blocks, users)
	if m, ok := view.OutcomeCard(c); ok {
		validMessage(t, "outcome", m.Text, m.Blocks, users)
	}
	for where, m := range map[string]view.Message{"warning": view.WarningCard(c), "revoked": view.RevokedCard(c)} {
		validMessage(t, where, m.Text, m.Blocks, users)
	}
	p := view.Progress(c)
	validView(t, "progress", p, p.Blocks.BlockSet, users)
	validAnswer(t, "progress", slack.NewUpdateViewSubmissionResponse(&p))
	answers := &checker{t: t, where: "answers", users: users}
	answers.mrkdwn(view.AlreadyLive(c))
	answers.mrkdwn(view.Barred(c.Reason))
	for _, several := range [][]approval.Case{nil, {c}, slices.Repeat([]approval.Case{c}, 30)} {
		answers.mrkdwn(view.Status(several))
	}
	answers.mrkdwn(view.WhichToEnd([]approval.Case{c, c}))
	answers.mrkdwn(view.NothingToEnd(c.Reason))
	answers.mrkdwn(view.EndedNow(c))
}

func checkReader(t *rapid.T, c approval.Case, reader string, users map[string]bool) {
	m := view.ApproverCard(c, reader)
	validMessage(t, "approver", m.Text, m.Blocks, users)
	m = view.ReminderCard(c, reader)
	validMessage(t, "reminder", m.Text, m.Blocks, users)
	for where, modal := range map[string]slack.ModalViewRequest{"deny": view.DenyModal(c), "revoke": view.RevokeModal(c),
		"rejected": view.RejectedModal(&approval.Rejection{Kind: approval.AlreadyDecided, Case: c}, reader)} {
		validView(t, where, modal, modal.Blocks.BlockSet, users)
		validAnswer(t, where, slack.NewUpdateViewSubmissionResponse(&modal))
	}
	several := []approval.Case{}
	for i := range rapid.SampledFrom([]int{0, 1, 1, 60}).Draw(t, "cases") {
		other := c
		other.ID = fmt.Sprintf("case-%d", i)
		several = append(several, other)
	}
	checkHome(t, c, reader, several, users)
	answers := &checker{t: t, where: "answers", users: users}
	for _, kind := range []approval.RejectionKind{approval.Exists, approval.NotRouted, approval.NotRouting, approval.NotActive, approval.AlreadyDecided,
		approval.NotAnApprover, approval.NotTheRequester, approval.AlreadyApproved, approval.NotDue, approval.TooLate, approval.TooSoon, approval.TooLong, approval.ReasonMissing, approval.StaleSignIn, approval.ClockSetBack, approval.Invalid, "new"} {
		answers.mrkdwn(view.Rejected(&approval.Rejection{Kind: kind, Case: c, Detail: c.Reason}, reader))
	}
}

// TestNothingBreaksAPreview draws what the form foretells, and holds that what
// comes back of the form is what it said, of this account only.
func TestNothingBreaksAPreview(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := map[string]bool{}
		p := view.Preview{Account: typedText(t, "account id"), Case: anyCase(t, users), AskedNot: rapid.Bool().Draw(t, "asked not")}
		for range rapid.SampledFrom([]int{0, 1, 5}).Draw(t, "inside") {
			p.Inside = append(p.Inside, anyCase(t, users))
		}
		if rapid.Bool().Draw(t, "live") {
			live := anyCase(t, users)
			p.Live = &live
		}
		picked := slack.NewOptionBlockObject(typedText(t, "value"), slack.NewTextBlockObject(slack.PlainTextType, typedText(t, "option"), false, false),
			slack.NewTextBlockObject(slack.PlainTextType, typedText(t, "description"), false, false))
		m := view.FormModal(view.Form{Flow: "impersonation", Durations: []time.Duration{time.Hour}, Picked: picked, Reason: typedText(t, "reason"),
			Link: "https://acme.slack.com/" + typedText(t, "link"), Notice: view.ManyNamed([]string{typedText(t, "one"), typedText(t, "other")}), Preview: &p})
		validView(t, "preview", m, m.Blocks.BlockSet, users)
		v := submission(p.Account, "so it is", "1h")
		v.PrivateMetadata = m.PrivateMetadata
		a, _ := view.ReadForm(v, []time.Duration{time.Hour})
		if a.Flow != "impersonation" || a.Foreseen != nil && a.Foreseen.Prospect != p.Case.Prospect() {
			t.Errorf("read again: %+v", a)
		}
		other := submission(p.Account+"x", "so it is", "1h")
		other.PrivateMetadata = m.PrivateMetadata
		if a, _ := view.ReadForm(other, nil); a.Foreseen != nil {
			t.Errorf("foreseen of another account: %+v", a.Foreseen)
		}
		surprised := anyCase(t, users)
		surprised.Foreseen = &approval.Foreseen{Prospect: rapid.SampledFrom([]approval.Prospect{"", "new", approval.AtOnce, approval.Hopeless}).Draw(t, "prospect"), Why: typedText(t, "foreseen")}
		checkRequester(t, surprised, users)
	})
}

func TestNothingBreaksTheForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		options := []view.Option{}
		for range rapid.SampledFrom([]int{0, 1, 3, 120}).Draw(t, "accounts") {
			options = append(options, view.Option{ID: typedText(t, "id"), Name: typedText(t, "name"), Plan: typedText(t, "plan"), Assigned: rapid.Bool().Draw(t, "assigned")})
		}
		f := view.Form{Flow: "impersonation", Durations: []time.Duration{time.Minute, time.Hour}, Reason: typedText(t, "reason"), Notice: typedText(t, "notice")}
		f.Flows = rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9][a-z0-9_-]{0,62}`), 0, 120, rapid.ID).Draw(t, "flows")
		if len(options) > 0 {
			f.Account = &options[0]
		}
		m := view.FormModal(f)
		validView(t, "form", m, m.Blocks.BlockSet, nil)
		found := view.AccountOptions(options)
		if len(found) > 100 {
			t.Errorf("%d options", len(found))
		}
		validAnswer(t, "options", slack.OptionsResponse{Options: found})
		c := &checker{t: t, where: "options"}
		for _, o := range found {
			c.option(asObject(t, o))
		}
	})
}

// TestButtonsAreForDeciders: an approver has them while there is something to
// decide, or to call back that isn't their own.
func TestButtonsAreForDeciders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCase(t, map[string]bool{})
		for _, reader := range []string{"U0P001", "U0Q005", c.Requester.ID} {
			_, approver := c.Approver(reader)
			card := fmt.Sprint(asObject(t, map[string]any{"blocks": view.ApproverCard(c, reader).Blocks}))
			got := strings.Contains(card, "action_id:"+view.ActionDeny) || strings.Contains(card, "action_id:"+view.ActionRevoke)
			if strings.Contains(card, "action_id:"+view.ActionHistory) != approver {
				t.Errorf("the history is offered to %s: %v", reader, !approver)
			}
			revocable := c.Status == approval.Active && reader != c.Requester.ID
			if want := approver && (c.Status == approval.Pending || revocable); got != want {
				t.Errorf("buttons for %s of a %s case: %v, want %v", reader, c.Status, got, want)
			}
		}
		if strings.Contains(fmt.Sprint(asObject(t, map[string]any{"blocks": view.ChannelCard(c).Blocks})), "type:actions") {
			t.Errorf("buttons in a channel")
		}
	})
}

// TestTheWorstCaseFits fills everything with the widest text there is.
func TestTheWorstCaseFits(t *testing.T) {
	for _, wide := range []string{strings.Repeat("客", 4000), strings.Repeat("&", 4000), strings.Repeat("👍", 4000)} {
		person := approval.Person{Name: wide}
		c := approval.Case{ID: "case-1", Requester: kim, Reason: wide, Delay: wide, Duration: 1<<63 - 1, AskedAt: noon, PendingAt: noon, Quorum: 3,
			Account: approval.Account{ID: wide, Name: wide, Plan: wide}, Claim: &approval.Claim{By: person},
			Background: &approval.Background{Title: wide, Region: wide, URL: wide, Photo: "https://avatars.slack-edge.com/a_72.png", Before: &approval.Before{Overall: approval.Tally{Asked: 1}}},
			Outcome:    flows.Outcome{Result: flows.Denied, Why: wide}, Closed: &approval.Closing{At: noon, By: person, Why: wide},
			Grant: &approval.Grant{From: noon, Until: noon, End: approval.Revoked}}
		for range 30 {
			c.Approvers = append(c.Approvers, approval.Approver{Person: person, Asked: true}, approval.Approver{Person: person})
			c.Unreachable = append(c.Unreachable, approval.Unreached{Person: approval.Person{ID: "U0GONE", Name: wide}, Why: wide})
			c.Approvals = append(c.Approvals, approval.Approval{By: person, At: noon})
		}
		users := map[string]bool{kim.ID: true, "U0GONE": true}
		for _, c.Status = range []approval.Status{approval.Routing, approval.Pending, approval.Active, approval.Ended, approval.Denied, approval.Refused, approval.TimedOut} {
			p := view.Progress(c)
			validAnswer(t, "progress, "+string(c.Status), slack.NewUpdateViewSubmissionResponse(&p))
			m := view.ApproverCard(c, "")
			validMessage(t, "approver, "+string(c.Status), m.Text, m.Blocks, users)
			m, _ = view.OutcomeCard(c)
			if len(m.Blocks) > 0 {
				validMessage(t, "outcome, "+string(c.Status), m.Text, m.Blocks, users)
			}
		}
	}
}
