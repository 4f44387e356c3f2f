package storm

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

func TestTheClockFindsBackToRealTimes(t *testing.T) {
	t.Parallel()
	c := newClock(t.TempDir())
	before := time.Now()
	told := c.now() // and what a bot says that hasn't read of the jump yet
	for range 3 {
		if err := c.jump(5 * time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	after := time.Now()
	if ahead := c.at(after).Sub(after); ahead != 15*time.Minute {
		t.Errorf("the clock is ahead by %s", ahead)
	}
	for _, test := range []struct {
		name       string
		told, want time.Time
	}{
		{"before the jumps", told, told},
		{"after them", c.at(after), after},
		{"by a clock that is late", before.Add(20 * time.Millisecond), before.Add(20 * time.Millisecond)},
	} {
		if got := c.real(test.told); !got.Equal(test.want) {
			t.Errorf("%s: %s was at %s, want %s", test.name, test.told, got, test.want)
		}
	}
}

// history is a case that these events make, a second apart.
func history(bodies ...approval.Body) file {
	var f file
	for i, body := range bodies {
		event := approval.Event{Case: "case-1", Seq: i + 1, At: time.Unix(1_800_000_000+int64(i), 0), Body: body}
		f.events, f.Case = append(f.events, event), approval.Apply(f.Case, event)
	}
	return f
}

// TestLawsThatAreBroken shows that the reckoning sees each of these.
func TestLawsThatAreBroken(t *testing.T) {
	t.Parallel()
	kim, mia, lee := approval.Person{ID: "UKIM"}, approval.Person{ID: "UMIA"}, approval.Person{ID: "ULEE"}
	submitted := approval.Submitted{Requester: kim, Account: approval.Account{ID: "acct_1"}, Duration: time.Hour}
	asked := approval.Asked{Approvers: []approval.Approver{{Person: mia, Asked: true, Leg: flows.Leg{Kind: flows.GroupLeg}}}, Quorum: 1}
	approved := approval.ApprovedCase{By: mia, Duration: time.Hour}
	granted := func(d time.Duration) approval.Granted {
		return approval.Granted{Until: time.Unix(1_800_000_003, 0).Add(d)}
	}
	for want, f := range map[string]file{
		"":                                history(submitted, asked, approved, granted(time.Hour)),
		"approved by somebody who isn't":  history(submitted, asked, approval.ApprovedCase{By: lee, Duration: time.Hour}),
		"approved twice":                  history(submitted, asked, approved, approved),
		"granted for longer":              history(submitted, asked, approved, granted(time.Hour+time.Second)),
		"granted with too few":            history(submitted, asked, granted(time.Minute)),
		"happened after its end":          history(submitted, asked, approval.DeniedCase{By: mia}, approved),
		"cancelled by somebody else":      history(submitted, asked, approval.CancelledCase{By: mia}),
		"expired too early":               history(submitted, asked, approved, granted(time.Hour), approval.GrantEnded{End: approval.Expired}),
		"released by somebody else":       history(submitted, asked, approved, granted(time.Hour), approval.GrantEnded{End: approval.Released, By: mia}),
		"asked about their own request":   history(submitted, approval.Asked{Approvers: []approval.Approver{{Person: kim, Leg: flows.Leg{Kind: flows.GroupLeg}}}}),
		"decided more than once":          history(submitted, asked, approved, granted(time.Minute), approval.DeniedCase{By: mia}),
		"denied by somebody who isn't an": history(submitted, asked, approval.DeniedCase{By: lee}),
	} {
		e := &evidence{Storm: &Storm{Options: Options{Out: io.Discard}}}
		e.checkLaws(f)
		found := strings.Join(e.result.Violations, "\n")
		if !strings.Contains(found, want) || want == "" && found != "" {
			t.Errorf("want %q, found %q", want, found)
		}
	}
}
