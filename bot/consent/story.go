package consent

import (
	"fmt"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// story is what the page says. It is plain text, which the page's template escapes.
type story struct {
	Title  string
	Told   []string
	Reason string
	// Choices are the answers that are possible now.
	Choices []choice
	// Hint is what they should know about the page itself.
	Hint string
}

type choice struct {
	Answer Answer
	Label  string
	Main   bool // the one that stands out
}

func noLink() story {
	return story{Title: "This link leads nowhere", Told: []string{
		"Nothing was changed. It may have been cut in an e-mail: copy all of it. If it still leads here it isn't valid any more; ask who sent it to you."}}
}

func notSaved() story {
	return story{Title: "Not answered yet", Told: []string{
		"Your answer can't be kept just now, so nothing was changed, and nobody is let in by it. Please try again in a minute."}}
}

// stands says how the case stands, to its customer.
func stands(c approval.Case, now time.Time) story {
	switch c.Status {
	case approval.Routing:
		return rerouted(c)
	case approval.Pending:
		if c.ApprovedBy(approval.CustomerID) {
			return agreed(c)
		}
		return question(c)
	case approval.Active:
		if c.Open(now) {
			return running(c)
		}
	case approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused, approval.Ended:
	}
	return over(c)
}

func question(c approval.Case) story {
	s := story{
		Title: fmt.Sprintf("May %s sign in as you?", c.Requester.Name),
		Told: []string{
			fmt.Sprintf("%s, who helps customers of %s, asks to sign in there as %s, for %s. %s", c.Requester.Name, c.Flow.App.Name, c.Account.Name, length(c.Duration), may(c)),
			"Please answer by " + moment(c.PendingAt.Add(c.Flow.Policy.Timeout)) + "." + unless(c),
		},
		Reason:  reason(c),
		Choices: []choice{{Agree, "Agree", true}, {Refuse, "Refuse", false}},
		Hint:    "Opening this page tells nobody anything. If you agree, you can come back here to end the access at any time.",
	}
	return s
}

// may says what the agent could do.
func may(c approval.Case) string {
	if c.Flow.App.Scope == approval.FullAccess {
		return "They could do there what you can."
	}
	return "They could look at everything, and change nothing."
}

// unless says what comes of no answer, where that is known.
func unless(c approval.Case) string {
	if c.NeedsConsent() || len(c.Approvers) == 1 && c.Route != nil && len(c.Route.Escalations) == 0 {
		return " Unless you agree, they aren't let in."
	}
	return ""
}

// rerouted is while others are looked for in the place of who can't be reached: an
// answer would be taken by nobody.
func rerouted(c approval.Case) story {
	s := story{Title: "Nothing to answer just now", Reason: reason(c), Told: []string{
		fmt.Sprintf("It is being found out who else has to answer, and %s isn't let in meanwhile. To answer, please load this page again in a minute.", c.Requester.Name)}}
	if c.ApprovedBy(approval.CustomerID) {
		s.Title = "You agreed"
	}
	return s
}

func agreed(c approval.Case) story {
	return story{
		Title:   "You agreed",
		Told:    []string{fmt.Sprintf("%s isn't let in yet: somebody else has to approve it as well.", c.Requester.Name)},
		Reason:  reason(c),
		Choices: []choice{{Refuse, "Refuse after all", false}},
	}
}

func running(c approval.Case) story {
	told := fmt.Sprintf("%s may be signed in as %s until %s. %s", c.Requester.Name, c.Account.Name, moment(c.Grant.Until), may(c))
	if c.Waits() {
		told = fmt.Sprintf("%s may sign in as %s for %s, beginning by %s. %s", c.Requester.Name, c.Account.Name, length(c.Grant.Until.Sub(c.Grant.From)), moment(c.Grant.Until), may(c))
	}
	title := "Access is allowed"
	if c.ApprovedBy(approval.CustomerID) {
		title = "You agreed"
	}
	return story{Title: title, Told: []string{told}, Reason: reason(c), Choices: []choice{{End, "End it now", false}},
		Hint: "What they do there is written down."}
}

func over(c approval.Case) story {
	s := story{Title: "Nothing to answer", Reason: reason(c)}
	yours := c.Closed != nil && c.Closed.By.ID == approval.CustomerID
	at := ""
	if c.Closed != nil {
		at = " (" + moment(c.Closed.At) + ")"
	}
	switch {
	case c.Status == approval.Denied && yours:
		s.Title = "You refused"
		s.Told = []string{fmt.Sprintf("%s wasn't let in%s, and has been told so.", c.Requester.Name, at)}
	case c.Status == approval.Ended && yours:
		s.Title = "You ended the access"
		s.Told = []string{fmt.Sprintf("%s isn't signed in as %s any more%s.", c.Requester.Name, c.Account.Name, at)}
	case c.Status == approval.Ended || c.Status == approval.Active:
		s.Title = "The access is over"
		s.Told = []string{fmt.Sprintf("%s isn't signed in as %s any more%s.", c.Requester.Name, c.Account.Name, at)}
	case c.Status == approval.TimedOut:
		s.Title = "The question is over"
		s.Told = []string{fmt.Sprintf("Nobody answered in time%s, so %s wasn't let in.", at, c.Requester.Name)}
	default:
		s.Title = "The question is over"
		s.Told = []string{fmt.Sprintf("It needs no answer any more%s. %s wasn't let in.", at, c.Requester.Name)}
	}
	return s
}

// reason is why the agent asks, unless the flow keeps that from the app.
func reason(c approval.Case) string {
	if c.Flow.App.HideReason {
		return ""
	}
	return strings.TrimSpace(c.Reason)
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// length is a time in words. Flows offer whole minutes.
func length(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch {
	case minutes == 1:
		return "1 minute"
	case minutes < 60 || minutes%60 != 0:
		return fmt.Sprintf("%d minutes", minutes)
	case minutes == 60:
		return "1 hour"
	}
	return fmt.Sprintf("%d hours", minutes/60)
}
