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
	case approval.Pending, approval.Routing:
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
			fmt.Sprintf("%s, who helps customers of %s, asks to sign in there as %s, for %s. %s", c.Requester.Name, c.Flow.App.Called(), c.Account.Name, length(c.Duration), may(c, "could")),
			"Please answer by " + moment(c.PendingAt.Add(c.Flow.Policy.Timeout)) + "." + unless(c),
		},
		Reason:  reason(c),
		Choices: []choice{{Agree, "Agree", true}, {Refuse, "Refuse", false}},
		Hint:    "Opening this page tells nobody anything. If you agree, you can come back here to end the access at any time.",
	}
	return s
}

// may says what the agent can do, or could if they were let in.
func may(c approval.Case, can string) string {
	if c.Flow.App.Scope == approval.FullAccess {
		return "They " + can + " do there what you can."
	}
	return "They " + can + " look at everything, and change nothing."
}

// unless says what comes of no answer: where others may say yes in the customer's
// place, silence isn't a no.
func unless(c approval.Case) string {
	if c.NeedsConsent() || len(c.Approvers) == 1 && c.Route != nil && len(c.Route.Escalations) == 0 {
		return " Unless you agree, they aren't let in."
	}
	return " If you don't answer, somebody else may let them in."
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
	told := fmt.Sprintf("%s may sign in as %s until %s.", c.Requester.Name, c.Account.Name, moment(c.Grant.Until))
	switch {
	case c.Waits():
		told = fmt.Sprintf("%s may sign in as %s for %s, beginning by %s.", c.Requester.Name, c.Account.Name, length(c.Grant.Until.Sub(c.Grant.From)), moment(c.Grant.Until))
	case !c.Grant.OpenedAt.IsZero():
		told = fmt.Sprintf("%s is signed in as %s, until %s at the latest.", c.Requester.Name, c.Account.Name, moment(c.Grant.Until))
	}
	title := "Access is allowed"
	if c.ApprovedBy(approval.CustomerID) {
		title = "You agreed"
	}
	return story{Title: title, Told: []string{told + " " + may(c, "can")}, Reason: reason(c), Choices: []choice{{End, "End it now", false}},
		Hint: "When they come in, and when it ends, is written down."}
}

func over(c approval.Case) story {
	title, told := outcome(c)
	s := story{Title: title, Told: []string{told}, Reason: reason(c)}
	if c.Closed != nil {
		s.Told = append(s.Told, "That was on "+moment(c.Closed.At)+".")
	}
	return s
}

// outcome says how a case went that needs nothing of its customer any more.
func outcome(c approval.Case) (title, told string) {
	kept := c.Requester.Name + " wasn't let in"
	yours := c.Closed != nil && c.Closed.By.ID == approval.CustomerID
	switch c.Status {
	case approval.Ended, approval.Active:
		if yours {
			return "You ended the access", out(c)
		}
		return "The access is over", out(c)
	case approval.Denied:
		if yours {
			return "You refused", kept + ", and has been told so."
		}
		return "The question is over", "Somebody else refused, so " + kept + "."
	case approval.TimedOut:
		if c.ApprovedBy(approval.CustomerID) {
			return "You agreed", "Nobody else approved it in time, so " + kept + "."
		}
		return "The question is over", "Nobody answered in time, so " + kept + "."
	case approval.Routing, approval.Pending, approval.Cancelled, approval.Refused:
	}
	return "The question is over", "It needs no answer any more. " + kept + "."
}

// out says that the agent is out; who never was in was never signed in.
func out(c approval.Case) string {
	if c.Grant != nil && c.Grant.OpenedAt.IsZero() {
		return fmt.Sprintf("%s never signed in as %s, and can't any more.", c.Requester.Name, c.Account.Name)
	}
	return fmt.Sprintf("%s isn't signed in as %s any more.", c.Requester.Name, c.Account.Name)
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
